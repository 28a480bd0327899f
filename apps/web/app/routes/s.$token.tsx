import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { Form, useActionData, useNavigation } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act } from '~/api.server';
import { Button, Card, Field, ServerError } from '~/components/ui';
import { parseForm, text } from '~/form.server';
import { useServerTexts } from '~/server-texts';
import { titled } from '~/title';

export const meta = titled(({ me }) => me.linkTitle);

const form = z.object({ password: text });

export async function action({ request, context, params }: ActionFunctionArgs) {
  const { password } = await parseForm(request, form);
  const { result, error } = await act(() =>
    context.api.sharing.openLink({ token: params.token ?? '', ...(password ? { password } : {}) }),
  );
  if (result) {
    const { datasetId, version } = result;
    throw redirect(version === null ? `/datasets/${datasetId}` : `/datasets/${datasetId}/versions/v${version}`);
  }
  // Nothing was typed yet: it is asked for, not refused.
  return error.code === 'wrong_password' && password === '' ? { error: null, asks: true } : { error, asks: true };
}

/**
 * Where a share link leads to. It is opened by a button, so that programs which look at links in messages do not count as
 * people; who needs a password is asked for it then.
 */
export default function SharedDataset() {
  const t = useTranslations('me');
  const account = useTranslations('account');
  const texts = useServerTexts();
  const answer = useActionData<typeof action>();
  const isBusy = useNavigation().state !== 'idle';
  const isWrong = answer?.error?.code === 'wrong_password';
  const asks = answer?.asks === true && (answer.error === null || isWrong);
  return (
    <div className="mx-auto mt-8 max-w-sm sm:mt-16">
      <h1 className="mb-6 text-center text-2xl font-semibold tracking-tight">{t('linkTitle')}</h1>
      <Card>
        <Form method="post" className="space-y-4">
          {asks ? (
            <Field
              label={account('password')}
              name="password"
              type="password"
              required
              autoComplete="off"
              hint={t('linkPassword')}
              error={texts.field(answer?.error?.issues, 'password')}
            />
          ) : null}
          {answer?.error && !isWrong ? <ServerError error={answer.error} /> : null}
          <Button type="submit" className="w-full" disabled={isBusy}>
            {t('open')}
          </Button>
        </Form>
      </Card>
    </div>
  );
}

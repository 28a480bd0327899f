import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { GitFork } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Button, Card, Field, SelectField, ServerError } from '~/components/ui';
import { optional, parseForm, text } from '~/form.server';
import { useServerTexts } from '~/server-texts';
import { versionOf } from '~/version';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, async (api) => {
    const [dataset, organizations] = await Promise.all([
      api.datasets.get({ id: params.id ?? '' }),
      api.organizations.list({ limit: 100 }),
    ]);
    return {
      name: dataset.name,
      version: versionOf(request) ?? 'draft',
      organizations: organizations.items.filter(({ role }) => role !== null).map(({ id, name }) => ({ id, name })),
    };
  });
}

const form = z.object({ name: text, version: text, organizationId: optional });

export async function action({ request, context, params }: ActionFunctionArgs) {
  const { organizationId, ...asked } = await parseForm(request, form);
  const { result, error } = await act(() =>
    context.api.forks.create({ id: params.id ?? '', ...asked, ...(organizationId ? { organizationId } : {}) }),
  );
  return error ?? redirect(`/datasets/${result.id}`);
}

/** A dataset of one's own of a version: what it is called, and whose it is. */
export default function Fork() {
  const t = useTranslations('history');
  const texts = useServerTexts();
  const { name, version, organizations } = useLoaderData<typeof loader>();
  const error = useActionData<typeof action>();
  const isBusy = useNavigation().state !== 'idle';
  const nameError =
    texts.field(error?.issues, 'name') ?? (error?.code === 'name_taken' ? texts.error(error).message : undefined);
  return (
    <div className="max-w-xl">
      <Card title={t('forkTitle', { ref: version === 'draft' ? t('draft') : version, name })}>
        <p className="-mt-2 mb-4 text-sm text-dim">{t('forkIntro')}</p>
        <Form method="post" className="space-y-4">
          <input type="hidden" name="version" value={version} />
          <Field
            name="name"
            label={t('forkName')}
            defaultValue={t('forkNamed', { name })}
            required
            maxLength={255}
            error={nameError}
          />
          {organizations.length > 0 ? (
            <SelectField name="organizationId" label={t('forkOwner')}>
              <option value="">{t('forkMine')}</option>
              {organizations.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </SelectField>
          ) : null}
          {error && !nameError ? <ServerError error={error} /> : null}
          <Button type="submit" disabled={isBusy}>
            <GitFork className="size-4" aria-hidden /> {t('fork')}
          </Button>
        </Form>
      </Card>
    </div>
  );
}

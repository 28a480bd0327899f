import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { Link, useActionData } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act } from '~/api.server';
import { SignForm } from '~/components/sign-form';
import { parseForm, text } from '~/form.server';
import { titled } from '~/title';

export const meta = titled(({ me }) => me.resetTitle);

const form = z.object({ newPassword: text });

export async function action({ request, context, params }: ActionFunctionArgs) {
  const { newPassword } = await parseForm(request, form);
  const { error } = await act(() => context.api.auth.resetPassword({ token: params.token ?? '', newPassword }));
  return error ?? redirect('/sign-in');
}

/** Where the link of an admin leads to. */
export default function Reset() {
  const t = useTranslations();
  return (
    <SignForm
      title={t('me.resetTitle')}
      submit={t('me.changePassword')}
      error={useActionData<typeof action>()}
      fields={[
        {
          name: 'newPassword',
          label: t('me.newPassword'),
          type: 'password',
          autoComplete: 'new-password',
          hint: t('account.passwordHint'),
        },
      ]}
      footer={
        <Link to="/sign-in" className="text-accent hover:underline">
          {t('account.signIn')}
        </Link>
      }
    />
  );
}

import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { Link, useActionData } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { act } from '~/api.server';
import { SignForm } from '~/components/sign-form';
import { titled } from '~/title';

export const meta = titled(({ account }) => account.confirmAccount);

export async function action({ context, params }: ActionFunctionArgs) {
  const { error } = await act(() => context.api.auth.confirm({ token: params.token ?? '' }));
  return error ?? redirect('/');
}

/** Where the mail of who signs up leads to; the account is made by the button, since programs open links in mails, too. */
export default function Confirm() {
  const t = useTranslations('account');
  return (
    <SignForm
      title={t('confirmAccount')}
      submit={t('confirm')}
      error={useActionData<typeof action>()}
      fields={[]}
      footer={
        <Link to="/sign-in" className="text-accent hover:underline">
          {t('signIn')}
        </Link>
      }
    />
  );
}

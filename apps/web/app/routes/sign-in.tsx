import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Link, useActionData, useSearchParams } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { act, safeNext } from '~/api.server';
import { SignForm } from '~/components/sign-form';
import { titled } from '~/title';

export const meta = titled(({ account }) => account.signIn);

export function loader({ request, context }: LoaderFunctionArgs) {
  return context.person ? redirect(safeNext(new URL(request.url).searchParams.get('next'))) : null;
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const { error } = await act(() =>
    context.api.auth.login({ email: String(form.get('email') ?? ''), password: String(form.get('password') ?? '') }),
  );
  return error ?? redirect(safeNext(new URL(request.url).searchParams.get('next')));
}

export default function SignIn() {
  const t = useTranslations('account');
  const [search] = useSearchParams();
  return (
    <SignForm
      title={t('signInTitle')}
      submit={t('signIn')}
      error={useActionData<typeof action>()}
      fields={[
        { name: 'email', label: t('email'), type: 'email', autoComplete: 'username' },
        { name: 'password', label: t('password'), type: 'password', autoComplete: 'current-password' },
      ]}
      footer={t.rich('noAccount', {
        link: (text) => (
          <Link to={`/sign-up?${search}`} className="text-accent hover:underline">
            {text}
          </Link>
        ),
      })}
    />
  );
}

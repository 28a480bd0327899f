import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Link, useActionData, useSearchParams } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, safeNext } from '~/api.server';
import { SignForm } from '~/components/sign-form';
import { parseForm, text } from '~/form.server';
import { titled } from '~/title';

export const meta = titled(({ account }) => account.signIn);

export function loader({ request, context }: LoaderFunctionArgs) {
  return context.person ? redirect(safeNext(new URL(request.url).searchParams.get('next'))) : null;
}

const form = z.object({ email: text, password: text });

export async function action({ request, context }: ActionFunctionArgs) {
  const { email, password } = await parseForm(request, form);
  const { error } = await act(() => context.api.auth.login({ email, password }));
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

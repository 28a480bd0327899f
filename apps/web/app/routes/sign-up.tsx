import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Link, useActionData, useSearchParams } from '@remix-run/react';
import { MailCheck } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, safeNext } from '~/api.server';
import { SignForm } from '~/components/sign-form';
import { EmptyState } from '~/components/ui';
import { parseForm, text } from '~/form.server';
import { titled } from '~/title';

export const meta = titled(({ account }) => account.signUp);

export function loader({ request, context }: LoaderFunctionArgs) {
  return context.person ? redirect(safeNext(new URL(request.url).searchParams.get('next'))) : null;
}

const form = z.object({ email: text, password: text, name: text });

export async function action({ request, context }: ActionFunctionArgs) {
  const account = await parseForm(request, form);
  const query = new URL(request.url).searchParams;
  const invitation = query.get('invitation');
  const { error, result } = await act(() =>
    context.api.auth.register({ ...account, ...(invitation ? { invitation } : {}) }),
  );
  if (result && 'confirmationSentTo' in result) return result;
  return error ?? redirect(safeNext(query.get('next')));
}

export default function SignUp() {
  const t = useTranslations('account');
  const [search] = useSearchParams();
  const answer = useActionData<typeof action>();
  if (answer && 'confirmationSentTo' in answer) {
    return (
      <EmptyState icon={<MailCheck aria-hidden className="size-8" />} title={t('confirmTitle')}>
        {t('confirmSent', { email: answer.confirmationSentTo })}
      </EmptyState>
    );
  }
  return (
    <SignForm
      title={t('signUpTitle')}
      submit={t('signUp')}
      error={answer}
      fields={[
        { name: 'name', label: t('name'), type: 'text', autoComplete: 'name' },
        {
          name: 'email',
          label: t('email'),
          type: 'email',
          autoComplete: 'username',
          ...(search.get('invitation') ? { defaultValue: search.get('email') ?? '' } : {}),
        },
        {
          name: 'password',
          label: t('password'),
          type: 'password',
          autoComplete: 'new-password',
          hint: t('passwordHint'),
        },
      ]}
      footer={t.rich('haveAccount', {
        link: (text) => (
          <Link to={`/sign-in?${search}`} className="text-accent hover:underline">
            {text}
          </Link>
        ),
      })}
    />
  );
}

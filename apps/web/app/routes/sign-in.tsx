import { type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Link, useActionData, useSearchParams } from '@remix-run/react';
import { act, safeNext } from '~/api.server';
import { SignForm } from '~/components/sign-form';

export const meta: MetaFunction = () => [{ title: 'Sign in · Granary' }];

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
  const [search] = useSearchParams();
  return (
    <SignForm
      title="Sign in to Granary"
      submit="Sign in"
      error={useActionData<typeof action>()}
      fields={[
        { name: 'email', label: 'E-mail', type: 'email', autoComplete: 'username' },
        { name: 'password', label: 'Password', type: 'password', autoComplete: 'current-password' },
      ]}
      footer={
        <>
          No account yet?{' '}
          <Link to={`/sign-up?${search}`} className="text-accent hover:underline">
            Sign up
          </Link>
        </>
      }
    />
  );
}

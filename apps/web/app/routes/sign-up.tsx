import { type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Link, useActionData, useSearchParams } from '@remix-run/react';
import { act, safeNext } from '~/api.server';
import { SignForm } from '~/components/sign-form';

export const meta: MetaFunction = () => [{ title: 'Sign up · Granary' }];

export function loader({ request, context }: LoaderFunctionArgs) {
  return context.person ? redirect(safeNext(new URL(request.url).searchParams.get('next'))) : null;
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const text = (name: string) => String(form.get(name) ?? '');
  const { error } = await act(() =>
    context.api.auth.register({ email: text('email'), password: text('password'), name: text('name') }),
  );
  return error ?? redirect(safeNext(new URL(request.url).searchParams.get('next')));
}

export default function SignUp() {
  const [search] = useSearchParams();
  return (
    <SignForm
      title="Make an account"
      submit="Sign up"
      error={useActionData<typeof action>()}
      fields={[
        { name: 'name', label: 'Name', type: 'text', autoComplete: 'name' },
        { name: 'email', label: 'E-mail', type: 'email', autoComplete: 'username' },
        {
          name: 'password',
          label: 'Password',
          type: 'password',
          autoComplete: 'new-password',
          hint: '10 characters or more',
        },
      ]}
      footer={
        <>
          Have an account?{' '}
          <Link to={`/sign-in?${search}`} className="text-accent hover:underline">
            Sign in
          </Link>
        </>
      }
    />
  );
}

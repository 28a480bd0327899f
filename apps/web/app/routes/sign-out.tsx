import { type ActionFunctionArgs, redirect } from '@remix-run/node';

export async function action({ context }: ActionFunctionArgs) {
  await context.api.auth.logout();
  return redirect('/sign-in');
}

export const loader = () => redirect('/');

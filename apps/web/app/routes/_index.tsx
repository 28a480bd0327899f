import { type LoaderFunctionArgs, redirect } from '@remix-run/node';

export async function loader({ context }: LoaderFunctionArgs) {
  return redirect(context.person || (await context.isAnonymous()) ? '/datasets' : '/sign-in');
}

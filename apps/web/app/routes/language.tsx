import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { safeNext } from '~/api.server';
import { languageCookie } from '~/language.server';

/** Keeps the chosen language in a cookie, and goes back to the page. */
export async function action({ request }: ActionFunctionArgs) {
  const form = await request.formData();
  return redirect(safeNext(String(form.get('next') ?? '')), {
    headers: { 'Set-Cookie': await languageCookie.serialize(form.get('language')) },
  });
}

export const loader = () => redirect('/');

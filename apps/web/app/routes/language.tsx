import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { z } from 'zod';
import { safeNext } from '~/api.server';
import { parseForm, text } from '~/form.server';
import { LANGUAGES } from '~/language';
import { languageCookie } from '~/language.server';

const form = z.object({ language: z.enum(LANGUAGES), next: text });

/** Keeps the chosen language in a cookie, and goes back to the page. */
export async function action({ request }: ActionFunctionArgs) {
  const { language, next } = await parseForm(request, form);
  return redirect(safeNext(next), { headers: { 'Set-Cookie': await languageCookie.serialize(language) } });
}

export const loader = () => redirect('/');

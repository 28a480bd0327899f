import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { z } from 'zod';
import { safeNext } from '~/api.server';
import { parseForm, text } from '~/form.server';
import { THEMES } from '~/theme';
import { themeCookie } from '~/theme.server';

const form = z.object({ theme: z.enum(THEMES), next: text });

/** Keeps the chosen theme in a cookie, and goes back to the page. */
export async function action({ request }: ActionFunctionArgs) {
  const { theme, next } = await parseForm(request, form);
  return redirect(safeNext(next), { headers: { 'Set-Cookie': await themeCookie.serialize(theme) } });
}

export const loader = () => redirect('/');

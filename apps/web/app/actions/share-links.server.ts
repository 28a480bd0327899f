import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { z } from 'zod';
import { act } from '~/api.server';
import { id, intentOf, optional, parseForm, text, untilDays } from '~/form.server';

const form = z.discriminatedUnion('intent', [
  intentOf('make', { name: text, version: optional, password: text, days: untilDays }),
  intentOf('revoke', { linkId: id }),
]);

/** Share links, as the page of sharing makes and revokes them. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const asked = await parseForm(request, form);
  const { sharing } = context.api;
  if (asked.intent === 'revoke') {
    const { error } = await act(() => sharing.revokeLink({ id: asked.linkId }));
    return { error, url: null };
  }
  const { name, version, password, days: expiresAt } = asked;
  const { result, error } = await act(() =>
    sharing.createLink({
      id: params.id ?? '',
      name,
      ...(version ? { version } : {}),
      ...(password ? { password } : {}),
      ...(expiresAt ? { expiresAt } : {}),
    }),
  );
  return { error, url: result?.url ?? null };
}

export const loader = ({ params }: { params: { id?: string } }) => redirect(`/datasets/${params.id ?? ''}/sharing`);

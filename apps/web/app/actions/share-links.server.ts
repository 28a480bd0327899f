import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { act } from '~/api.server';

/** Share links, as the page of sharing makes and revokes them. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const form = await request.formData();
  const text = (name: string) => String(form.get(name) ?? '');
  const { sharing } = context.api;
  if (form.get('intent') === 'revoke') {
    const { error } = await act(() => sharing.revokeLink({ id: text('linkId') }));
    return { error, url: null };
  }
  const days = Number(text('days'));
  const { result, error } = await act(() =>
    sharing.createLink({
      ...{ id: params.id ?? '', name: text('name') },
      ...(text('password') ? { password: text('password') } : {}),
      ...(days > 0 ? { expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() } : {}),
    }),
  );
  return { error, url: result?.url ?? null };
}

export const loader = ({ params }: { params: { id?: string } }) => redirect(`/datasets/${params.id ?? ''}/sharing`);

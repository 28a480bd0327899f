import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { act } from '~/api.server';

/** Offers of a dataset, as the page of sharing makes and withdraws them. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const form = await request.formData();
  const text = (name: string) => String(form.get(name) ?? '');
  const id = params.id ?? '';
  const { datasets, sharing } = context.api;
  if (form.get('intent') === 'withdraw') {
    const { error } = await act(() => sharing.withdrawTransfer({ id: text('transferId') }));
    return { error, isDone: false };
  }
  const organizationId = text('organizationId');
  const { result, error } = await act(() =>
    sharing.offerTransfer({ id, ...(organizationId ? { organizationId } : { email: text('transferEmail') }) }),
  );
  const isDone = result?.state === 'accepted';
  // What was handed over may be out of sight.
  if (isDone && (await act(() => datasets.get({ id }))).error) throw redirect('/datasets');
  return { error, isDone };
}

export const loader = ({ params }: { params: { id?: string } }) => redirect(`/datasets/${params.id ?? ''}/sharing`);

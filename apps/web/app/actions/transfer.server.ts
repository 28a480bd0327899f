import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { z } from 'zod';
import { act } from '~/api.server';
import { id, intentOf, parseForm, text } from '~/form.server';

const form = z.discriminatedUnion('intent', [
  intentOf('offer', { organizationId: text, transferEmail: text }),
  intentOf('withdraw', { transferId: id }),
]);

/** Offers of a dataset, as the page of sharing makes and withdraws them. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const asked = await parseForm(request, form);
  const datasetId = params.id ?? '';
  const { datasets, sharing } = context.api;
  if (asked.intent === 'withdraw') {
    const { error } = await act(() => sharing.withdrawTransfer({ id: asked.transferId }));
    return { error, isDone: false };
  }
  const { organizationId, transferEmail: email } = asked;
  const { result, error } = await act(() =>
    sharing.offerTransfer({ id: datasetId, ...(organizationId ? { organizationId } : { email }) }),
  );
  const isDone = result?.state === 'accepted';
  // What was handed over may be out of sight.
  if (isDone && (await act(() => datasets.get({ id: datasetId }))).error) throw redirect('/datasets');
  return { error, isDone };
}

export const loader = ({ params }: { params: { id?: string } }) => redirect(`/datasets/${params.id ?? ''}/sharing`);

import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { act } from '~/api.server';

/** Starts a new dataset from the backup, and leads there. */
export async function action({ context, params }: ActionFunctionArgs) {
  const { result, error } = await act(() => context.api.backups.restore({ backupId: params.id ?? '' }));
  return error ?? redirect(`/datasets/${result.dataset.id}`);
}

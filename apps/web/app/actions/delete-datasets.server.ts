import type { ActionFunctionArgs } from '@remix-run/node';
import { act } from '~/api.server';
import { filtersOf } from '~/dataset-query';

/** What goes when what is selected is deleted; or, with the number typed, its deletion. */
export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const ids = form.getAll('id').map(String);
  const query = new URL(request.url).searchParams;
  const isAll = form.get('all') === 'true';
  type Chosen = Parameters<typeof context.api.deletion.bulkImpact>[0];
  const chosen = (isAll ? { filter: filtersOf(query), except: ids } : { ids }) as Chosen;
  if (form.get('confirmCount') === null) {
    const { result, error } = await act(() => context.api.deletion.bulkImpact(chosen));
    return { impact: result, outcome: null, error };
  }
  const confirmCount = Number(form.get('confirmCount'));
  const createBackup = form.get('createBackup') === 'true';
  const { result, error } = await act(() => context.api.deletion.bulkDelete({ ...chosen, confirmCount, createBackup }));
  return { impact: null, outcome: result, error };
}

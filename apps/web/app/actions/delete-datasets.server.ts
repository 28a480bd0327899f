import type { ActionFunctionArgs } from '@remix-run/node';
import { z } from 'zod';
import { act } from '~/api.server';
import { filtersOf } from '~/dataset-query';
import { flag, many, parseForm } from '~/form.server';

const selection = z.object({ id: many, all: flag, confirmCount: z.string().optional(), createBackup: flag });

/** What goes when what is selected is deleted; or, with the number typed, its deletion. */
export async function action({ request, context }: ActionFunctionArgs) {
  const { id: ids, all, createBackup, ...confirmed } = await parseForm(request, selection);
  const query = new URL(request.url).searchParams;
  type Chosen = Parameters<typeof context.api.deletion.bulkImpact>[0];
  const chosen = (all ? { filter: filtersOf(query), except: ids } : { ids }) as Chosen;
  if (confirmed.confirmCount === undefined) {
    const { result, error } = await act(() => context.api.deletion.bulkImpact(chosen));
    return { impact: result, outcome: null, error };
  }
  const confirmCount = Number(confirmed.confirmCount);
  const { result, error } = await act(() => context.api.deletion.bulkDelete({ ...chosen, confirmCount, createBackup }));
  return { impact: null, outcome: result, error };
}

import type { ActionFunctionArgs } from '@remix-run/node';
import { z } from 'zod';
import { act } from '~/api.server';
import { filtersOf } from '~/dataset-query';
import { flag, many, parseForm, words } from '~/form.server';
import { VISIBILITIES } from '~/visibility';

type BulkInput = Parameters<ActionFunctionArgs['context']['api']['datasets']['bulkUpdate']>[0];

const changes = z.object({
  id: many,
  all: flag,
  addTags: words,
  removeTags: words,
  visibility: z.enum(['', ...VISIBILITIES]).default(''),
});

/** Changes what is selected: some by their ids, or all that match but some. */
export async function action({ request, context }: ActionFunctionArgs) {
  const { id: ids, all, addTags, removeTags, visibility } = await parseForm(request, changes);
  const input = {
    ...(all ? { filter: filtersOf(new URL(request.url).searchParams), except: ids } : { ids }),
    addTags,
    removeTags,
    ...(visibility ? { visibility } : {}),
  } as BulkInput;
  return act(() => context.api.datasets.bulkUpdate(input));
}

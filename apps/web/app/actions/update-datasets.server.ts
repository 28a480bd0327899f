import type { ActionFunctionArgs } from '@remix-run/node';
import { act } from '~/api.server';
import { filtersOf } from '~/dataset-query';

type BulkInput = Parameters<ActionFunctionArgs['context']['api']['datasets']['bulkUpdate']>[0];

/** Changes what is selected: some by their ids, or all that match but some. */
export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const ids = form.getAll('id').map(String);
  const isAll = form.get('all') === 'true';
  const words = (name: string) =>
    String(form.get(name) ?? '')
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '');
  const visibility = form.get('visibility');
  const input = {
    ...(isAll ? { filter: filtersOf(new URL(request.url).searchParams), except: ids } : { ids }),
    addTags: words('addTags'),
    removeTags: words('removeTags'),
    ...(visibility ? { visibility: String(visibility) } : {}),
  } as BulkInput;
  return act(() => context.api.datasets.bulkUpdate(input));
}

import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { act, load } from '~/api.server';

/** What goes when the dataset is deleted, for the dialog. */
export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.deletion.impact({ id: params.id ?? '' }));
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const form = await request.formData();
  const flag = (name: string) => (form.get(name) === 'true' ? 'true' : 'false');
  return act(() =>
    context.api.deletion.delete({
      id: params.id ?? '',
      confirmName: String(form.get('confirmName') ?? ''),
      createBackup: flag('createBackup'),
      force: flag('force'),
    }),
  );
}

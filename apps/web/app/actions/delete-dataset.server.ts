import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { flag, parseForm, text } from '~/form.server';

/** What goes when the dataset is deleted, for the dialog. */
export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.deletion.impact({ id: params.id ?? '' }));
}

const deletion = z.object({ confirmName: text, createBackup: flag, force: flag });

export async function action({ request, context, params }: ActionFunctionArgs) {
  const { confirmName, createBackup, force } = await parseForm(request, deletion);
  return act(() =>
    context.api.deletion.delete({
      id: params.id ?? '',
      confirmName,
      createBackup: createBackup ? 'true' : 'false',
      force: force ? 'true' : 'false',
    }),
  );
}

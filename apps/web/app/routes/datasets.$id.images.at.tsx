import { type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { load } from '~/api.server';

/** Leads from a path, as reports have them, to the image. */
export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const path = new URL(request.url).searchParams.get('path') ?? '';
  const { items } = await load(request, context, (api) => api.images.list({ id, path, limit: 1 }));
  const [image] = items;
  if (!image) {
    const message = `The dataset has no image ${path} any more.`;
    throw Response.json({ code: 'not_found', message }, { status: 404 });
  }
  return redirect(`/datasets/${id}/images/${image.id}`);
}

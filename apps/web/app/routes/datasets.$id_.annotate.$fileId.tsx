import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData, useSearchParams } from '@remix-run/react';
import { useMemo } from 'react';
import { Workspace } from '~/annotate/workspace';
import { load } from '~/api.server';
import { filtersOf } from '~/image-query';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const fileId = Number(params.fileId);
  const { version: _, ...filters } = filtersOf(new URL(request.url).searchParams);
  return load(request, context, async (api) => {
    const [dataset, image, present, classes] = await Promise.all([
      api.datasets.get({ id }),
      api.images.get({ id, fileId, ...filters }),
      api.images.editing({ id, fileId }),
      api.annotations.palette({ id }),
    ]);
    return {
      datasetId: id,
      name: dataset.name,
      canEdit: dataset.actions.includes('edit') && dataset.deletedAt === null,
      image,
      present,
      classes: classes.items,
    };
  });
}

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: data ? `${data.image.path.split('/').at(-1)} · ${data.name} · Granary` : 'Granary' },
];

export default function AnnotatePage() {
  const { datasetId, canEdit, image, present, classes } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const search = query.size > 0 ? `?${query}` : '';
  const { id, path, width, height, previousId, nextId } = image;
  const shown = useMemo(() => ({ id, path, width: width ?? 0, height: height ?? 0 }), [id, path, width, height]);
  const linkTo = (fileId: number | null) =>
    fileId === null ? null : `/datasets/${datasetId}/annotate/${fileId}${search}`;
  return (
    <Workspace
      key={id}
      datasetId={datasetId}
      image={shown}
      present={present}
      classes={classes}
      canEdit={canEdit && shown.width > 0}
      links={{
        back: `/datasets/${datasetId}/images/${id}${search}`,
        previous: linkTo(previousId),
        next: linkTo(nextId),
      }}
    />
  );
}

import type { ImageView } from '@granary/api/client';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { Form, useLoaderData, useParams, useRouteLoaderData, useSearchParams, useSubmit } from '@remix-run/react';
import { Images } from 'lucide-react';
import { useState } from 'react';
import { load } from '~/api.server';
import { ImageTile } from '~/components/image-tile';
import { Button, EmptyState } from '~/components/ui';
import type { loader as datasetLoader } from '~/routes/datasets.$id';
import { trpc } from '~/trpc';

const PAGE = 60;

const filtersOf = (query: URLSearchParams) => ({
  class: query.get('class') || undefined,
  split: query.get('split') || undefined,
  search: query.get('search') || undefined,
});

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const filters = filtersOf(new URL(request.url).searchParams);
  return load(request, context, (api) =>
    api.images.list({ id: params.id ?? '', limit: PAGE, withAnnotations: 'true', ...filters }),
  );
}

export default function Gallery() {
  const first = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  return (
    <>
      <Filters />
      <Tiles key={query.toString()} first={first} query={query} />
    </>
  );
}

/** The first page, and those that were asked for since. */
function Tiles({ first, query }: { first: { items: ImageView[]; nextCursor: string | null }; query: URLSearchParams }) {
  const { id = '' } = useParams();
  const [more, setMore] = useState<{ items: ImageView[]; cursor: string | null } | null>(null);
  const [isLoading, setIsLoading] = useState(false);
  const items = [...first.items, ...(more?.items ?? [])];
  const cursor = more ? more.cursor : first.nextCursor;
  const loadMore = async (from: string) => {
    setIsLoading(true);
    try {
      const filters = filtersOf(query);
      const page = await trpc.images.list.query({ id, limit: PAGE, withAnnotations: 'true', cursor: from, ...filters });
      setMore((current) => ({ items: [...(current?.items ?? []), ...page.items], cursor: page.nextCursor }));
    } finally {
      setIsLoading(false);
    }
  };
  if (items.length === 0) {
    return (
      <EmptyState icon={<Images className="size-6" aria-hidden />} title="No images">
        {query.size > 0 ? 'None matches these filters.' : 'Upload some on the Overview tab.'}
      </EmptyState>
    );
  }
  return (
    <>
      <ul className="grid grid-cols-2 gap-3 md:grid-cols-4 xl:grid-cols-5" data-testid="gallery">
        {items.map((image) => (
          <li key={image.id}>
            <ImageTile datasetId={id} image={image} />
          </li>
        ))}
      </ul>
      {cursor ? (
        <div className="mt-6 text-center">
          <Button variant="secondary" disabled={isLoading} onClick={() => void loadMore(cursor)}>
            {isLoading ? 'Loading…' : 'Show more'}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Filters() {
  const dataset = useRouteLoaderData<typeof datasetLoader>('routes/datasets.$id');
  const [query] = useSearchParams();
  const submit = useSubmit();
  const field = 'rounded-md border border-slate-600 bg-canvas px-3 py-2 text-sm';
  return (
    <Form className="mb-4 flex flex-wrap gap-2" onChange={(event) => submit(event.currentTarget, { replace: true })}>
      <input
        type="search"
        name="search"
        placeholder="Search in paths"
        aria-label="Search in paths"
        defaultValue={query.get('search') ?? ''}
        className={`${field} w-full placeholder:text-slate-500 sm:w-64`}
      />
      <select name="split" aria-label="Split" defaultValue={query.get('split') ?? ''} className={field}>
        <option value="">All splits</option>
        {Object.keys(dataset?.splits ?? {}).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select name="class" aria-label="Class" defaultValue={query.get('class') ?? ''} className={`${field} max-w-48`}>
        <option value="">All classes</option>
        {dataset?.classNames.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </Form>
  );
}

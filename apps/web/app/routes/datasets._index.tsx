import type { DatasetView } from '@granary/api/client';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { Form, Link, useLoaderData, useSearchParams } from '@remix-run/react';
import { Database, Plus, Search } from 'lucide-react';
import { load } from '~/api.server';
import { buttonStyle, EmptyState, StatusBadge } from '~/components/ui';
import { formatAgo, formatBytes, formatCount, formatName, taskName } from '~/format';

export const meta: MetaFunction = () => [{ title: 'Datasets · Granary' }];

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const search = query.get('search') || undefined;
  const cursor = query.get('cursor') || undefined;
  return load(request, context, (api) => api.datasets.list({ search, cursor, limit: 24 }));
}

export default function Datasets() {
  const { items, nextCursor } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const search = query.get('search') ?? '';
  const next = new URLSearchParams({ ...(search ? { search } : {}), ...(nextCursor ? { cursor: nextCursor } : {}) });
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">Datasets</h1>
        <div className="flex w-full flex-wrap gap-2 sm:w-auto">
          <Form role="search" className="relative flex-1 sm:w-72">
            <Search className="absolute top-2.5 left-3 size-4 text-dim" aria-hidden />
            <input
              type="search"
              name="search"
              defaultValue={search}
              placeholder="Search name, description, tags"
              aria-label="Search datasets"
              className="w-full rounded-md border border-slate-600 bg-canvas py-2 pr-3 pl-9 text-sm placeholder:text-slate-500"
            />
          </Form>
          <Link to="/datasets/new" className={buttonStyle.primary}>
            <Plus className="size-4" aria-hidden /> New dataset
          </Link>
        </div>
      </div>
      {items.length === 0 ? (
        <EmptyState
          icon={<Database className="size-6" aria-hidden />}
          title={search ? 'No dataset matches' : 'No datasets yet'}
        >
          {search ? (
            <Link to="/datasets" className="text-accent hover:underline">
              Clear the search
            </Link>
          ) : (
            <Link to="/datasets/new" className="text-accent hover:underline">
              Bring your first one: drop an archive or a folder
            </Link>
          )}
        </EmptyState>
      ) : (
        <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {items.map((dataset) => (
            <li key={dataset.id}>
              <DatasetCard dataset={dataset} />
            </li>
          ))}
        </ul>
      )}
      {nextCursor ? (
        <div className="mt-6 text-center">
          <Link to={`?${next}`} className={buttonStyle.secondary}>
            Next page
          </Link>
        </div>
      ) : null}
    </>
  );
}

function DatasetCard({ dataset }: { dataset: DatasetView }) {
  return (
    <Link
      to={`/datasets/${dataset.id}`}
      className="block h-full rounded-xl border border-line bg-surface p-5 transition hover:border-slate-500"
    >
      <div className="flex items-start justify-between gap-3">
        <h2 className="min-w-0 font-semibold break-words">{dataset.name}</h2>
        <StatusBadge status={dataset.status} progress={dataset.progress} />
      </div>
      <p className="mt-1 line-clamp-2 min-h-10 text-sm text-dim">{dataset.description}</p>
      <p className="mt-3 text-sm text-slate-300">
        {formatName(dataset.format)} · {taskName(dataset.taskType)}
      </p>
      <p className="mt-1 text-xs text-dim tabular-nums">
        {formatCount(dataset.numImages)} images · {formatCount(dataset.numAnnotations)} annotations ·{' '}
        {formatBytes(dataset.sizeBytes)} · {formatAgo(dataset.updatedAt)}
      </p>
    </Link>
  );
}

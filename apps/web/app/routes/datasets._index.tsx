import type { DatasetView } from '@granary/client';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData, useRevalidator, useSearchParams } from '@remix-run/react';
import { Database, Plus } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { action } from '~/actions/update-datasets.server';
import { load } from '~/api.server';
import { Filters } from '~/components/dataset-list/filters';
import { DatasetCard, DatasetTable, isBusy, jobOf } from '~/components/dataset-list/items';
import { useSelection } from '~/components/dataset-list/selection';
import { SelectionBar } from '~/components/dataset-list/selection-bar';
import { NextPage } from '~/components/next-page';
import { buttonStyle, EmptyState } from '~/components/ui';
import { changed, FILTERS, filtersOf, without } from '~/dataset-query';
import { titled } from '~/title';
import { useRoot } from '~/use-root';

export const meta = titled(({ frame }) => frame.datasets);

type Caller = Parameters<Parameters<typeof load>[2]>[0];
type ListInput = Parameters<Caller['datasets']['list']>[0];

const LIMIT = 50;

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const [sort, order, cursor] = ['sort', 'order', 'cursor'].map((name) => query.get(name) || undefined);
  const input = { ...filtersOf(query), sort, order, cursor, limit: LIMIT } as ListInput;
  return load(request, context, async (api) => {
    const [list, jobs] = await Promise.all([
      api.datasets.list(input),
      (await context.isAnonymous()) ? [] : api.jobs.list({ active: 'true', limit: 100 }).then(({ items }) => items),
    ]);
    return { ...list, jobs };
  });
}

export { action };

export default function Datasets() {
  const t = useTranslations('list');
  const frame = useTranslations('frame');
  const { items, nextCursor, jobs } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const isCards = query.get('view') !== 'table';
  const picked = useSelection(items);
  const isSignedIn = useRoot()?.person != null;
  const selection = isSignedIn ? picked : null;
  const isFiltered = FILTERS.some((name) => query.get(name));
  useLiveStatus(items);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">{frame('datasets')}</h1>
        {isSignedIn ? (
          <span className="flex flex-wrap gap-2">
            <Link to="/datasets/hub" className={buttonStyle.secondary}>
              {t('fromHub')}
            </Link>
            <Link to="/datasets/new" className={buttonStyle.primary}>
              <Plus className="size-4" aria-hidden /> {t('new')}
            </Link>
          </span>
        ) : null}
      </div>
      <Filters />
      {selection ? <SelectionBar selection={selection} items={items} hasMore={nextCursor !== null} /> : null}
      {items.length === 0 ? (
        <EmptyState icon={<Database className="size-6" aria-hidden />} title={isFiltered ? t('noMatch') : t('empty')}>
          {isFiltered ? (
            <Link to="/datasets" className="text-accent hover:underline">
              {t('clearFilters')}
            </Link>
          ) : isSignedIn ? (
            <Link to="/datasets/new" className="text-accent hover:underline">
              {t('first')}
            </Link>
          ) : (
            t('nonePublic')
          )}
        </EmptyState>
      ) : isCards ? (
        <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {items.map((dataset, index) => (
            <li key={dataset.id}>
              <DatasetCard dataset={dataset} job={jobOf(jobs, dataset)} selection={selection} index={index} />
            </li>
          ))}
        </ul>
      ) : (
        <DatasetTable items={items} jobs={jobs} selection={selection} />
      )}
      <Pages nextCursor={nextCursor} />
    </>
  );
}

/** While something is under way, the list is looked at again every few seconds. */
function useLiveStatus(items: readonly DatasetView[]): void {
  const { revalidate, state } = useRevalidator();
  const someAreBusy = items.some(isBusy);
  useEffect(() => {
    if (!someAreBusy || state !== 'idle') return;
    const timer = setTimeout(revalidate, 2000);
    return () => clearTimeout(timer);
  }, [someAreBusy, state, revalidate]);
}

function Pages({ nextCursor }: { nextCursor: string | null }) {
  const frame = useTranslations('frame');
  const actions = useTranslations('actions');
  const [query] = useSearchParams();
  const isLater = query.has('cursor');
  if (!nextCursor && !isLater) return null;
  return (
    <nav aria-label={frame('pages')} className="mt-6 flex justify-center gap-3">
      {isLater ? (
        <Link to={`?${without(query, 'cursor')}`} className={buttonStyle.secondary}>
          {actions('firstPage')}
        </Link>
      ) : null}
      {nextCursor ? <NextPage to={`?${changed(query, 'cursor', nextCursor)}`} /> : null}
    </nav>
  );
}

import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData, useNavigate, useSearchParams } from '@remix-run/react';
import { ChevronLeft, ChevronRight, TableProperties } from 'lucide-react';
import { type FormEvent, useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { CopyButton } from '~/components/copy-button';
import { Modal } from '~/components/modal';
import { Cell } from '~/components/rows/cell';
import { RowFilters, RowSearch, SplitChoice } from '~/components/rows/controls';
import { changedQuery, isSearch, patternOf, rowQuery } from '~/components/rows/query';
import { RowTable } from '~/components/rows/table';
import { useMediaOf } from '~/components/rows/use-media-of';
import { useSearch } from '~/components/rows/use-search';
import { Button, buttonStyle, EmptyState, fieldStyle, ProgressBar, ServerError } from '~/components/ui';
import { useFormat } from '~/format';

const LIMIT = 50;
/** Longer texts are cut in the table; a row by itself has all of them. */
const MAX_CELL = 5000;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const url = new URL(request.url);
  const { version, subset, split, offset, columns, ...search } = rowQuery(url.searchParams);
  const row = url.searchParams.get('row');
  return load(request, context, async (api) => {
    const of = { id, version, subset, split };
    // A search is looked at as it goes on; what it is about is here at once.
    const limit = isSearch(search) ? 1 : LIMIT;
    const [dataset, tables, page, single, whole] = await Promise.all([
      api.datasets.get({ id }),
      api.tables.list({ id, version }),
      api.tables.samples({ ...of, offset: isSearch(search) ? 0 : offset, limit, columns, maxCell: MAX_CELL }),
      row === null ? null : api.tables.samples({ ...of, offset: Number(row) || 0, limit: 1 }),
      columns === undefined ? null : api.tables.samples({ ...of, limit: 1, maxCell: 1 }),
    ]);
    return {
      id,
      hasImages: dataset.numImages > 0,
      tables,
      page,
      row: single?.items[0] ?? null,
      columns: (whole ?? page).columns,
    };
  });
}

export default function Samples() {
  const t = useTranslations('rows');
  const { id, hasImages, tables, page, row, columns } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const asked = rowQuery(query);
  const isSearching = isSearch(asked);
  const { subset, split } = page;
  const search = useSearch(
    id,
    isSearching ? { ...asked, subset: subset ?? undefined, split: split ?? undefined } : null,
    LIMIT,
    MAX_CELL,
  );
  const pattern = useMemo(() => patternOf({ search: asked.search, regex: asked.regex }), [asked.search, asked.regex]);
  const mediaOf = useMediaOf(id, { ...page, hasImages });
  if (tables.subsets.length === 0) {
    return (
      <EmptyState icon={<TableProperties className="size-6" aria-hidden />} title={t('none')}>
        {t('noneHint')}
      </EmptyState>
    );
  }
  const items = isSearching ? (search.progress?.items ?? []) : page.items;
  const total = isSearching ? (search.progress?.total ?? 0) : page.total;
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center gap-3">
        <SplitChoice subsets={tables.subsets} subset={subset} split={split} />
        <RowSearch columns={columns} />
      </div>
      <RowFilters columns={columns} />
      {isSearching ? <Found search={search} /> : null}
      {items.length > 0 ? (
        <RowTable columns={page.columns} items={items} pattern={pattern} mediaOf={mediaOf} />
      ) : isSearching ? null : (
        <p className="text-sm text-dim">{t('empty')}</p>
      )}
      <Pages offset={asked.offset} count={items.length} total={total} />
      {row ? (
        <RowDialog
          title={t('row', { index: row.index })}
          row={row}
          columns={columns}
          pattern={pattern}
          mediaOf={mediaOf}
        />
      ) : null}
    </div>
  );
}

const ALL_ROWS = {
  search: undefined,
  regex: undefined,
  in: undefined,
  filters: undefined,
  row: undefined,
  offset: undefined,
};

function Found({ search: { progress, error, isStopped, stop } }: { search: ReturnType<typeof useSearch> }) {
  const t = useTranslations('rows');
  const [query] = useSearchParams();
  if (error) return <ServerError error={error} />;
  const share = progress ? progress.scannedRows / Math.max(1, progress.totalRows) : 0;
  const isUnderWay = !isStopped && !progress?.isDone;
  return (
    <div className="space-y-2">
      <p role="status" className="flex flex-wrap items-center gap-3 text-sm">
        {progress?.isDone
          ? t('found', { count: progress.total })
          : t('foundSoFar', { count: progress?.total ?? 0, share })}
        {isStopped ? <span className="text-dim">{t('stopped')}</span> : null}
        {isUnderWay ? (
          <Button variant="secondary" className="py-1" onClick={stop}>
            {t('stop')}
          </Button>
        ) : (
          <Link to={changedQuery(query, ALL_ROWS)} className="text-accent hover:underline">
            {t('showAll')}
          </Link>
        )}
      </p>
      {isUnderWay ? <ProgressBar value={share * 100} label={t('search')} /> : null}
    </div>
  );
}

function Pages({ offset, count, total }: { offset: number; count: number; total: number }) {
  const t = useTranslations('rows');
  const [query] = useSearchParams();
  const navigate = useNavigate();
  if (total === 0) return null;
  const goTo = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = Number(new FormData(event.currentTarget).get('offset')) || 0;
    navigate(changedQuery(query, { offset: Math.min(Math.max(0, wanted), total - 1) }));
  };
  return (
    <nav aria-label={t('title')} className="flex flex-wrap items-center gap-3 text-sm">
      <span className="tabular-nums">
        {t('pageOf', { from: count > 0 ? offset + 1 : 0, to: offset + count, total })}
      </span>
      {offset > 0 ? (
        <Link
          to={changedQuery(query, { offset: Math.max(0, offset - LIMIT) })}
          rel="prev"
          className={buttonStyle.secondary}
        >
          <ChevronLeft className="size-4" aria-hidden /> {t('previous')}
        </Link>
      ) : null}
      {offset + count < total && count > 0 ? (
        <Link to={changedQuery(query, { offset: offset + LIMIT })} rel="next" className={buttonStyle.secondary}>
          {t('next')} <ChevronRight className="size-4" aria-hidden />
        </Link>
      ) : null}
      <form onSubmit={goTo} className="ml-auto flex items-center gap-2">
        <label htmlFor="go-to" className="text-xs text-dim">
          {t('goTo')}
        </label>
        <input id="go-to" name="offset" type="number" min={0} max={total - 1} className={`${fieldStyle} w-32 py-1.5`} />
        <Button type="submit" variant="secondary" className="py-1.5">
          {t('go')}
        </Button>
      </form>
    </nav>
  );
}

/** A row by itself: everything it holds, as a link of its own. */
function RowDialog({
  title,
  row: { index, row },
  columns,
  pattern,
  mediaOf,
}: {
  title: string;
  row: { index: number; row: Record<string, unknown> };
  columns: Parameters<typeof RowTable>[0]['columns'];
  pattern: RegExp | null;
  mediaOf: Parameters<typeof RowTable>[0]['mediaOf'];
}) {
  const t = useTranslations('rows');
  const { count } = useFormat();
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const go = (to: number | undefined) => navigate(changedQuery(query, { row: to }), { preventScrollReset: true });
  return (
    <Modal title={title} open onOpenChange={() => go(undefined)}>
      <div className="mt-2 flex flex-wrap items-center gap-2 text-xs text-dim">
        <Button variant="icon" aria-label={t('previous')} disabled={index === 0} onClick={() => go(index - 1)}>
          <ChevronLeft className="size-4" aria-hidden />
        </Button>
        <Button variant="icon" aria-label={t('next')} onClick={() => go(index + 1)}>
          <ChevronRight className="size-4" aria-hidden />
        </Button>
        <span className="ml-auto flex items-center gap-1">
          {t('copyJson')} <CopyButton text={JSON.stringify(row, null, 2)} label={t('copyJson')} />
        </span>
        <span className="flex items-center gap-1">
          {count(index)}
          <CopyButton text={typeof location === 'undefined' ? '' : location.href} label={t('copyLink')} />
        </span>
      </div>
      <dl translate="no" className="mt-4 space-y-4 text-sm">
        {columns.map((column) => (
          <div key={column.name}>
            <dt className="mb-1 text-xs text-dim">
              {column.name} · {column.type}
            </dt>
            <dd className="break-words">
              <Cell
                value={row[column.name]}
                column={column}
                pattern={pattern}
                media={mediaOf(index, column.name)}
                isWhole
              />
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

import type { ColumnStatisticsView } from '@granary/client';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { useLoaderData, useRevalidator, useSearchParams } from '@remix-run/react';
import { ChartColumn } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { brief, Histogram } from '~/components/histogram';
import { SplitChoice } from '~/components/rows/controls';
import { Button, Card, EmptyState, Facts } from '~/components/ui';
import { useFormat } from '~/format';

const LOOK_AGAIN_MS = 2000;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const query = new URL(request.url).searchParams;
  const of = { id, subset: query.get('subset') ?? undefined, split: query.get('split') ?? undefined };
  return load(request, context, async (api) => {
    const [tables, { rows, countedRows, columns, isCounted }] = await Promise.all([
      api.tables.list({ id }),
      api.datasets.statistics(of),
    ]);
    return { tables, rows: rows ?? 0, countedRows, columns: columns ?? {}, isCounted: isCounted ?? false };
  });
}

export default function Statistics() {
  const t = useTranslations('columns');
  const { tables, rows, countedRows, columns, isCounted } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const { revalidate } = useRevalidator();
  const hasRows = tables.subsets.length > 0;
  useEffect(() => {
    if (isCounted || !hasRows) return;
    const timer = setInterval(revalidate, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isCounted, hasRows, revalidate]);
  if (!hasRows) {
    return (
      <EmptyState icon={<ChartColumn className="size-6" aria-hidden />} title={t('none')}>
        {t('counting')}
      </EmptyState>
    );
  }
  const [first] = tables.subsets;
  const subset = query.get('subset') ?? first?.name ?? null;
  const split = query.get('split') ?? tables.subsets.find(({ name }) => name === subset)?.splits[0]?.name ?? null;
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center gap-3">
        <SplitChoice subsets={tables.subsets} subset={subset} split={split} />
        <span className="text-sm text-dim">
          {t('rows', { count: rows })}
          {countedRows === undefined ? '' : ` · ${t('counted', { count: countedRows })}`}
        </span>
      </div>
      {isCounted ? (
        <div className="grid items-start gap-5 md:grid-cols-2 xl:grid-cols-3">
          {Object.entries(columns).map(([name, column]) => (
            <ColumnCard key={name} name={name} column={column} />
          ))}
        </div>
      ) : (
        <p role="status" className="text-sm text-dim">
          {t('counting')}
        </p>
      )}
    </div>
  );
}

function ColumnCard({ name, column }: { name: string; column: ColumnStatisticsView }) {
  const t = useTranslations('columns');
  const { nulls, distinct, length, values, histogram, percentiles } = column;
  const numbers = length ?? (percentiles && column.min !== undefined && column.max !== undefined ? column : null);
  return (
    <Card>
      <h2 translate="no" className="font-semibold break-words">
        {name}
      </h2>
      <p className="mt-0.5 mb-4 text-xs text-dim">
        <span translate="no">{column.type}</span>
        {[
          '',
          ...(nulls > 0 ? [t('nulls', { count: nulls })] : []),
          ...(distinct === undefined ? [] : [t('distinct', { count: distinct })]),
        ].join(' · ')}
      </p>
      {length || histogram ? (
        <>
          {length ? (
            <p className="mb-2 text-xs text-dim">{column.type === 'list' ? t('listLengths') : t('lengths')}</p>
          ) : null}
          <Histogram bins={length?.histogram ?? histogram ?? []} label={name} />
        </>
      ) : null}
      {numbers?.percentiles ? (
        <div className="mt-4">
          <Facts
            facts={[
              [t('min'), brief(numbers.min ?? 0)],
              [t('max'), brief(numbers.max ?? 0)],
              [t('mean'), brief(numbers.mean ?? 0)],
              [t('median'), brief(numbers.percentiles.p50)],
              [t('p5to95'), `${brief(numbers.percentiles.p5)} – ${brief(numbers.percentiles.p95)}`],
            ]}
          />
        </div>
      ) : null}
      {values && values.length > 0 ? <Values values={values} /> : null}
    </Card>
  );
}

const VALUES_SHOWN = 10;

function Values({ values }: { values: readonly { value: string; count: number }[] }) {
  const t = useTranslations('columns');
  const dataset = useTranslations('dataset');
  const { count: format } = useFormat();
  const [isWhole, setIsWhole] = useState(false);
  const most = Math.max(1, ...values.map(({ count }) => count));
  return (
    <>
      <h3 className="mt-4 mb-2 text-xs text-dim">{t('values')}</h3>
      <ul translate="no" className="space-y-1.5 text-sm">
        {values.slice(0, isWhole ? undefined : VALUES_SHOWN).map(({ value, count }) => (
          <li key={value} className="grid grid-cols-[minmax(0,8rem)_1fr_auto] items-center gap-3">
            <span className="truncate" title={value}>
              {value}
            </span>
            <span className="h-2 overflow-hidden rounded-full bg-canvas" aria-hidden>
              <span className="block h-full rounded-full bg-accent" style={{ width: `${(count / most) * 100}%` }} />
            </span>
            <span className="text-dim tabular-nums">{format(count)}</span>
          </li>
        ))}
      </ul>
      {values.length > VALUES_SHOWN ? (
        <Button variant="secondary" className="mt-4" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? dataset('showFewer') : dataset('showAll', { count: values.length })}
        </Button>
      ) : null}
    </>
  );
}

import type { DatasetView, StatisticsView } from '@granary/client';
import { Link } from '@remix-run/react';
import { type ComponentType, useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { classColor, inOrderOfSplits, useFormat } from '~/format';
import { Button, Card } from './ui';

type SizeScatter = ComponentType<{ sizes: StatisticsView['sizes'] }>;

const TRY_AGAIN_MS = 3000;

/**
 * The chart, fetched apart from the page since its library is large. What React calls lazy would take the whole page
 * down, for good, when the server is away in that moment.
 */
function useSizeScatter(isWanted: boolean): SizeScatter | null {
  const [loaded, setLoaded] = useState<SizeScatter | null>(null);
  useEffect(() => {
    if (!isWanted) return;
    let timer: ReturnType<typeof setTimeout>;
    let isShown = true;
    const load = () =>
      import('./size-scatter').then(
        (module) => isShown && setLoaded(() => module.default),
        () => {
          if (isShown) timer = setTimeout(load, TRY_AGAIN_MS);
        },
      );
    void load();
    return () => {
      isShown = false;
      clearTimeout(timer);
    };
  }, [isWanted]);
  return loaded;
}

const CLASSES_SHOWN = 15;

/** Annotations by class, the most frequent first; each leads to its images. */
export function ClassHistogram({ classes }: { classes: StatisticsView['classes'] }) {
  const t = useTranslations('dataset');
  const { count } = useFormat();
  const [isWhole, setIsWhole] = useState(false);
  if (classes.length === 0) return null;
  const sorted = classes.map((item, index) => ({ ...item, index })).sort((a, b) => b.annotations - a.annotations);
  const most = Math.max(1, sorted[0]?.annotations ?? 0);
  const shown = isWhole ? sorted : sorted.slice(0, CLASSES_SHOWN);
  return (
    <Card title={t('numClasses', { count: classes.length })}>
      <ul className="max-h-[32rem] space-y-1.5 overflow-y-auto text-sm">
        {shown.map(({ name, annotations, images, index }) => (
          <li key={index}>
            <Link
              to={`images?class=${encodeURIComponent(name)}`}
              title={t('classTitle', { annotations, images })}
              className="grid grid-cols-[minmax(0,8rem)_1fr_auto] items-center gap-3 rounded px-1 hover:bg-raised sm:grid-cols-[minmax(0,12rem)_1fr_auto]"
            >
              <span className="truncate">{name}</span>
              <span className="h-2 overflow-hidden rounded-full bg-canvas" aria-hidden>
                <span
                  className="block h-full rounded-full"
                  style={{ width: `${(annotations / most) * 100}%`, background: classColor(index) }}
                />
              </span>
              <span className="text-dim tabular-nums">{count(annotations)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {sorted.length > CLASSES_SHOWN ? (
        <Button variant="secondary" className="mt-4" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? t('showFewer') : t('showAll', { count: sorted.length })}
        </Button>
      ) : null}
    </Card>
  );
}

const PARTS = [2, 1, 3, 4, 5, 6].map((number) => `var(--color-chart-${number})`);

/** Shares of a whole, as one bar with its legend. */
function Shares({
  parts,
  format,
}: {
  parts: { name: string; value: number; to?: string }[];
  format(value: number): string;
}) {
  const t = useTranslations('dataset');
  const sum = parts.reduce((total, { value }) => total + value, 0);
  if (sum === 0) return <p className="text-sm text-dim">{t('nothing')}</p>;
  return (
    <>
      <div className="flex h-3 overflow-hidden rounded-full bg-canvas" aria-hidden>
        {parts.map(({ name, value }, index) => (
          <span key={name} style={{ width: `${(value / sum) * 100}%`, background: PARTS[index % PARTS.length] }} />
        ))}
      </div>
      <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {parts.map(({ name, value, to }, index) => (
          <li key={name} className="flex items-center gap-2">
            <span className="size-2.5 rounded-sm" style={{ background: PARTS[index % PARTS.length] }} aria-hidden />
            {to ? (
              <Link to={to} className="hover:underline">
                {name}
              </Link>
            ) : (
              name
            )}
            <span className="text-dim tabular-nums">
              {format(value)} · {Math.round((value / sum) * 100)} %
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function SplitBars({ dataset, statistics }: { dataset: DatasetView; statistics: StatisticsView }) {
  const t = useTranslations('dataset');
  const { count } = useFormat();
  const inSplits = Object.values(dataset.splits).reduce((sum, images) => sum + images, 0);
  const parts = inOrderOfSplits(dataset.splits).map(([name, value]) => ({
    name,
    value,
    to: `images?split=${encodeURIComponent(name)}`,
  }));
  const rest = dataset.numImages - inSplits;
  const unlabeled = dataset.numImages + statistics.brokenImages - statistics.labeledImages;
  return (
    <Card title={t('images')}>
      <Shares parts={rest > 0 ? [...parts, { name: t('noSplit'), value: rest }] : parts} format={count} />
      <ul className="mt-4 flex flex-wrap gap-x-5 gap-y-1 border-t border-line pt-3 text-sm">
        <li>
          <Link to="images?labeled=true" className="text-accent hover:underline">
            {t('numLabeled', { count: statistics.labeledImages })}
          </Link>
        </li>
        {unlabeled > 0 ? (
          <li>
            <Link to="images?labeled=false" className="text-accent hover:underline">
              {t('numUnlabeled', { count: unlabeled })}
            </Link>
          </li>
        ) : null}
        {statistics.brokenImages > 0 ? (
          <li>
            <Link to="images?issues=true" className="text-bad hover:underline">
              {t('numBroken', { count: statistics.brokenImages })}
            </Link>
          </li>
        ) : null}
      </ul>
    </Card>
  );
}

/** Rows by split. */
export function RowBars({ dataset }: { dataset: DatasetView }) {
  const t = useTranslations('dataset');
  const { count } = useFormat();
  const parts = inOrderOfSplits(dataset.splits).map(([name, value]) => ({
    name,
    value,
    to: `samples?split=${encodeURIComponent(name)}`,
  }));
  return (
    <Card title={t('rows')}>
      <Shares parts={parts} format={count} />
    </Card>
  );
}

export function Storage({ statistics }: { statistics: StatisticsView }) {
  const t = useTranslations('dataset');
  const { bytes: formatBytes } = useFormat();
  const parts = statistics.kinds
    .filter(({ files }) => files > 0)
    .map(({ kind, files, bytes }) => ({ name: t(`kind.${kind}`, { count: files }), value: bytes }));
  return (
    <Card title={t('storage')}>
      <Shares parts={parts} format={formatBytes} />
    </Card>
  );
}

/** More sizes than this are not told apart. */
const MOST_SIZES = 500;

export function ImageSizes({ statistics }: { statistics: StatisticsView }) {
  const t = useTranslations('dataset');
  const { sizes } = statistics;
  const SizeScatter = useSizeScatter(sizes.length > 1);
  const [first] = sizes;
  if (!first) return null;
  return (
    <Card title={t('imageSizes')}>
      <p className="mb-3 text-sm text-dim">
        {sizes.length === 1
          ? t('oneSize', first)
          : t(sizes.length === MOST_SIZES ? 'manySizes' : 'sizes', { ...first, count: sizes.length })}
      </p>
      {sizes.length > 1 ? <div className="h-60">{SizeScatter ? <SizeScatter sizes={sizes} /> : null}</div> : null}
    </Card>
  );
}

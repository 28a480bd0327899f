import { useTranslations } from 'use-intl';

interface Bin {
  from: number;
  to: number;
  count: number;
}

/** Counts by bins, as columns; the numbers are there for who cannot see them. */
export function Histogram({ bins, label }: { bins: readonly Bin[]; label: string }) {
  const t = useTranslations('columns');
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const [first] = bins;
  const last = bins.at(-1);
  if (!first || !last) return null;
  const said = (bin: Bin) => t('bin', { from: brief(bin.from), to: brief(bin.to), count: bin.count });
  return (
    <figure aria-label={label}>
      <ul className="flex h-24 items-end gap-px">
        {bins.map((bin) => (
          <li key={bin.from} title={said(bin)} className="flex h-full min-w-0 flex-1 items-end">
            <span
              className="block w-full rounded-t-sm bg-chart-1"
              style={{ height: `${bin.count === 0 ? 0 : Math.max(2, (bin.count / most) * 100)}%` }}
            />
            <span className="sr-only">{said(bin)}</span>
          </li>
        ))}
      </ul>
      <figcaption aria-hidden className="mt-1 flex justify-between text-xs text-dim tabular-nums">
        <span>{brief(first.from)}</span>
        <span>{brief(last.to)}</span>
      </figcaption>
    </figure>
  );
}

/** A number in few characters, the same in every language. */
export function brief(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  return Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3 ? value.toPrecision(3) : String(Number(value.toPrecision(4)));
}

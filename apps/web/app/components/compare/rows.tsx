import type { DiffRows } from '@granary/client';
import { Link, useParams } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import { Cell } from '../rows/cell';
import { Scrolling } from '../scrolling';
import { Card } from '../ui';

/** Rows that were removed, then those that were added, of one split. */
export function ComparedRows({
  rows,
  from,
  to,
  addressOf,
}: {
  rows: DiffRows;
  from: string;
  to: string;
  addressOf(of: { subset: string; split: string }): string;
}) {
  const t = useTranslations('history');
  const { count } = useFormat();
  const { subset, split, splits, columns, items, added, removed } = rows;
  const { id = '' } = useParams();
  const mediaOf = (change: 'added' | 'removed', index: number, column: string) => {
    const of = { subset: subset ?? '', split: split ?? '', index: String(index), column };
    const query = new URLSearchParams({ ...of, version: change === 'added' ? to : from });
    const base = `/api/v1/datasets/${id}/samples`;
    return {
      image: { src: `${base}/cell?${query}`, alt: '' },
      audio: { src: `${base}/audio?${query}`, label: column },
      named: null,
    };
  };
  const different = splits.filter(({ isSame }) => !isSame);
  if (different.length === 0) return null;
  return (
    <Card title={t('rowsOf', { split: [subset, split].filter(Boolean).join(' / ') })}>
      {different.length > 1 ? (
        <p className="-mt-2 mb-3 flex flex-wrap gap-3 text-sm">
          {different.map((one) => (
            <Link
              key={`${one.subset}/${one.split}`}
              to={addressOf(one)}
              aria-current={one.subset === subset && one.split === split ? 'true' : undefined}
              className="text-accent hover:underline aria-[current]:text-ink"
            >
              {one.subset} / {one.split}
            </Link>
          ))}
        </p>
      ) : null}
      <p className="mb-3 text-sm text-dim">
        +{count(added)} −{count(removed)}
      </p>
      <Scrolling label={t('inRows')} className="overflow-x-auto rounded-lg border border-line">
        <table className="w-full text-left text-sm">
          <thead className="text-xs text-dim">
            <tr className="border-b border-line">
              <th className="px-3 py-2 text-right font-medium">{t('row')}</th>
              {columns.map(({ name }) => (
                <th key={name} className="px-3 py-2 font-medium whitespace-nowrap">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {items.map(({ change, index, row }) => (
              <tr
                key={`${change} ${index}`}
                data-testid={change}
                className={change === 'added' ? 'bg-good/10' : 'bg-bad/10'}
              >
                <td className="px-3 py-2 text-right text-xs whitespace-nowrap tabular-nums">
                  {change === 'added' ? '+' : '−'} {count(index)}
                </td>
                {columns.map((column) => (
                  <td key={column.name} className="max-w-md min-w-20 px-3 py-2 align-top break-words">
                    <Cell
                      value={row[column.name]}
                      column={column}
                      pattern={null}
                      media={mediaOf(change, index, column.name)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
    </Card>
  );
}

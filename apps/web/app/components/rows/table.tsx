import type { SampleColumn, SampleItem } from '@granary/client';
import { Link, useSearchParams } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import { Scrolling } from '../scrolling';
import { Cell } from './cell';
import { changedQuery } from './query';
import type { CellMedia } from './use-media-of';

/** Types whose values take some room. */
const WIDE = new Set(['string', 'list', 'struct', 'map']);

/** Rows with their columns; each leads to all of itself. */
export function RowTable({
  columns,
  items,
  pattern,
  mediaOf,
  at = '',
}: {
  columns: readonly SampleColumn[];
  items: readonly SampleItem[];
  pattern: RegExp | null;
  mediaOf(index: number, column: string): CellMedia;
  /** The page of rows, from where this is. */
  at?: string;
}) {
  const t = useTranslations('rows');
  const { count } = useFormat();
  const [query] = useSearchParams();
  return (
    <Scrolling label={t('title')} className="overflow-x-auto rounded-xl border border-line bg-surface">
      <table className="w-full text-left text-sm">
        <thead className="text-xs text-dim">
          <tr className="border-b border-line">
            <th className="px-3 py-2 text-right font-medium">#</th>
            {columns.map((column) => (
              <th key={column.name} className="px-3 py-2 font-medium whitespace-nowrap">
                {column.name} <span className="font-normal text-dim">{column.type}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {items.map(({ index, row }) => (
            <tr key={index} className="align-top hover:bg-raised/50">
              <td className="px-3 py-2 text-right text-xs tabular-nums">
                <Link
                  to={`${at}${changedQuery(query, { row: index })}`}
                  preventScrollReset
                  aria-label={t('openRow', { index })}
                  className="text-accent hover:underline"
                >
                  {count(index)}
                </Link>
              </td>
              {columns.map((column) => (
                <td
                  key={column.name}
                  className={`max-w-xl px-3 py-2 break-words ${WIDE.has(column.type) ? 'min-w-56' : 'min-w-20'}`}
                >
                  <Cell
                    value={row[column.name]}
                    column={column}
                    pattern={pattern}
                    media={mediaOf(index, column.name)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

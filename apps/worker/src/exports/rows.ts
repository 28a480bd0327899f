import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { splitsOf, type TableSplit } from '@granary/core/rows/shards';
import { type Database, datasetFiles } from '@granary/db';
import type { Column, Json, Tables } from '@granary/tables';
import { stringify } from 'csv-stringify/sync';
import { sql } from 'drizzle-orm';
import type { ExportItem } from './item.ts';
import type { Order } from './order.ts';
import { treeFiles } from './tree.ts';

interface Context {
  database: Database;
  tables: Tables;
  signal: AbortSignal;
}

/** The shards of a dataset of rows as they are stored, with the card that names them. */
export async function* parquetItems(database: Database, order: Order): AsyncGenerator<ExportItem> {
  const isWanted = sql`(${datasetFiles.source} ? 'rows' or lower(${datasetFiles.path}) = 'readme.md')`;
  for await (const file of treeFiles(database, order, isWanted)) yield { path: file.path, file };
}

/** A file for each subset and split, of lines of JSON or of CSV whose cells no spreadsheet takes for formulas. */
export async function* rowItems(context: Context, order: Order, format: 'jsonl' | 'csv'): AsyncGenerator<ExportItem> {
  const splits = await wantedSplits(context.database, order);
  const hasSubsets = new Set(splits.map(({ subset }) => subset)).size > 1;
  for (const split of splits) {
    const folder = hasSubsets ? `${split.subset.replaceAll('/', '_')}/` : '';
    yield { path: `${folder}${split.split}.${format}`, text: textOf(context, split, format) };
  }
}

/** Columns whose bytes neither JSON nor CSV has. */
export async function rowLosses(
  { database, tables, signal }: Context,
  order: Order,
): Promise<{ message: string; images: number; examples: string[] }[]> {
  const lost = new Set<string>();
  for (const { shards } of await wantedSplits(database, order)) {
    for (const { name, type } of await tables.columns(shards, signal)) {
      if (type === 'binary' || type === 'image' || type === 'audio') lost.add(name);
    }
  }
  if (lost.size === 0) return [];
  return [{ message: 'bytes in rows become their length', images: 0, examples: [...lost] }];
}

async function wantedSplits({ db }: Database, { part }: Order): Promise<TableSplit[]> {
  const splits = await splitsOf(db, part.datasetId, part.revision);
  return splits.filter(({ split }) => part.splits === null || part.splits.includes(split));
}

async function* textOf(
  { tables, signal }: Context,
  { shards }: TableSplit,
  format: 'jsonl' | 'csv',
): AsyncGenerator<string> {
  const columns = await tables.columns(shards, signal);
  if (format === 'csv') yield csvOf([columns.map(({ name }) => name)]);
  const lines = new PassThrough({ encoding: 'utf8' });
  const gone = AbortSignal.any([signal]);
  const writing = tables
    .forEach(shards, undefined, gone, async (rows) => {
      const text = format === 'csv' ? csvOf(rows.map((row) => cellsOf(row, columns))) : jsonOf(rows);
      if (lines.destroyed) throw new Error('Nobody reads the rows any more');
      if (!lines.write(text)) await Promise.race([once(lines, 'drain'), once(lines, 'close')]);
    })
    .then(
      () => lines.end(),
      (error) => lines.destroy(error),
    );
  yield* lines;
  await writing;
}

const jsonOf = (rows: readonly Record<string, Json>[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const csvOf = (rows: readonly (readonly string[])[]): string =>
  stringify([...rows.map((row) => [...row])], { escape_formulas: true });

const cellsOf = (row: Record<string, Json>, columns: readonly Column[]): string[] =>
  columns.map(({ name }) => {
    const value = row[name] ?? null;
    return value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  });

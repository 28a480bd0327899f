import { chosenColumns, MAX_MATCHES, type Query, type Row } from '@granary/tables';
import type { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Looking } from '../base/context.ts';
import type { Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { revisionAt } from '../revisions/refs.ts';
import { asAnswer, toAnswer } from './answer.ts';
import type { samplesInput, samplesPage, searchProgress, tableList } from './schemas.ts';
import { chooseSplit, splitsOf, type TableSplit } from './shards.ts';

type Input = z.infer<typeof samplesInput>;
type Page = z.infer<typeof samplesPage>;

/** A search that takes longer than this has to be streamed. */
const PATIENCE_MS = 10 * 60_000;

export async function listTables(
  ctx: Looking,
  { id, version }: { id: string; version?: string | undefined },
): Promise<z.infer<typeof tableList>> {
  const splits = await splitsOf(ctx.database.db, id, await revisionAt(ctx.database, { id, version }));
  return {
    subsets: [...Map.groupBy(splits, ({ subset }) => subset)].map(([name, ofSubset]) => ({
      name,
      splits: ofSubset.map(({ split, rows, sizeBytes, shards }) => ({
        name: split,
        rows,
        sizeBytes,
        shards: shards.length,
      })),
    })),
  };
}

/** A page of rows: at any offset, or of those that match. @throws AppError `not_found`, `invalid_input`, `unreadable_table` */
export async function listSamples(ctx: Permitted<'see', Reader>, input: Input): Promise<Page> {
  const split = await requireSplit(ctx, input);
  if (!split) return { subset: null, split: null, columns: [], items: [], total: 0, nextOffset: null };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const { tables } = ctx;
  return asAnswer(async () => {
    const schema = await tables.columns(split.shards, signal);
    const columns = chosenColumns(schema, input.columns).map(({ name, type, names }) => ({
      name,
      type,
      ...(names ? { names } : {}),
    }));
    const of = { subset: split.subset, split: split.split, columns };
    const { offset, limit } = input;
    if (!isSearch(input)) {
      const rows = await tables.page(split.shards, { offset, limit, columns: input.columns }, signal);
      return {
        ...of,
        items: itemsOf(rows, input),
        total: split.rows,
        nextOffset: nextOf(offset, rows.length, split.rows),
      };
    }
    let found: { total: number; matches: readonly number[] } = { total: 0, matches: [] };
    for await (const progress of tables.search(split.shards, queryOf(input), signal)) found = progress;
    const rows = await tables.rowsAt(split.shards, found.matches.slice(offset, offset + limit), input.columns, signal);
    const reachable = Math.min(found.total, MAX_MATCHES);
    return {
      ...of,
      items: itemsOf(rows, input),
      total: found.total,
      nextOffset: nextOf(offset, rows.length, reachable),
    };
  });
}

/** A search as it goes on: the count grows, and the first matches come with it. It ends when nobody listens. */
export async function* searchSamples(
  ctx: Permitted<'see', Reader>,
  input: Input,
  signal: AbortSignal,
): AsyncGenerator<z.infer<typeof searchProgress>> {
  const split = await requireSplit(ctx, input);
  if (!split || !isSearch(input)) return;
  const shown = (matches: readonly number[]) => matches.slice(input.offset, input.offset + input.limit);
  let items: Page['items'] = [];
  let scannedRows = 0;
  try {
    for await (const progress of ctx.tables.search(split.shards, queryOf(input), signal)) {
      const page = shown(progress.matches);
      if (page.length > items.length) {
        items = itemsOf(await ctx.tables.rowsAt(split.shards, page, input.columns, signal), input);
      }
      scannedRows = progress.scannedRows;
      yield { scannedRows, totalRows: split.rows, total: progress.total, isDone: scannedRows >= split.rows, items };
    }
  } catch (error) {
    if (!signal.aborted) toAnswer(error);
  }
}

interface Cell {
  id: string;
  version?: string | undefined;
  subset?: string | undefined;
  split?: string | undefined;
  index: number;
  column: string;
}

/** The bytes of a cell that holds an image or another binary. @throws AppError `not_found` */
export async function readCell(
  ctx: Permitted<'see', Reader>,
  { id, version, subset, split, index, column }: Cell,
): Promise<Uint8Array> {
  const table = await requireSplit(ctx, { id, version, subset, split });
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const bytes = await asAnswer(async () => {
    const isKnown = table && (await ctx.tables.columns(table.shards, signal)).some(({ name }) => name === column);
    return isKnown ? ctx.tables.bytes(table.shards, index, column, signal) : null;
  });
  if (!bytes) throw new AppError('not_found');
  return bytes;
}

async function requireSplit(
  ctx: Permitted<'see', Reader>,
  input: { id: string; version?: string | undefined; subset?: string | undefined; split?: string | undefined },
): Promise<TableSplit | null> {
  return chooseSplit(await splitsOf(ctx.database.db, input.id, await revisionAt(ctx.database, input)), input);
}

const isSearch = ({ search, filters }: Input): boolean => Boolean(search) || filters.length > 0;

const queryOf = (input: Input): Query => ({
  term: input.search || undefined,
  isRegex: input.regex === 'true',
  columns: input.in,
  filters: input.filters,
});

const nextOf = (offset: number, count: number, total: number): number | null =>
  count > 0 && offset + count < total ? offset + count : null;

function itemsOf(rows: readonly Row[], { maxCell }: Input): Page['items'] {
  return rows.map(({ index, row }) => ({
    index,
    row: maxCell === undefined ? row : (shortened(row, maxCell) as typeof row),
  }));
}

function shortened(value: unknown, max: number): unknown {
  if (typeof value === 'string') return value.length > max ? `${value.slice(0, max)}…` : value;
  if (Array.isArray(value)) return value.slice(0, max).map((item) => shortened(item, max));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shortened(item, max)]));
}

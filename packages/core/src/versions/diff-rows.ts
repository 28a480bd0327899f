import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { decodeCursor, encodeCursor } from '../base/paging.ts';
import type { Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { resolveRef } from '../revisions/refs.ts';
import { splitsOf, type TableSplit } from '../rows/shards.ts';
import type { DiffRows, diffRowsInput } from './schemas.ts';

/** Comparing rows reads every shard that differs. */
const PATIENCE_MS = 10 * 60_000;
/** So many rows are compared for a summary that is to come at once. */
const SUMMARY_ROWS = 200_000;

interface Compared {
  subset: string;
  split: string;
  before: TableSplit | undefined;
  after: TableSplit | undefined;
  isSame: boolean;
}

/**
 * Rows that were removed, then rows that were added, in one split of a dataset of texts: by their numbers in the version that
 * has them. Only shards that differ are read.
 *
 * @throws AppError `not_found`
 */
export async function diffRows(
  ctx: Permitted<'see', Reader>,
  { id, from, to, subset, split, limit, cursor }: z.infer<typeof diffRowsInput>,
): Promise<DiffRows> {
  const compared = await comparedSplits(ctx, { id, from, to });
  const splits = compared.map(({ subset, split, before, after, isSame }) => ({
    ...{ subset, split, isSame },
    rowsBefore: before?.rows ?? null,
    rowsAfter: after?.rows ?? null,
  }));
  const asked = compared.filter(
    (one) => (subset === undefined || one.subset === subset) && (split === undefined || one.split === split),
  );
  const chosen = asked.find(({ isSame }) => !isSame) ?? asked[0];
  const nothing = { splits, columns: [], items: [], added: 0, removed: 0, nextCursor: null };
  if (!chosen) {
    if (subset !== undefined || split !== undefined)
      throw new AppError('not_found', { message: 'Neither version has such a split.' });
    return { ...nothing, subset: null, split: null };
  }
  const of = { subset: chosen.subset, split: chosen.split };
  if (chosen.isSame) return { ...nothing, ...of };
  const [old, young] = [chosen.before?.shards ?? [], chosen.after?.shards ?? []];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const found = await ctx.tables.difference(old, young, signal);
  const offset = decodeCursor(cursor, z.tuple([z.number().int().min(0)]))?.[0] ?? 0;
  const removed = [...found.removed.subarray(offset, offset + limit)];
  const start = Math.max(0, offset - found.removed.length);
  const added = [...found.added.subarray(start, start + limit - removed.length)];
  const [gone, come] = [
    removed.length === 0 ? [] : await ctx.tables.rowsAt(old, removed, undefined, signal),
    added.length === 0 ? [] : await ctx.tables.rowsAt(young, added, undefined, signal),
  ];
  const columns = new Map(
    [...(await ctx.tables.columns(old, signal)), ...(await ctx.tables.columns(young, signal))].map((column) => [
      column.name,
      column,
    ]),
  );
  const end = offset + removed.length + added.length;
  return {
    splits,
    ...of,
    columns: [...columns.values()],
    items: [
      ...gone.map((row) => ({ change: 'removed' as const, ...row })),
      ...come.map((row) => ({ change: 'added' as const, ...row })),
    ],
    added: found.numAdded,
    removed: found.numRemoved,
    nextCursor: end > offset && end < found.removed.length + found.added.length ? encodeCursor([end]) : null,
  };
}

/** How many rows differ in all, where comparing them is quick; undefined for what has no rows, or too many. */
export async function countDiffRows(
  ctx: Permitted<'see', Reader>,
  span: { id: string; from: string; to: string },
): Promise<{ added: number; removed: number } | undefined> {
  const compared = await comparedSplits(ctx, span);
  if (compared.length === 0) return undefined;
  const different = compared.filter(({ isSame }) => !isSame);
  const rows = different.reduce((sum, { before, after }) => sum + (before?.rows ?? 0) + (after?.rows ?? 0), 0);
  if (rows > SUMMARY_ROWS) return undefined;
  const total = { added: 0, removed: 0 };
  for (const { before, after } of different) {
    const { numAdded, numRemoved } = await ctx.tables.difference(
      before?.shards ?? [],
      after?.shards ?? [],
      AbortSignal.timeout(PATIENCE_MS),
    );
    total.added += numAdded;
    total.removed += numRemoved;
  }
  return total;
}

/** Every split of either version, and whether it is of the same shards in both. */
async function comparedSplits(
  { database }: Permitted<'see', Reader>,
  { id, from, to }: { id: string; from: string; to: string },
): Promise<Compared[]> {
  const [old, young] = [
    await splitsOf(database.db, id, (await resolveRef(database, id, from)).at),
    await splitsOf(database.db, id, (await resolveRef(database, id, to)).at),
  ];
  const keyOf = ({ subset, split }: TableSplit) => JSON.stringify([subset, split]);
  const [before, after] = [
    new Map(old.map((one) => [keyOf(one), one])),
    new Map(young.map((one) => [keyOf(one), one])),
  ];
  const hashes = (one: TableSplit | undefined) => one?.shards.map(({ sha256 }) => sha256).join() ?? '';
  return [...new Map([...before, ...after])].map(([key, { subset, split }]) => ({
    ...{ subset, split, before: before.get(key), after: after.get(key) },
    isSame: hashes(before.get(key)) === hashes(after.get(key)),
  }));
}

import { createHash } from 'node:crypto';
import type { Database } from '@granary/db';
import { type SplitStatistics, splitStatistics, statisticsOf } from '@granary/tables';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { SignedInContext } from '../base/context.ts';
import type { tableStatistics } from './schemas.ts';
import { chooseSplit, splitsOf, type TableSplit } from './shards.ts';

const PATIENCE_MS = 60_000;

/** What `metadata.tables` of a dataset holds, by subset and split. `of` says what shards were counted. */
const countedSplit = z.object({ of: z.string(), statistics: splitStatistics });
const tablesMetadata = z.object({
  tables: z.record(z.string(), z.record(z.string(), countedSplit.nullable().catch(null))).catch({}),
});

/** Tells the shards of a split from any others. */
export const shardsHash = ({ shards }: TableSplit): string =>
  createHash('sha256')
    .update(shards.map(({ sha256 }) => sha256).join('\n'))
    .digest('hex');

/** What was counted of a split; null while it was not, or of other shards. */
export function countedOf(metadata: unknown, split: TableSplit): SplitStatistics | null {
  const known = tablesMetadata.safeParse(metadata).data?.tables[split.subset]?.[split.split];
  return known?.of === shardsHash(split) ? known.statistics : null;
}

/** Puts what was counted into the dataset's metadata, beside what is there. */
export async function keepCounted(
  { sql }: Pick<Database, 'sql'>,
  datasetId: string,
  split: TableSplit,
  statistics: SplitStatistics,
): Promise<void> {
  await mergeMetadata({ sql }, datasetId, {
    tables: { [split.subset]: { [split.split]: countedSplit.parse({ of: shardsHash(split), statistics }) } },
  });
}

/** Deep merge: null keeps what is there, objects merge, the rest overwrites. What was counted is replaced as a whole. */
export function deepMerge(before: unknown, change: unknown): unknown {
  if (change === null || change === undefined) return before;
  if (!isObject(before) || !isObject(change) || 'statistics' in change) return change;
  // Names are those of columns, too: one of them may be called __proto__.
  const merged = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(change)) merged.set(name, deepMerge(merged.get(name), value));
  return Object.fromEntries(merged);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function mergeMetadata({ sql }: Pick<Database, 'sql'>, datasetId: string, change: unknown): Promise<void> {
  await sql.begin(async (tx) => {
    const [row] = await tx<
      { metadata: unknown }[]
    >`select metadata from datasets where id = ${datasetId} for no key update`;
    if (!row) return;
    await tx`update datasets set metadata = ${tx.json(deepMerge(row.metadata, change) as never)} where id = ${datasetId}`;
  });
}

/** A split that takes no time to count is not waited for. */
const SMALL_BYTES = 32 * 1024 * 1024;

async function countSmall(
  { database, tables }: SignedInContext,
  datasetId: string,
  split: TableSplit,
): Promise<SplitStatistics | null> {
  if (split.sizeBytes > SMALL_BYTES) return null;
  const counted = await statisticsOf(tables, split.shards, AbortSignal.timeout(PATIENCE_MS));
  await keepCounted(database, datasetId, split, counted);
  return counted;
}

/** Of a dataset of texts what was counted of a split; of another nothing. @throws AppError `not_found` */
export async function statisticsOfSplit(
  ctx: Permitted<'see'>,
  { id, subset, split }: { id: string; subset?: string | undefined; split?: string | undefined },
): Promise<z.infer<typeof tableStatistics>> {
  const { dataset } = ctx;
  if (dataset.taskType !== 'text') return {};
  const chosen = chooseSplit(await splitsOf(ctx.database.db, id), { subset, split });
  if (!chosen) return {};
  const [row] = await ctx.database.sql<{ metadata: unknown }[]>`select metadata from datasets where id = ${id}`;
  const counted = countedOf(row?.metadata, chosen) ?? (await countSmall(ctx, id, chosen));
  if (!counted) return { rows: chosen.rows, columns: {}, isCounted: false };
  // The database keeps names in an order of its own.
  const order = (await ctx.tables.columns(chosen.shards, AbortSignal.timeout(PATIENCE_MS))).map(({ name }) => name);
  const columns = Object.entries(counted.columns).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return { rows: chosen.rows, columns: Object.fromEntries(columns), isCounted: true, countedRows: counted.countedRows };
}

import { createHash } from 'node:crypto';
import type { Database } from '@granary/db';
import { type SplitStatistics, splitStatistics, statisticsOf } from '@granary/tables';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Services } from '../base/context.ts';
import type { Reader } from '../base/person.ts';
import type { At } from '../revisions/at.ts';
import { revisionAt } from '../revisions/refs.ts';
import { asAnswer } from './answer.ts';
import type { tableStatistics } from './schemas.ts';
import { chooseSplit, splitsOf, type TableSplit } from './shards.ts';

const PATIENCE_MS = 60_000;

/** `of` says what shards were counted. */
const countedSplit = z.object({ of: z.string(), statistics: splitStatistics });
/** What `row_statistics` of a dataset holds, by subset and split. */
const rowStatistics = z.record(z.string(), z.record(z.string(), countedSplit.nullable().catch(null))).catch({});

/** Identifies the shards of a split, so that a change of them is noticed. */
export const shardsHash = ({ shards }: TableSplit): string =>
  createHash('sha256')
    .update(shards.map(({ sha256 }) => sha256).join('\n'))
    .digest('hex');

/** The statistics of a split; null while it was not counted, or only with other shards. */
export function countedOf(kept: unknown, split: TableSplit): SplitStatistics | null {
  const known = rowStatistics.parse(kept)[split.subset]?.[split.split];
  return known?.of === shardsHash(split) ? known.statistics : null;
}

/** Saves the statistics of a split, and keeps those of others. */
export async function keepCounted(
  { sql }: Pick<Database, 'sql'>,
  datasetId: string,
  split: TableSplit,
  statistics: SplitStatistics,
): Promise<void> {
  const counted = countedSplit.parse({ of: shardsHash(split), statistics });
  await sql.begin(async (tx) => {
    const [row] = await tx<
      { row_statistics: unknown }[]
    >`select row_statistics from datasets where id = ${datasetId} for no key update`;
    if (!row) return;
    const known = rowStatistics.parse(row.row_statistics);
    const all = { ...known, [split.subset]: { ...known[split.subset], [split.split]: counted } };
    await tx`update datasets set row_statistics = ${tx.json(all as never)} where id = ${datasetId}`;
  });
}

/** Small splits are counted at once instead of by a job. */
const SMALL_BYTES = 32 * 1024 * 1024;

async function countSmall(
  { database, tables }: Pick<Services, 'database' | 'tables'>,
  datasetId: string,
  split: TableSplit,
  at: At,
): Promise<SplitStatistics | null> {
  if (split.sizeBytes > SMALL_BYTES) return null;
  const counted = await asAnswer(() => statisticsOf(tables, split.shards, AbortSignal.timeout(PATIENCE_MS)));
  // Beside a split of the draft there is no place for an older one.
  if (at === null) await keepCounted(database, datasetId, split, counted);
  return counted;
}

/** Of a dataset of texts what was counted of a split; of another nothing. @throws AppError `not_found` */
export async function statisticsOfSplit(
  ctx: Permitted<'see', Reader>,
  {
    id,
    version,
    subset,
    split,
  }: { id: string; version?: string | undefined; subset?: string | undefined; split?: string | undefined },
): Promise<z.infer<typeof tableStatistics>> {
  const { dataset } = ctx;
  const at = await revisionAt(ctx.database, { id, version });
  if (at === null && dataset.taskType !== 'text') return {};
  const splits = await splitsOf(ctx.database.db, id, at);
  const chosen = splits.length === 0 ? null : chooseSplit(splits, { subset, split });
  if (!chosen) return {};
  const [row] = await ctx.database.sql<
    { row_statistics: unknown }[]
  >`select row_statistics from datasets where id = ${id}`;
  const counted = countedOf(row?.row_statistics, chosen) ?? (await countSmall(ctx, id, chosen, at));
  if (!counted) return { rows: chosen.rows, columns: {}, isCounted: false };
  // jsonb does not keep the order of names.
  const order = (await ctx.tables.columns(chosen.shards, AbortSignal.timeout(PATIENCE_MS))).map(({ name }) => name);
  const columns = Object.entries(counted.columns).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return { rows: chosen.rows, columns: Object.fromEntries(columns), isCounted: true, countedRows: counted.countedRows };
}

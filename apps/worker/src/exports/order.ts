import { type Dataset, datasetColumns } from '@granary/core/access/policy';
import { JobFailure } from '@granary/core/errors/failures';
import type { Part } from '@granary/core/exports/content';
import { stateAt } from '@granary/core/revisions/refs';
import { type Database, datasetRevisions, datasets, exports } from '@granary/db';
import { and, eq, isNull } from 'drizzle-orm';

export type ExportRow = typeof exports.$inferSelect;

/** All that an export is made from: its row, and the dataset as it was at its revision. */
export interface Order {
  row: ExportRow;
  dataset: Dataset;
  part: Part;
}

/** @throws JobFailure when the export, its dataset or its revision are gone */
export async function orderOf(database: Database, exportId: string): Promise<Order> {
  const { db } = database;
  const [row] = await db.select().from(exports).where(eq(exports.id, exportId));
  if (!row || !['queued', 'running', 'completed'].includes(row.state)) {
    throw new JobFailure('export_gone', 'The export was deleted in the meantime.');
  }
  const [dataset] = await db
    .select(datasetColumns)
    .from(datasets)
    .where(and(eq(datasets.id, row.datasetId), isNull(datasets.deletedAt)));
  if (!dataset) throw new JobFailure('dataset_gone', 'The dataset was deleted in the meantime.');
  const state = await stateAt(database, row.datasetId, row.revision);
  if (!state) throw new JobFailure('revision_gone', `The revision r${row.revision} is no longer kept.`);
  const [revision] = await db
    .select({ contentHash: datasetRevisions.contentHash })
    .from(datasetRevisions)
    .where(and(eq(datasetRevisions.datasetId, row.datasetId), eq(datasetRevisions.revision, row.revision)));
  const { splits, q } = row.options;
  return {
    row,
    dataset: { ...dataset, ...state, contentHash: revision?.contentHash ?? null },
    part: { datasetId: row.datasetId, revision: row.revision, splits, q },
  };
}

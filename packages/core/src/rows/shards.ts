import { type Db, datasetFiles } from '@granary/db';
import type { Shard } from '@granary/tables';
import { and, asc, eq, sql } from 'drizzle-orm';
import { AppError } from '../errors/app-error.ts';
import { type At, isAt } from '../revisions/at.ts';

/** The rows of a subset and split, in shards. */
export interface TableSplit {
  subset: string;
  split: string;
  rows: number;
  sizeBytes: number;
  shards: Shard[];
}

/** All subsets and splits of a dataset; files that have no rows are not among their shards. */
export async function splitsOf(db: Db, datasetId: string, at: At = null): Promise<TableSplit[]> {
  const rows = await db
    .select({
      path: datasetFiles.path,
      sizeBytes: datasetFiles.sizeBytes,
      sha256: datasetFiles.sha256,
      storageKey: datasetFiles.storageKey,
      split: datasetFiles.split,
      subset: sql<string>`${datasetFiles.source}->>'subset'`,
      rows: sql<number>`(${datasetFiles.source}->>'rows')::float8`,
      schemaHash: sql<string | null>`${datasetFiles.source}->>'schema'`,
    })
    .from(datasetFiles)
    .where(
      and(
        eq(datasetFiles.datasetId, datasetId),
        isAt(datasetFiles, at),
        eq(datasetFiles.kind, 'data'),
        sql`${datasetFiles.source} ? 'rows'`,
      ),
    )
    .orderBy(asc(datasetFiles.path));
  const splits = new Map<string, TableSplit>();
  for (const { subset, split, ...shard } of rows) {
    const key = JSON.stringify([subset, split]);
    const known = splits.get(key) ?? { subset, split: split ?? 'train', rows: 0, sizeBytes: 0, shards: [] };
    splits.set(key, known);
    known.rows += shard.rows;
    known.sizeBytes += shard.sizeBytes;
    known.shards.push(shard);
  }
  return [...splits.values()].sort(
    (a, b) => order(a) - order(b) || (a.subset < b.subset ? -1 : a.subset > b.subset ? 1 : 0),
  );
}

/** Splits in the order in which people name them. */
const order = ({ split }: TableSplit): number => {
  const at = ['train', 'validation', 'test'].indexOf(split);
  return at < 0 ? 3 : at;
};

/** The one that is asked for, or the first; null for a dataset without any. @throws AppError `not_found` */
export function chooseSplit(
  splits: readonly TableSplit[],
  { subset, split }: { subset?: string | undefined; split?: string | undefined },
): TableSplit | null {
  if (splits.length === 0 && subset === undefined && split === undefined) return null;
  const wanted = split === 'val' && !splits.some((known) => known.split === 'val') ? 'validation' : split;
  const found = splits.find(
    (known) => (subset === undefined || known.subset === subset) && (wanted === undefined || known.split === wanted),
  );
  if (found) return found;
  const names = splits.map((known) => `${known.subset}/${known.split}`).slice(0, 20);
  throw new AppError('not_found', {
    message: `The dataset has no such subset or split. It has: ${names.join(', ') || 'none'}.`,
  });
}

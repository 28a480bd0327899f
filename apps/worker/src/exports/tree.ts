import { isPartOfTree } from '@granary/core/exports/content';
import { isAt } from '@granary/core/revisions/at';
import { type Database, datasetFiles } from '@granary/db';
import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import type { ExportItem, StoredFile } from './item.ts';
import type { Order } from './order.ts';

const PAGE = 5000;

export interface TreeFile extends StoredFile {
  kind: (typeof datasetFiles.$inferSelect)['kind'];
}

/** The files of the tree that are asked for, in the order of their paths. */
export async function* treeFiles({ db }: Database, { part }: Order, which?: SQL): AsyncGenerator<TreeFile> {
  const { id, path, storageKey, sizeBytes, sha256, kind } = datasetFiles;
  for (let after = ''; ; ) {
    const rows = await db
      .select({ id, path, storageKey, sizeBytes, sha256, kind })
      .from(datasetFiles)
      .where(
        and(
          eq(datasetFiles.datasetId, part.datasetId),
          isAt(datasetFiles, part.revision),
          gt(path, after),
          isPartOfTree(part),
          which,
        ),
      )
      .orderBy(asc(path))
      .limit(PAGE);
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.path ?? '';
  }
}

/** The tree as it is. */
export async function* originalItems(database: Database, order: Order): AsyncGenerator<ExportItem> {
  for await (const file of treeFiles(database, order)) yield { path: file.path, file };
}

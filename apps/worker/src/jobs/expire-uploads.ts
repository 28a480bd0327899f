import { endUploading } from '@granary/core/base/dataset-status';
import { removeUploadObjects } from '@granary/core/uploads/objects';
import { type Database, partialUploads, uploads } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import { and, eq, lt, ne } from 'drizzle-orm';
import type { WorkerContext } from '../context.ts';

const BATCH = 500;

/** Removes uploads that were abandoned or whose import is done: first the objects, then the rows. */
export async function expireUploads({
  database: { db, sql },
  store,
  log,
}: Pick<WorkerContext, 'database' | 'store' | 'log'>): Promise<number> {
  let expired = 0;
  for (;;) {
    const due = await db
      .select({ id: uploads.id, datasetId: uploads.datasetId })
      .from(uploads)
      .where(and(ne(uploads.state, 'expired'), lt(uploads.expiresAt, new Date())))
      .limit(BATCH);
    for (const { id, datasetId } of due) {
      await removeUploadObjects(store, id);
      await db.update(uploads).set({ state: 'expired' }).where(eq(uploads.id, id));
      await endUploading(sql, datasetId);
    }
    expired += due.length;
    if (due.length < BATCH) break;
  }
  expired += await expirePartials({ db, store });
  await store.sweepUnfinished(new Date());
  if (expired > 0) log.info({ expired }, 'abandoned uploads removed');
  return expired;
}

/** Parts that were never joined. */
async function expirePartials({ db, store }: { db: Database['db']; store: ObjectStore }): Promise<number> {
  let expired = 0;
  for (;;) {
    const due = await db
      .select({ id: partialUploads.id })
      .from(partialUploads)
      .where(lt(partialUploads.expiresAt, new Date()))
      .limit(BATCH);
    for (const { id } of due) {
      await removeUploadObjects(store, id);
      await db.delete(partialUploads).where(eq(partialUploads.id, id));
    }
    expired += due.length;
    if (due.length < BATCH) return expired;
  }
}

import { uploads } from '@granary/db';
import { keys } from '@granary/storage';
import { and, eq, lt, ne } from 'drizzle-orm';
import type { WorkerContext } from '../worker.ts';

const BATCH = 500;

/** Removes uploads that were abandoned or whose import is done: first the objects, then their being known. */
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
      await sql`update datasets set status = case when num_files > 0 then 'ready' else 'pending' end
        where id = ${datasetId} and status = 'uploading'
          and not exists (select 1 from uploads where dataset_id = ${datasetId} and state in ('uploading', 'finished'))`;
    }
    expired += due.length;
    if (due.length < BATCH) break;
  }
  await store.sweepUnfinished(new Date());
  await sql`delete from sessions where expires_at < now()`;
  await sql`delete from rate_limits where expire < ${Date.now() - 3_600_000}`;
  if (expired > 0) log.info({ expired }, 'abandoned uploads removed');
  return expired;
}

/** An upload's bytes, and what tus keeps beside them; on S3 also parts that were never put together. */
export async function removeUploadObjects(store: WorkerContext['store'], uploadId: string): Promise<void> {
  await store.abortMultiparts(keys.upload(uploadId));
  await store.delete([keys.upload(uploadId), ...keys.uploadCompanions(uploadId)]);
}

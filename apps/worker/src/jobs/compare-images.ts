import { compareImagesJob } from '@granary/core/queue/definitions';
import type { Job, PgBoss } from 'pg-boss';
import { compareImages } from '../similarity/compare.ts';
import type { WorkerContext } from '../worker.ts';

const DATASETS_AT_ONCE = 200;

/** Asks for a comparison of the dataset's images; one that waits already is enough. */
export async function askForComparison(boss: PgBoss, datasetId: string): Promise<void> {
  await boss.send(compareImagesJob.name, { datasetId }, { group: { id: datasetId }, singletonKey: datasetId });
}

/** Compares the images of a dataset, or asks for it wherever some are left to be looked at. */
export async function handleComparison(
  { database: { sql }, store, log }: WorkerContext,
  boss: PgBoss,
  job: Job<unknown> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { datasetId } = compareImagesJob.payload.parse(job?.data) ?? {};
  if (datasetId !== undefined) return compareImages({ sql, store, log, datasetId, signal });
  const rows = await sql<{ id: string }[]>`
    select d.id from datasets d where d.deleted_at is null and d.status = 'ready' and exists (
      select 1 from dataset_files f where f.dataset_id = d.id
        and not is_compared and kind = 'image' and problem is null and removed_in is null)
    limit ${DATASETS_AT_ONCE}`;
  for (const { id } of rows) await askForComparison(boss, id);
}

import type { JobQueue } from '@granary/core/queue/queue';
import type { WorkerContext } from '../context.ts';
import type { BackgroundHandler } from '../runner.ts';
import { compareImages } from '../similarity/compare.ts';

const DATASETS_AT_ONCE = 200;

/** Compares the images of a dataset, or queues that for every dataset with images not compared yet. */
export function comparisonHandler(
  { database: { sql }, store, images, log }: WorkerContext,
  queue: JobQueue,
): BackgroundHandler<'compare-images'> {
  return async (payload, signal) => {
    const datasetId = payload?.datasetId;
    if (datasetId !== undefined) return compareImages({ sql, store, images, log, datasetId, signal });
    const rows = await sql<{ id: string }[]>`
      select d.id from datasets d where d.deleted_at is null and d.status = 'ready' and exists (
        select 1 from dataset_files f where f.dataset_id = d.id
          and not is_compared and kind = 'image' and problem is null and removed_in is null)
      limit ${DATASETS_AT_ONCE}`;
    for (const { id } of rows) await queue.askForComparison(id);
  };
}

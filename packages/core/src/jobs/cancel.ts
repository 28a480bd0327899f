import { activities, backups, exports, imports, type Transaction } from '@granary/db';
import { and, eq, inArray } from 'drizzle-orm';
import type { Permitted } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { settleStatus } from '../base/dataset-status.ts';
import { announceJob } from '../base/events.ts';
import { lockDataset } from '../base/locks.ts';
import { queryOf } from '../base/query.ts';
import { IMPORTS_OF_KIND } from '../imports/kinds.ts';
import type { JobQueue } from '../queue/queue.ts';

/** Cancels the dataset's jobs: waiting ones end at once, a running one first undoes what it has done. */
export async function cancelDatasetJobs(ctx: Permitted<'edit'>, datasetId: string): Promise<{ cancelled: string[] }> {
  const cancelled = await ctx.database.db.transaction(async (tx) => {
    await lockDataset(tx, datasetId);
    const rows = await cancelJobs(ctx.queue, tx, { datasetId });
    if (rows.length > 0) {
      await recordAudit(tx, {
        action: 'cancelled',
        datasetId,
        ...performer(ctx),
        details: { jobs: rows },
      });
    }
    return rows;
  });
  return { cancelled };
}

/**
 * Ends jobs that wait, and asks those that run to stop: all of a dataset, or one. The caller holds the dataset's row. Who
 * watches them is told when the transaction commits.
 *
 * @returns their ids
 */
export async function cancelJobs(
  queue: JobQueue,
  tx: Transaction,
  { datasetId, jobId }: { datasetId: string | null; jobId?: string },
): Promise<string[]> {
  const which = jobId === undefined ? eq(activities.datasetId, datasetId ?? '') : eq(activities.id, jobId);
  const rows = await tx
    .update(activities)
    .set({ cancelRequested: true, updatedAt: new Date() })
    .where(and(which, inArray(activities.state, ['queued', 'running'])))
    .returning({ id: activities.id, state: activities.state, attempt: activities.attempt });
  // A paused job has already done something, which a worker has to undo.
  const resting = rows.filter((row) => row.state === 'queued' && row.attempt > 0).map((row) => row.id);
  for (const id of resting) await wake(queue, tx, id);
  const waiting = rows.filter((row) => row.state === 'queued' && row.attempt === 0).map((row) => row.id);
  if (waiting.length > 0) {
    const now = new Date();
    await tx
      .update(activities)
      .set({ state: 'cancelled', message: 'Cancelled', finishedAt: now })
      .where(inArray(activities.id, waiting));
    await tx
      .update(imports)
      .set({ state: 'cancelled', sealedToken: null, finishedAt: now })
      .where(inArray(imports.jobId, waiting));
    await tx.update(backups).set({ state: 'failed' }).where(inArray(backups.jobId, waiting));
    await tx.update(exports).set({ state: 'cancelled', finishedAt: now }).where(inArray(exports.jobId, waiting));
    if (datasetId !== null) await settleStatus(queryOf(tx), datasetId);
  }
  for (const { id } of rows) await announceJob(queryOf(tx), id);
  return rows.map((row) => row.id);
}

/** Queues a paused job again. */
export async function wake(queue: JobQueue, tx: Transaction, jobId: string): Promise<void> {
  const [made] = await tx
    .select({ importId: imports.id, datasetId: imports.datasetId, kind: imports.kind })
    .from(imports)
    .where(eq(imports.jobId, jobId));
  if (!made) return;
  const { importId, datasetId, kind } = made;
  const payload = { activityId: jobId, importId, datasetId };
  await queue.enqueue(tx, IMPORTS_OF_KIND[kind].queue, payload, { id: crypto.randomUUID(), group: datasetId });
}

import { datasets } from '@granary/db';
import { eq } from 'drizzle-orm';
import { performer, recordAudit } from '../audit/record.ts';
import { createBackup } from '../backups/backups.ts';
import { AppError } from '../errors.ts';
import { announceJob } from '../events.ts';
import { cancelJobs, retryImport } from '../imports/imports.ts';
import { startCheck } from '../integrity/integrity.ts';
import { requireAdmin, requireDataset } from '../policy.ts';
import type { SignedInContext } from '../trpc.ts';
import { getJob } from './activities.ts';
import { isFinished, type JobView } from './schemas.ts';

/**
 * Ends a job that waits, asks one that runs to stop. A purge goes on: half a purge is of no use to anyone.
 *
 * @throws AppError `wrong_state`
 */
export async function cancelJob(ctx: SignedInContext, id: string): Promise<JobView> {
  const job = await requireControl(ctx, id);
  if (isFinished(job)) throw new AppError('wrong_state', { message: 'The job has ended already.' });
  if (job.kind === 'purge')
    throw new AppError('wrong_state', { message: 'A purge that was begun goes on to its end.' });
  const { datasetId } = job;
  await ctx.database.db.transaction(async (tx) => {
    if (datasetId !== null) await tx.select().from(datasets).where(eq(datasets.id, datasetId)).for('no key update');
    const jobs = await cancelJobs(tx, { datasetId, jobId: id });
    if (jobs.length === 0) return;
    const about = datasetId === null ? {} : { datasetId };
    await recordAudit(tx, { action: 'cancelled', ...about, ...performer(ctx), details: { jobs } });
  });
  await announceJob(ctx.database.sql, id);
  return getJob(ctx, id);
}

/** Does again what failed or was cancelled, as a new job. @throws AppError `wrong_state` */
export async function retryJob(ctx: SignedInContext, id: string): Promise<{ jobId: string }> {
  const job = await requireControl(ctx, id);
  if (job.state !== 'failed' && job.state !== 'cancelled') {
    throw new AppError('wrong_state', { message: 'Only what failed or was cancelled can be started again.' });
  }
  const { datasetId, kind } = job;
  if (kind === 'integrity') return startCheck(ctx, { datasetId, deep: false });
  if (datasetId !== null && kind === 'backup') return createBackup(ctx, datasetId);
  if (datasetId !== null && IMPORTS.has(kind)) return retryImport(ctx, datasetId);
  throw new AppError('wrong_state', {
    message: 'A job of this kind is not started again by itself.',
    hint:
      kind === 'purge'
        ? 'A purge that failed is taken up again within a quarter of an hour.'
        : 'Ask for it anew where you did before.',
  });
}

const IMPORTS = new Set(['import', 'repair', 'remove', 'put_back', 'adopt']);

/** Jobs of a dataset are for who edits it; those of none are the admin's. A purge is neither ended nor begun here. */
async function requireControl(ctx: SignedInContext, id: string): Promise<JobView> {
  const job = await getJob(ctx, id);
  const { datasetId, kind } = job;
  if (datasetId === null) requireAdmin(ctx);
  else if (kind !== 'purge') {
    await requireDataset(ctx.database, ctx.person, datasetId, kind === 'backup' ? 'audit' : 'edit');
  }
  return job;
}

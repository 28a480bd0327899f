import { activities } from '@granary/db';
import { and, eq, inArray } from 'drizzle-orm';
import type { z } from 'zod';
import { permit, requireAdmin, requireDataset } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { createBackup } from '../backups/backups.ts';
import type { SignedInContext } from '../base/context.ts';
import { announceJob } from '../base/events.ts';
import { lockDataset } from '../base/locks.ts';
import { AppError } from '../errors/app-error.ts';
import { isOwnExport } from '../exports/exports.ts';
import { retryImport } from '../imports/imports.ts';
import { IMPORTS_OF_KIND, isImportKind } from '../imports/kinds.ts';
import { startCheck } from '../integrity/integrity.ts';
import { cancelJobs, wake } from '../jobs/cancel.ts';
import { getJob } from '../jobs/jobs.ts';
import { type cancelledJob, isFinished, type JobView } from '../jobs/schemas.ts';
import { startJob } from '../queue/start.ts';

/**
 * Ends a waiting job, or asks a running one to stop, and says what became of it. A purge cannot be stopped: half a purge is
 * of no use to anyone.
 *
 * @throws AppError `wrong_state`
 */
export async function cancelJob(ctx: SignedInContext, id: string): Promise<z.infer<typeof cancelledJob>> {
  const job = await requireControl(ctx, id);
  if (isFinished(job)) return { ...job, outcome: 'finished_already' };
  if (job.kind === 'purge')
    throw new AppError('wrong_state', { message: 'A purge that has started cannot be cancelled.' });
  const { datasetId } = job;
  const jobs = await ctx.database.db.transaction(async (tx) => {
    if (datasetId !== null) await lockDataset(tx, datasetId);
    const ended = await cancelJobs(ctx.queue, tx, { datasetId, jobId: id });
    if (ended.length === 0) return ended;
    const about = datasetId === null ? {} : { datasetId };
    await recordAudit(tx, { action: 'cancelled', ...about, ...performer(ctx), details: { jobs: ended } });
    return ended;
  });
  const now = await getJob(ctx, id);
  const outcome = jobs.length === 0 ? 'finished_already' : now.state === 'cancelled' ? 'cancelled' : 'stopping';
  return { ...now, outcome };
}

/** Does again what failed or was cancelled, as a new job. @throws AppError `wrong_state` */
export async function retryJob(ctx: SignedInContext, id: string, accessToken?: string): Promise<{ jobId: string }> {
  const job = await requireControl(ctx, id);
  if (job.state !== 'failed' && job.state !== 'cancelled') {
    throw new AppError('wrong_state', { message: 'Only a job that failed or was cancelled can be retried.' });
  }
  const { datasetId, kind } = job;
  if (kind === 'integrity') return startCheck(ctx, { datasetId, deep: false });
  if (datasetId !== null && kind === 'backup') return createBackup(await permit(ctx, datasetId, 'audit'), datasetId);
  if (datasetId !== null && kind === 'statistics') return { jobId: await countAgain(ctx, datasetId) };
  if (datasetId !== null && isImportKind(kind))
    return retryImport(await permit(ctx, datasetId, 'edit'), datasetId, { jobId: id, accessToken });
  throw new AppError('wrong_state', {
    message: 'A job of this kind cannot be retried.',
    hint:
      kind === 'purge'
        ? 'A purge that failed is taken up again within a quarter of an hour.'
        : 'Ask for it anew where you did before.',
  });
}

function countAgain({ database: { db }, queue, person }: SignedInContext, datasetId: string): Promise<string> {
  const about = { kind: 'statistics' as const, datasetId, createdBy: person.id };
  return db.transaction((tx) => startJob(queue, tx, 'statistics', about, { datasetId }));
}

/**
 * Pauses a download: what it has stays, and it resumes from there.
 *
 * @throws AppError `wrong_state`
 */
export async function pauseJob(ctx: SignedInContext, id: string): Promise<JobView> {
  const job = await requireControl(ctx, id);
  if (!isImportKind(job.kind) || !IMPORTS_OF_KIND[job.kind].mayPause)
    throw new AppError('wrong_state', { message: 'Only downloads can be paused.' });
  await setPause(ctx, id, true);
  await announceJob(ctx.database.sql, id);
  return getJob(ctx, id);
}

/** @throws AppError `wrong_state` for what does not rest */
export async function resumeJob(ctx: SignedInContext, id: string): Promise<JobView> {
  await requireControl(ctx, id);
  await setPause(ctx, id, false);
  await announceJob(ctx.database.sql, id);
  return getJob(ctx, id);
}

async function setPause(
  { database: { db }, queue }: SignedInContext,
  id: string,
  pauseRequested: boolean,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .update(activities)
      .set({ pauseRequested, updatedAt: new Date() })
      .where(
        and(
          eq(activities.id, id),
          inArray(activities.state, ['queued', 'running']),
          eq(activities.pauseRequested, !pauseRequested),
        ),
      )
      .returning({ state: activities.state });
    if (!row) {
      throw new AppError('wrong_state', {
        message: pauseRequested ? 'The job is already paused, or has ended.' : 'The job is not paused.',
      });
    }
    // A waiting job was dropped by the worker that came for it; a running one's worker has not noticed the pause yet.
    if (!pauseRequested) await wake(queue, tx, id);
  });
}

/** Editors of a dataset control its jobs, admins those of no dataset. Purges are neither stopped nor started here. */
async function requireControl(ctx: SignedInContext, id: string): Promise<JobView> {
  const job = await getJob(ctx, id);
  const { datasetId, kind } = job;
  if (datasetId === null) requireAdmin(ctx);
  else if (kind !== 'purge') {
    const isOwn = kind === 'export' && (await isOwnExport(ctx, id));
    await requireDataset(ctx.database, ctx.person, datasetId, kind === 'backup' ? 'audit' : isOwn ? 'see' : 'edit');
  }
  return job;
}

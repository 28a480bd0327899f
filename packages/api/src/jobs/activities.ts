import { activities } from '@granary/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { requireDataset } from '../policy.ts';
import type { SignedInContext } from '../trpc.ts';
import { isFinished, type JobView, jobResult } from './schemas.ts';

/** A job of one's own, or of a dataset one may see. @throws AppError `not_found` */
export async function getJob(ctx: SignedInContext, id: string): Promise<JobView> {
  if (!z.uuid().safeParse(id).success) throw new AppError('not_found');
  const [row] = await ctx.database.db.select().from(activities).where(eq(activities.id, id));
  if (!row) throw new AppError('not_found');
  if (row.datasetId !== null) await requireDataset(ctx.database, ctx.person, row.datasetId, 'see');
  else if (row.createdBy !== ctx.person.id && !ctx.person.isAdmin) throw new AppError('not_found');
  return toView(row);
}

/** The job now and after each change, until it is finished or the signal aborts. */
export async function* watchJob(ctx: SignedInContext, id: string, signal: AbortSignal): AsyncGenerator<JobView> {
  let last = '';
  for await (const _ of ctx.events.changes(id, signal)) {
    const view = await getJob(ctx, id);
    const now = JSON.stringify(view);
    if (now !== last) yield view;
    if (isFinished(view)) return;
    last = now;
  }
}

function toView(row: typeof activities.$inferSelect): JobView {
  return {
    id: row.id,
    kind: row.kind,
    datasetId: row.datasetId,
    state: row.state,
    progress: row.progress,
    message: row.message,
    result: jobResult.parse(row.result),
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

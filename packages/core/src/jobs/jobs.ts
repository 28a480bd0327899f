import { activities, JOB_KINDS } from '@granary/db';
import { and, desc, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireDataset } from '../access/policy.ts';
import type { SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { jobStep } from '../queue/steps.ts';
import { queueOf } from './queue-of.ts';
import { isFinished, type JobView, jobResult, type listJobsInput } from './schemas.ts';

/** A job of one's own, or of a dataset one may see. @throws AppError `not_found` */
export async function getJob(ctx: SignedInContext, id: string): Promise<JobView> {
  assertRowId(id);
  const [row] = await ctx.database.db.select(columnsFor(ctx)).from(activities).where(eq(activities.id, id));
  if (!row) throw new AppError('not_found');
  const { onlyDataset } = ctx.person;
  if (onlyDataset !== undefined && row.datasetId !== onlyDataset) throw new AppError('not_found');
  const isOwn = row.createdBy === ctx.person.id || ctx.person.isAdmin;
  // The dataset is gone: whoever purged it keeps the receipt.
  if (row.datasetId !== null && !(isOwn && row.kind === 'purge')) {
    await requireDataset(ctx.database, ctx.person, row.datasetId, 'see');
  } else if (!isOwn) throw new AppError('not_found');
  return viewOf(row);
}

/** Jobs, the newest first: those of a dataset that the person can see, or their own. */
export async function listJobs(ctx: SignedInContext, input: z.infer<typeof listJobsInput>): Promise<Page<JobView>> {
  if (input.datasetId !== undefined) await requireDataset(ctx.database, ctx.person, input.datasetId, 'see');
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
      db
        .select(columnsFor(ctx))
        .from(activities)
        .where(
          and(
            input.datasetId === undefined
              ? and(eq(activities.createdBy, ctx.person.id), ofDataset(ctx.person.onlyDataset))
              : eq(activities.datasetId, input.datasetId),
            input.active === 'true' ? inArray(activities.state, ['queued', 'running']) : undefined,
            after
              ? sql`(${activities.createdAt}, ${activities.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(activities.createdAt), desc(activities.id))
        .limit(limit),
    ({ createdAt, id }) => [createdAt.toISOString(), id],
  );
  return mapPage(page, viewOf);
}

const ofDataset = (id: string | undefined) => (id === undefined ? undefined : eq(activities.datasetId, id));

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

/** The job, and how many of the person's own come before it: their turns come in the order in which they were asked for. */
const columnsFor = ({ person }: SignedInContext) => ({
  ...getTableColumns(activities),
  yoursBefore: sql<number>`case when activities.state = 'queued' and activities.created_by = ${person.id} then (
    select count(*)::int from activities o
    where o.created_by = activities.created_by and o.state = 'queued' and not o.pause_requested
      and ${queueName(sql`o.kind`)} = ${queueName(sql`activities.kind`)}
      and (o.created_at, o.id) < (activities.created_at, activities.id)) else 0 end`,
});

/** The queue of a kind of job, in SQL. */
const queueName = (kind: SQL): SQL =>
  sql`case ${kind} ${sql.join(
    JOB_KINDS.map((each) => sql`when ${each} then ${queueOf(each)}`),
    sql` `,
  )} end`;

export function viewOf(row: typeof activities.$inferSelect & { yoursBefore: number }): JobView {
  return {
    id: row.id,
    kind: row.kind,
    datasetId: row.datasetId,
    state: row.state,
    progress: row.progress,
    message: row.message,
    isPaused: row.pauseRequested && (row.state === 'queued' || row.state === 'running'),
    yoursBefore: row.yoursBefore,
    step: jobStep.nullable().catch(null).parse(row.step),
    result: jobResult.parse(row.result),
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

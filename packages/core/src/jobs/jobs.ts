import { activities, JOB_KINDS } from '@granary/db';
import { and, desc, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { permits, requireDataset } from '../access/policy.ts';
import type { SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import type { Person } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { jobStep } from '../queue/steps.ts';
import { queueOf } from './queue-of.ts';
import { isFinished, type JobView, jobResult, type listJobsInput } from './schemas.ts';

/** A job of one's own, or of a dataset one may see. @throws AppError `not_found` */
export async function getJob(ctx: SignedInContext, id: string): Promise<JobView> {
  assertRowId(id);
  const [row] = await ctx.database.db.select(columnsFor(ctx.person)).from(activities).where(eq(activities.id, id));
  if (!row) throw new AppError('not_found');
  const { onlyDataset } = ctx.person;
  if (onlyDataset !== undefined && row.datasetId !== onlyDataset) throw new AppError('not_found');
  const isOwn = row.createdBy === ctx.person.id || ctx.person.isAdmin;
  // The dataset is gone: whoever purged it keeps the receipt.
  if (row.datasetId !== null && !(isOwn && row.kind === 'purge')) {
    await requireDataset(ctx.database, ctx.person, row.datasetId, 'see');
  } else if (!isOwn) throw new AppError('not_found');
  return viewOf(seenBy(ctx, row));
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
        .select(columnsFor(ctx.person))
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
  return mapPage(page, (row) => viewOf(seenBy(ctx, row)));
}

const ofDataset = (id: string | undefined) => (id === undefined ? undefined : eq(activities.datasetId, id));

/** Who is told of changes is asked after so long whether they may still see the job. */
const TRUST_MS = 10_000;

/** The job now and after each change, until it is finished or the signal aborts. */
export async function* watchJob(ctx: SignedInContext, id: string, signal: AbortSignal): AsyncGenerator<JobView> {
  const { db } = ctx.database;
  const read = async () =>
    (await db.select(columnsFor(ctx.person)).from(activities).where(eq(activities.id, id))).at(0);
  let last = '';
  let askedAt = Number.NEGATIVE_INFINITY;
  for await (const row of ctx.events.changes(id, read, signal)) {
    const isTrusted = row && performance.now() - askedAt < TRUST_MS;
    if (!isTrusted) askedAt = performance.now();
    const view = isTrusted ? viewOf(seenBy(ctx, row)) : await getJob(ctx, id);
    const now = JSON.stringify(view);
    if (now !== last) yield view;
    if (isFinished(view)) return;
    last = now;
  }
}

/**
 * The job; what its dataset is called, for who may see that; and how many of its person's own come before it: their turns
 * come in the order in which they were asked for.
 */
const columnsFor = (person: Person) => ({
  ...getTableColumns(activities),
  datasetName: sql<string | null>`(select datasets.name from datasets
    where datasets.id = activities.dataset_id and ${permits(person, 'see') ?? sql`true`})`,
  yoursBefore: sql<number>`case when activities.state = 'queued' and activities.created_by is not null then (
    select count(*)::int from activities o
    where o.created_by = activities.created_by and o.state = 'queued' and not o.pause_requested
      and ${queueName(sql`o.kind`)} = ${queueName(sql`activities.kind`)}
      and (o.created_at, o.id) < (activities.created_at, activities.id)) else 0 end`,
});

type Row = typeof activities.$inferSelect & { yoursBefore: number; datasetName: string | null };

/** Others are not told how many come before it. */
const seenBy = ({ person }: SignedInContext, row: Row): Row =>
  row.createdBy === person.id ? row : { ...row, yoursBefore: 0 };

/** The queue of a kind of job, in SQL. */
function queueName(kind: SQL): SQL {
  return sql`case ${kind} ${sql.join(
    JOB_KINDS.map((each) => sql`when ${each} then ${queueOf(each)}`),
    sql` `,
  )} end`;
}

export function viewOf(row: Row): JobView {
  return {
    id: row.id,
    kind: row.kind,
    datasetId: row.datasetId,
    datasetName: row.datasetName,
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

import {
  activities,
  backups,
  type Database,
  datasetFiles,
  datasets,
  hubFiles,
  importFiles,
  importObjects,
  imports,
  type Transaction,
  tokenizations,
  uploads,
} from '@granary/db';
import { and, count, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireDataset } from '../access/policy.ts';
import { type Performer, performer, recordAudit } from '../audit/record.ts';
import type { SignedInContext } from '../base/context.ts';
import { announceJob } from '../base/events.ts';
import { type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { downloadJob, importJob } from '../queue/definitions.ts';
import type { JobQueue } from '../queue/queue.ts';
import { startJob } from '../queue/start.ts';
import { seal } from '../secrets/seal.ts';
import {
  analysis,
  type createImportInput,
  type ImportView,
  importCounts,
  importOptions,
  type KeptOptions,
  keptOptions,
  type listImportsInput,
  report,
} from './schemas.ts';

/**
 * Queues the import of finished uploads. Imports of one dataset wait for each other.
 *
 * @throws AppError `upload_unknown`, `upload_not_ready`
 */
export async function createImport(
  ctx: SignedInContext,
  input: z.infer<typeof createImportInput>,
): Promise<{ importId: string; jobId: string }> {
  await requireDataset(ctx.database, ctx.person, input.id, 'edit');
  const { id: datasetId, uploadIds, annotationUploadId, ...options } = input;
  const all = [...new Set(annotationUploadId ? [...uploadIds, annotationUploadId] : uploadIds)];
  return ctx.database.db.transaction(async (tx) => {
    await assertUploadsReady(tx, datasetId, all);
    return enqueueImport(ctx, tx, datasetId, all, importOptions.parse(options));
  });
}

async function assertUploadsReady(tx: Transaction, datasetId: string, ids: readonly string[]): Promise<void> {
  const rows = await tx
    .select()
    .from(uploads)
    .where(and(eq(uploads.datasetId, datasetId), inArray(uploads.id, [...ids])));
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const id of ids) {
    const upload = known.get(id);
    if (!upload || upload.state === 'expired' || upload.state === 'imported') {
      throw new AppError('upload_unknown', { issues: [{ path: 'uploadIds', message: id }] });
    }
    if (upload.state !== 'finished') {
      throw new AppError('upload_not_ready', {
        message: `The upload of ${upload.filename} is not complete: ${upload.offsetBytes} of ${upload.sizeBytes ?? '?'} bytes.`,
      });
    }
  }
}

/** Who asks for an import: a person, or the site itself. */
export interface Requester extends Performer {
  queue: JobQueue;
}

/** Puts an import in the dataset's queue. Without uploads it reads again what is there, with other repairs. */
export async function enqueueImport(
  requester: Requester,
  tx: Transaction,
  datasetId: string,
  uploadIds: string[],
  options: KeptOptions,
  importId: string = crypto.randomUUID(),
): Promise<{ importId: string; jobId: string }> {
  const kind = kindOf(options, uploadIds);
  const [dataset] = await tx
    .update(datasets)
    .set({ status: 'processing', progress: 0, errorCode: null, errorMessage: null, updatedAt: new Date() })
    .where(and(eq(datasets.id, datasetId), isNull(datasets.deletedAt)))
    .returning({ id: datasets.id });
  if (!dataset) throw new AppError('in_trash');
  const createdBy = requester.person?.id ?? null;
  const definition = kind === 'download' ? downloadJob : importJob;
  const jobId = await startJob(
    requester.queue,
    tx,
    definition,
    { kind, datasetId, createdBy },
    { importId, datasetId },
  );
  await tx.insert(imports).values({ id: importId, datasetId, jobId, createdBy, uploadIds, options });
  await recordAudit(tx, {
    action: `${kind}_requested`,
    datasetId,
    ...performer(requester),
    details: { importId, uploadIds, repairs: options.repairs, remove: options.remove },
  });
  return { importId, jobId };
}

function kindOf(
  options: KeptOptions,
  uploadIds: readonly string[],
): 'import' | 'remove' | 'repair' | 'put_back' | 'adopt' | 'download' | 'tokenize' {
  if (options.hub) return 'download';
  if (options.tokenize) return 'tokenize';
  if (options.remove) return 'remove';
  if (options.putBack) return 'put_back';
  if (options.adopt || options.adoptAll) return 'adopt';
  return uploadIds.length === 0 ? 'repair' : 'import';
}

/**
 * Starts the newest failed or cancelled import again, with the same uploads. A download goes on with what it has: the token
 * of the one before is forgotten, so that it is given anew where one is needed.
 *
 * @throws AppError `wrong_state`
 */
export async function retryImport(
  ctx: SignedInContext,
  datasetId: string,
  accessToken?: string,
): Promise<{ importId: string; jobId: string }> {
  await requireDataset(ctx.database, ctx.person, datasetId, 'edit');
  return ctx.database.db.transaction(async (tx) => {
    await tx.select().from(datasets).where(eq(datasets.id, datasetId)).for('update');
    const [last] = await tx
      .select()
      .from(imports)
      .where(eq(imports.datasetId, datasetId))
      .orderBy(desc(imports.createdAt))
      .limit(1);
    if (last?.state !== 'failed' && last?.state !== 'cancelled') {
      throw new AppError('wrong_state', {
        message: 'The last import did not fail, so there is nothing to start again.',
      });
    }
    await assertUploadsReady(tx, datasetId, last.uploadIds);
    const started = await enqueueImport(ctx, tx, datasetId, last.uploadIds, keptOptions.parse(last.options));
    await takeOver(ctx, tx, last.id, started.importId, accessToken);
    return started;
  });
}

/** What a failed import has kept goes to the one that follows it. */
async function takeOver(
  ctx: SignedInContext,
  tx: Transaction,
  from: string,
  to: string,
  accessToken: string | undefined,
): Promise<void> {
  await tx.update(hubFiles).set({ importId: to }).where(eq(hubFiles.importId, from));
  await tx.update(importObjects).set({ importId: to }).where(eq(importObjects.importId, from));
  await tx.update(importFiles).set({ importId: to }).where(eq(importFiles.importId, from));
  await tx.update(tokenizations).set({ importId: to }).where(eq(tokenizations.importId, from));
  if (accessToken)
    await tx
      .update(imports)
      .set({ sealedToken: seal(ctx.hub, accessToken, to) })
      .where(eq(imports.id, to));
}

/** Asks the dataset's jobs to stop: waiting ones end at once, a running one takes back what it has done. */
export async function cancelImports(ctx: SignedInContext, datasetId: string): Promise<{ cancelled: string[] }> {
  await requireDataset(ctx.database, ctx.person, datasetId, 'edit');
  const asked = await ctx.database.db.transaction(async (tx) => {
    await tx.select({ id: datasets.id }).from(datasets).where(eq(datasets.id, datasetId)).for('update');
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
  for (const id of asked) await announceJob(ctx.database.sql, id);
  return { cancelled: asked };
}

/**
 * Ends jobs that wait, and asks those that run to stop: all of a dataset, or one. The caller holds the dataset's row.
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
  // What rests has done something already, which its worker takes back.
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
    if (datasetId !== null) await restStatus(tx, datasetId);
  }
  return rows.map((row) => row.id);
}

/** Puts a job that rests into the queue again. */
export async function wake(queue: JobQueue, tx: Transaction, jobId: string): Promise<void> {
  const [made] = await tx
    .select({ importId: imports.id, datasetId: imports.datasetId, kind: activities.kind })
    .from(imports)
    .innerJoin(activities, eq(activities.id, imports.jobId))
    .where(eq(imports.jobId, jobId));
  if (!made) return;
  const { importId, datasetId, kind } = made;
  const definition = kind === 'download' ? downloadJob : importJob;
  const payload = { activityId: jobId, importId, datasetId };
  await queue.enqueue(tx, definition, payload, { id: crypto.randomUUID(), group: datasetId });
}

/** The status a dataset falls back to when nothing is under way: ready with content, pending without. */
export async function restStatus(tx: Transaction, datasetId: string): Promise<void> {
  await tx.execute(sql`
    update datasets set status = case when num_files > 0 then 'ready' else 'pending' end, progress = 0, updated_at = now()
    where id = ${datasetId} and status in ('processing', 'downloading')
      and not exists (select 1 from imports where dataset_id = ${datasetId} and state in ('queued', 'running'))`);
}

export async function getImport(ctx: SignedInContext, datasetId: string, importId: string): Promise<ImportView> {
  await requireDataset(ctx.database, ctx.person, datasetId, 'see');
  if (!z.uuid().safeParse(importId).success) throw new AppError('not_found');
  const [row] = await ctx.database.db
    .select()
    .from(imports)
    .where(and(eq(imports.id, importId), eq(imports.datasetId, datasetId)));
  if (!row) throw new AppError('not_found');
  const [view] = await toViews(ctx.database, [row]);
  if (!view) throw new AppError('not_found');
  return view;
}

export async function listImports(
  ctx: SignedInContext,
  input: z.infer<typeof listImportsInput>,
): Promise<Page<ImportView>> {
  await requireDataset(ctx.database, ctx.person, input.id, 'see');
  const { db } = ctx.database;
  const page = await pageOfRows(db, input, z.tuple([z.iso.datetime(), z.uuid()]), {
    find: (after) =>
      db
        .select()
        .from(imports)
        .where(
          and(
            eq(imports.datasetId, input.id),
            after
              ? sql`(${imports.createdAt}, ${imports.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(imports.createdAt), desc(imports.id)),
    cursorOf: ({ createdAt, id }) => [createdAt.toISOString(), id],
  });
  return { ...page, items: await toViews(ctx.database, page.items) };
}

async function toViews({ db }: Database, rows: (typeof imports.$inferSelect)[]): Promise<ImportView[]> {
  const ids = rows.flatMap((row) => row.uploadIds);
  const named =
    ids.length === 0
      ? []
      : await db.select({ id: uploads.id, filename: uploads.filename }).from(uploads).where(inArray(uploads.id, ids));
  const nameOf = new Map(named.map((upload) => [upload.id, upload.filename]));
  const removals = rows.filter((row) => keptOptions.parse(row.options).remove).map(({ id }) => id);
  const removed =
    removals.length === 0
      ? []
      : await db
          .select({ id: datasetFiles.removedBy, files: count() })
          .from(datasetFiles)
          .where(inArray(datasetFiles.removedBy, removals))
          .groupBy(datasetFiles.removedBy);
  const restorable = new Map(removed.map(({ id, files }) => [id, files]));
  return rows.map((row) => ({
    id: row.id,
    datasetId: row.datasetId,
    jobId: row.jobId,
    state: row.state,
    uploadIds: row.uploadIds,
    filenames: row.uploadIds.map((id) => nameOf.get(id) ?? id),
    options: keptOptions.parse(row.options),
    analysis: row.analysis === null ? null : analysis.parse(row.analysis),
    report: row.report === null ? null : report.parse(row.report),
    counts: row.counts === null ? null : importCounts.parse(row.counts),
    restorable: restorable.get(row.id) ?? 0,
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  }));
}

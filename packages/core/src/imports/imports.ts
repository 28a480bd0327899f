import {
  type Database,
  datasetRevisions,
  hubFiles,
  importFiles,
  importObjects,
  imports,
  type Transaction,
  tokenizations,
  uploads,
} from '@granary/db';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Permitted, requireDataset } from '../access/policy.ts';
import { hasPublishable } from '../annotations/overlay.ts';
import { type Performer, performer, recordAudit } from '../audit/record.ts';
import type { Looking, SignedInContext } from '../base/context.ts';
import { beginProcessing } from '../base/dataset-status.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset } from '../base/locks.ts';
import { type Page, pageOfRows } from '../base/paging.ts';
import type { Reader } from '../base/person.ts';
import { queryOf } from '../base/query.ts';
import { AppError } from '../errors/app-error.ts';
import type { JobQueue } from '../queue/queue.ts';
import { startJob } from '../queue/start.ts';
import { seal } from '../secrets/seal.ts';
import { IMPORTS_OF_KIND, type ImportRequest, requestFor, requestOf, rowOf } from './kinds.ts';
import {
  analysis,
  type createImportInput,
  type ImportView,
  importCounts,
  type listImportsInput,
  report,
} from './schemas.ts';

/**
 * Queues the import of finished uploads. Imports of one dataset wait for each other.
 *
 * @throws AppError `upload_unknown`, `upload_not_ready`
 */
export async function createImport(
  ctx: Permitted<'edit'>,
  input: z.infer<typeof createImportInput>,
): Promise<{ importId: string; jobId: string }> {
  const { id: datasetId, uploadIds, annotationUploadId, ...options } = input;
  const all = [...new Set(annotationUploadId ? [...uploadIds, annotationUploadId] : uploadIds)];
  return ctx.database.db.transaction(async (tx) => {
    await assertUploadsReady(tx, datasetId, all);
    return enqueueImport(ctx, tx, datasetId, requestFor({ kind: 'import', ...options }), { uploadIds: all });
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
  person: { id: string } | null;
  queue: JobQueue;
}

/** Puts an import on record, and in the dataset's queue. @throws AppError `in_trash` */
export async function enqueueImport(
  requester: Requester,
  tx: Transaction,
  datasetId: string,
  request: ImportRequest,
  { uploadIds = [], importId = crypto.randomUUID() }: { uploadIds?: string[]; importId?: string } = {},
): Promise<{ importId: string; jobId: string }> {
  if (!(await beginProcessing(queryOf(tx), datasetId))) throw new AppError('in_trash');
  if (request.kind !== 'publish' && (await hasPublishable(tx, datasetId))) {
    const publication = requestFor({ kind: 'publish', publish: { format: null } });
    await insertImport(requester, tx, datasetId, publication, { uploadIds: [], importId: crypto.randomUUID() });
  }
  return insertImport(requester, tx, datasetId, request, { uploadIds, importId });
}

/** The same, without changing the dataset's status. */
export async function insertImport(
  requester: Requester,
  tx: Transaction,
  datasetId: string,
  request: ImportRequest,
  { uploadIds, importId, sealedToken }: { uploadIds: string[]; importId: string; sealedToken?: string | null },
): Promise<{ importId: string; jobId: string }> {
  const createdBy = requester.person?.id ?? null;
  const { queue, requested } = IMPORTS_OF_KIND[request.kind];
  const about = { kind: request.kind, datasetId, createdBy };
  const jobId = await startJob(requester.queue, tx, queue, about, { importId, datasetId });
  const row = { id: importId, datasetId, jobId, createdBy, uploadIds, ...rowOf(request) };
  await tx.insert(imports).values({ ...row, sealedToken: sealedToken ?? null });
  const details = {
    importId,
    uploadIds,
    repairs: request.repairs,
    ...whatOf(request),
    tokenProvided: sealedToken ? true : undefined,
  };
  await recordAudit(tx, { action: requested, datasetId, ...performer(requester), details });
  return { importId, jobId };
}

/** What the audit log says of a request, beside its repairs. */
function whatOf(request: ImportRequest): object {
  if (request.kind === 'remove') return { remove: request.remove };
  if (request.kind === 'undo') return { undo: request.undo.revision };
  if (request.kind === 'rollback') return { rollback: request.rollback.ref };
  if (request.kind === 'fork') return { fork: request.fork };
  if (request.kind === 'merge') return { merge: request.merge };
  if (request.kind === 'publish')
    return { format: request.publish.format ?? undefined, change: request.publish.change?.what };
  if (request.kind !== 'download') return {};
  const { repoId, revision, subset, split, maxSamples } = request.hub;
  return { repo: repoId, revision, subset, split, max_samples: maxSamples };
}

/**
 * Starts a failed or cancelled import again, with the same uploads: that of a job, or the newest. A download goes on with what it has: the token
 * of the one before is forgotten, so that it is given anew where one is needed.
 *
 * @throws AppError `wrong_state`
 */
export async function retryImport(
  ctx: Permitted<'edit'>,
  datasetId: string,
  { jobId, accessToken }: { jobId?: string; accessToken?: string | undefined } = {},
): Promise<{ importId: string; jobId: string }> {
  return ctx.database.db.transaction(async (tx) => {
    await lockDataset(tx, datasetId);
    const [last] = await tx
      .select()
      .from(imports)
      .where(and(eq(imports.datasetId, datasetId), jobId === undefined ? undefined : eq(imports.jobId, jobId)))
      .orderBy(desc(imports.createdAt))
      .limit(1);
    if (last?.state !== 'failed' && last?.state !== 'cancelled') {
      throw new AppError('wrong_state', {
        message: 'The last import did not fail, so there is nothing to retry.',
      });
    }
    await assertUploadsReady(tx, datasetId, last.uploadIds);
    const request = requestOf(last);
    const source = request.kind === 'fork' ? request.fork : request.kind === 'merge' ? request.merge : null;
    if (source) await requireDataset(ctx.database, ctx.person, source.datasetId, 'see');
    const started = await enqueueImport(ctx, tx, datasetId, request, { uploadIds: last.uploadIds });
    await takeOver(ctx, tx, last.id, started.importId, accessToken);
    return started;
  });
}

/** Hands what a failed import has kept to the one that retries it. */
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

export async function getImport(
  ctx: Permitted<'see', Reader>,
  datasetId: string,
  importId: string,
): Promise<ImportView> {
  assertRowId(importId);
  const [row] = await ctx.database.db
    .select()
    .from(imports)
    .where(and(eq(imports.id, importId), eq(imports.datasetId, datasetId)));
  if (!row) throw new AppError('not_found');
  const [view] = await viewsOf(ctx.database, [row]);
  if (!view) throw new AppError('not_found');
  return view;
}

export async function listImports(ctx: Looking, input: z.infer<typeof listImportsInput>): Promise<Page<ImportView>> {
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
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
        .orderBy(desc(imports.createdAt), desc(imports.id))
        .limit(limit),
    ({ createdAt, id }) => [createdAt.toISOString(), id],
  );
  return { ...page, items: await viewsOf(ctx.database, page.items) };
}

async function viewsOf({ db }: Database, rows: (typeof imports.$inferSelect)[]): Promise<ImportView[]> {
  const ids = rows.flatMap((row) => row.uploadIds);
  const named =
    ids.length === 0
      ? []
      : await db.select({ id: uploads.id, filename: uploads.filename }).from(uploads).where(inArray(uploads.id, ids));
  const nameOf = new Map(named.map((upload) => [upload.id, upload.filename]));
  const made = await db
    .select({ id: datasetRevisions.importId, revision: datasetRevisions.revision })
    .from(datasetRevisions)
    .where(
      inArray(
        datasetRevisions.importId,
        rows.map(({ id }) => id),
      ),
    );
  const revisionOf = new Map(made.map(({ id, revision }) => [id, revision]));
  return rows.map((row) => ({
    id: row.id,
    datasetId: row.datasetId,
    jobId: row.jobId,
    state: row.state,
    uploadIds: row.uploadIds,
    filenames: row.uploadIds.map((id) => nameOf.get(id) ?? id),
    kind: row.kind,
    options: requestOf(row),
    analysis: row.analysis === null ? null : analysis.parse(row.analysis),
    report: row.report === null ? null : report.parse(row.report),
    counts: row.counts === null ? null : importCounts.parse(row.counts),
    revision: revisionOf.get(row.id) ?? null,
    reverted: row.reverted,
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  }));
}

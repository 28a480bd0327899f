import { createHash } from 'node:crypto';
import { type DatasetState, type ExportOptions, exports } from '@granary/db';
import { lossesOf, writerOf } from '@granary/formats';
import { keys } from '@granary/storage';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Dataset, findDataset, type Permitted, requireDataset } from '../access/policy.ts';
import { writableDataset } from '../annotations/writable.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { ReadingContext, SignedInContext } from '../base/context.ts';
import { inDays } from '../base/defaults.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset, lockLiveDataset } from '../base/locks.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { isAnonymous, isByLinkOnly, type Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { answerContent, type ContentAnswer } from '../files/content.ts';
import { permitReadingFiles } from '../imports/publish.ts';
import { cancelJobs } from '../jobs/cancel.ts';
import { startJob } from '../queue/start.ts';
import { handedOut } from '../revisions/handed-out.ts';
import { stateAt } from '../revisions/refs.ts';
import { isPartOfImages } from './content.ts';
import { assertExportFormat, type ExportFormat } from './formats.ts';
import type {
  createExportInput,
  ExportView,
  exportDeleted,
  exportLoss,
  exportLossesInput,
  exportStarted,
  listExportsInput,
} from './schemas.ts';

type ExportRow = typeof exports.$inferSelect;

/** Raised when archives of the same options come out otherwise than before: none of those that are kept is handed out then. */
const FORM = 1;

/**
 * Asks for an export, with edits of the draft in it; one that is equal to one that is there, or being made, is that one, and is kept for longer.
 *
 * @throws AppError `not_found`, `revision_gone`, `invalid_input`, `wrong_state` where there is nothing yet, `in_trash`
 */
export async function createExport(
  ctx: Permitted<'see'>,
  { id, format, version, splits, q, images, container }: z.output<typeof createExportInput>,
): Promise<z.infer<typeof exportStarted>> {
  if (isByLinkOnly(ctx.person)) throw new AppError('not_signed_in');
  const { permitted } = await permitReadingFiles(ctx, id, version);
  const asked = await askedFor(permitted, { format, version, splits, q, images });
  const options: ExportOptions = { splits: asked.splits, q: q?.trim() || null, images, container };
  const { name, license, citation } = permitted.dataset;
  const sameness = createHash('sha256')
    .update(JSON.stringify([FORM, asked.revision, format, options, name, license, citation]))
    .digest('hex');
  const expiresAt = inDays(ctx.defaults.GRANARY_EXPORT_DAYS);
  const { row, isNew } = await ctx.database.db.transaction(async (tx) => {
    await lockLiveDataset(tx, id);
    const [known] = await tx
      .update(exports)
      .set({ expiresAt: sql`greatest(${exports.expiresAt}, ${expiresAt.toISOString()}::timestamptz)` })
      .where(
        and(
          eq(exports.datasetId, id),
          eq(exports.sameness, sameness),
          inArray(exports.state, ['queued', 'running', 'completed']),
        ),
      )
      .returning();
    if (known) return { row: known, isNew: false };
    const exportId = crypto.randomUUID();
    const about = { kind: 'export' as const, datasetId: id, createdBy: ctx.person.id };
    const jobId = await startJob(ctx.queue, tx, 'export', about, { exportId, datasetId: id });
    const [made] = await tx
      .insert(exports)
      .values({
        id: exportId,
        datasetId: id,
        revision: asked.revision,
        version: asked.version,
        format,
        options,
        sameness,
        storageKey: keys.export(id, exportId, container),
        jobId,
        createdBy: ctx.person.id,
        expiresAt,
      })
      .returning();
    if (!made) throw new Error('An insert returns its row');
    await recordAudit(tx, {
      action: 'exported',
      datasetId: id,
      ...performer(ctx),
      details: { exportId, format, revision: asked.revision, ...options },
    });
    return { row: made, isNew: true };
  });
  return { ...viewOf(row, ctx.dataset.name, isNew), exportId: row.id, isNew };
}

/** What of a part of a dataset a format cannot hold. @throws AppError as {@link createExport} does */
export async function exportLosses(
  ctx: Permitted<'see', Reader>,
  { format, version, splits, q }: z.output<typeof exportLossesInput>,
): Promise<{ losses: z.infer<typeof exportLoss>[] }> {
  const names = splits?.split(',').filter((split) => split !== '');
  const asked = await askedFor(ctx, { format, version, splits: names, q });
  const writer = format === 'original' ? undefined : writerOf(format);
  if (!writer || asked.state.numImages === 0) return { losses: [] };
  const { revision } = asked;
  const part = { datasetId: ctx.dataset.id, revision, splits: asked.splits, q: q?.trim() || null };
  const dataset = { ...ctx.dataset, ...asked.state };
  const writable = await writableDataset(ctx.database, dataset, revision, { which: isPartOfImages(part) });
  return { losses: await lossesOf(writer, writable) };
}

interface AskedExport {
  format: ExportFormat;
  version?: string | undefined;
  splits?: readonly string[] | undefined;
  q?: string | undefined;
  images?: boolean;
}

/** What is asked for, checked and resolved. */
async function askedFor(
  ctx: Permitted<'see', Reader>,
  { format, version, splits, q, images }: AskedExport,
): Promise<{ revision: number; version: number | null; state: DatasetState; splits: string[] | null }> {
  const resolved = await handedOut(ctx, ctx.dataset, version);
  const state = await stateAt(ctx.database, ctx.dataset.id, resolved.revision);
  if (!state || state.numFiles === 0) {
    throw new AppError('wrong_state', { message: 'There is nothing yet that could be exported.' });
  }
  assertExportFormat(state, format, images);
  const unknown = splits?.filter((split) => !Object.hasOwn(state.splits, split)) ?? [];
  if (unknown.length > 0) {
    const names = Object.keys(state.splits).join(', ') || 'none';
    const message = `has ${unknown.join(', ')}, which the dataset does not have; it has ${names}`;
    throw new AppError('invalid_input', { issues: [{ path: 'splits', message }] });
  }
  const { revision } = resolved;
  const wanted = splits && splits.length > 0 ? [...new Set(splits)].sort() : null;
  isPartOfImages({ datasetId: ctx.dataset.id, revision, splits: wanted, q: q ?? null });
  return { revision, version: resolved.version, state, splits: wanted };
}

/** Exports of a dataset, the newest first. */
export async function listExports(
  ctx: ReadingContext,
  input: z.output<typeof listExportsInput>,
): Promise<Page<ExportView>> {
  const { db } = ctx.database;
  const { person } = ctx;
  const mine = input.mine === 'true' ? eq(exports.createdBy, isAnonymous(person) ? NOBODY : person.id) : undefined;
  const { dataset, actions } = await findDataset(ctx.database, person, input.id);
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
      db
        .select()
        .from(exports)
        .where(
          and(
            eq(exports.datasetId, input.id),
            mine,
            after
              ? sql`(${exports.createdAt}, ${exports.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(exports.createdAt), desc(exports.id))
        .limit(limit),
    (row) => [row.createdAt.toISOString(), row.id],
  );
  return mapPage(page, (row) => viewOf(row, dataset.name, actions.includes('edit') || isOwn(row, person)));
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

const isOwn = ({ createdBy }: ExportRow, person: Reader): boolean => !isAnonymous(person) && createdBy === person.id;

/** @throws AppError `not_found` */
export async function getExport(ctx: ReadingContext, id: string): Promise<ExportView> {
  const { row, dataset, mayDelete } = await requireExport(ctx, id);
  return viewOf(row, dataset.name, mayDelete);
}

/** An export of a dataset that one may see. @throws AppError `not_found` */
async function requireExport(
  ctx: ReadingContext,
  id: string,
): Promise<{ row: ExportRow; dataset: Dataset; mayDelete: boolean }> {
  assertRowId(id);
  const [row] = await ctx.database.db.select().from(exports).where(eq(exports.id, id));
  // As what is there and not for their eyes.
  if (!row) throw new AppError(isAnonymous(ctx.person) ? 'not_signed_in' : 'not_found');
  const { dataset, actions } = await findDataset(ctx.database, ctx.person, row.datasetId);
  return { row, dataset, mayDelete: actions.includes('edit') || isOwn(row, ctx.person) };
}

/** The bytes of an export, or a short-lived URL for them. The start of a download goes into the audit log. */
export async function downloadExport(
  ctx: ReadingContext,
  id: string,
  request: { range?: string | undefined; ifNoneMatch?: string | undefined },
): Promise<ContentAnswer> {
  const { row, dataset } = await requireExport(ctx, id);
  const { state, sizeBytes, sha256, storageKey } = row;
  if (state === 'expired') throw new AppError('export_expired');
  if (state !== 'completed' || sizeBytes === null || sha256 === null) throw new AppError('export_not_ready');
  if (request.range === undefined) {
    await recordAudit(ctx.database.db, {
      action: 'export_downloaded',
      datasetId: row.datasetId,
      ...performer(ctx),
      details: { exportId: id, format: row.format },
    });
  }
  const { container } = row.options;
  const mime = container === 'zip' ? 'application/zip' : 'application/x-tar';
  const file = { path: filenameOf(row, dataset.name), mime, sizeBytes, sha256, storageKey };
  return answerContent({ file, source: ctx.store }, { ...request, download: true });
}

/**
 * Cancels an export that is being made, or deletes one with its archive: by who asked for it, and by editors.
 *
 * @throws AppError `not_found`, `forbidden`
 */
export async function deleteExport(ctx: SignedInContext, id: string): Promise<z.infer<typeof exportDeleted>> {
  const { row, mayDelete } = await requireExport(ctx, id);
  if (!mayDelete) await requireDataset(ctx.database, ctx.person, row.datasetId, 'edit');
  const { datasetId, jobId, storageKey } = row;
  const outcome = await ctx.database.db.transaction(async (tx) => {
    await lockDataset(tx, datasetId);
    const cancelled = await cancelJobs(ctx.queue, tx, { datasetId, jobId });
    if (cancelled.length > 0) return 'cancelled';
    await tx.delete(exports).where(eq(exports.id, id));
    await recordAudit(tx, { action: 'export_deleted', datasetId, ...performer(ctx), details: { exportId: id } });
    return 'deleted';
  });
  if (outcome === 'deleted') await ctx.store.delete([storageKey]);
  return { id, outcome };
}

/** Whether the person asked for the export that a job makes. */
export async function isOwnExport({ database: { db }, person }: SignedInContext, jobId: string): Promise<boolean> {
  const [row] = await db.select({ createdBy: exports.createdBy }).from(exports).where(eq(exports.jobId, jobId));
  return row?.createdBy === person.id;
}

function viewOf(row: ExportRow, datasetName: string, mayDelete: boolean): ExportView {
  const { id, datasetId, format, revision, version, state, sizeBytes, sha256, numFiles, losses, jobId } = row;
  return {
    ...{ id, datasetId, format, revision, version, ...row.options, filename: filenameOf(row, datasetName) },
    ...{ state, sizeBytes, sha256, numFiles, losses, jobId, mayDelete },
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt.toISOString(),
  };
}

/** What it is called where it is saved: `street-v3-yolo.zip`. */
function filenameOf({ version, revision, format, options }: ExportRow, datasetName: string): string {
  const name = datasetName.replace(/[\\/:*?"<>|\p{Cc}]+/gu, '_').slice(0, 100);
  return `${name}-${version === null ? `r${revision}` : `v${version}`}-${format}.${options.container}`;
}

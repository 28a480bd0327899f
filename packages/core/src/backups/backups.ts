import { backups, datasets, type Transaction, uploads } from '@granary/db';
import { keys } from '@granary/storage';
import { and, desc, eq, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Dataset, type Permitted, permits, requireDataset } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { SignedInContext } from '../base/context.ts';
import { beginProcessing } from '../base/dataset-status.ts';
import { inDays, readSettings } from '../base/defaults.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset } from '../base/locks.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { queryOf } from '../base/query.ts';
import { freeName, insertDataset, viewOf } from '../datasets/datasets.ts';
import type { DatasetView } from '../datasets/schemas.ts';
import { AppError } from '../errors/app-error.ts';
import { answerContent, type ContentAnswer } from '../files/content.ts';
import { startJob } from '../queue/start.ts';
import type { BackupView, listBackupsInput, restoreBackupInput, restoreUploadInput } from './schemas.ts';

type BackupRow = typeof backups.$inferSelect;

/** Asks for a backup of a dataset, also of one in the trash. */
export async function createBackup(
  ctx: Permitted<'audit'>,
  datasetId: string,
): Promise<{ backupId: string; jobId: string }> {
  const { dataset } = ctx;
  return ctx.database.db.transaction(async (tx) => {
    const row = await lockDataset(tx, datasetId);
    if (!row) throw new AppError('not_found');
    if (row.purgeJobId) throw new AppError('being_purged');
    return enqueueBackup(ctx, tx, dataset);
  });
}

/** Queues a backup within the caller's transaction. */
export async function enqueueBackup(
  ctx: SignedInContext,
  tx: Transaction,
  dataset: Pick<Dataset, 'id' | 'name' | 'ownerId' | 'organizationId'>,
): Promise<{ backupId: string; jobId: string }> {
  const backupId = crypto.randomUUID();
  const createdAt = new Date();
  const { backupDays } = await readSettings(tx, ctx.defaults);
  const about = { kind: 'backup' as const, datasetId: dataset.id, createdBy: ctx.person.id };
  const jobId = await startJob(ctx.queue, tx, 'backup', about, { backupId, datasetId: dataset.id });
  await tx.insert(backups).values({
    id: backupId,
    datasetId: dataset.id,
    datasetName: dataset.name,
    ownerId: dataset.ownerId,
    organizationId: dataset.organizationId,
    storageKey: keys.backup(dataset.id, createdAt),
    jobId,
    createdBy: ctx.person.id,
    createdAt,
    expiresAt: inDays(backupDays, createdAt),
  });
  await recordAudit(tx, {
    action: 'backup_requested',
    datasetId: dataset.id,
    ...performer(ctx),
    details: { backupId },
  });
  return { backupId, jobId };
}

/** Whoever manages the dataset sees its backups; once it is purged, its last owner does. */
function mayHave(ctx: SignedInContext): SQL | undefined {
  const { person } = ctx;
  if (person.isAdmin) return undefined;
  const isOpen = person.onlyDataset === undefined ? undefined : eq(backups.datasetId, person.onlyDataset);
  return and(
    isOpen,
    or(
      sql`exists (select 1 from ${datasets} where ${datasets.id} = ${backups.datasetId} and ${permits(person, 'manage')})`,
      and(
        sql`not exists (select 1 from ${datasets} where ${datasets.id} = ${backups.datasetId})`,
        or(
          eq(backups.ownerId, person.id),
          sql`exists (select 1 from organization_members m where m.organization_id = ${backups.organizationId}
          and m.user_id = ${person.id} and m.role in ('owner', 'admin'))`,
        ),
      ),
    ),
  );
}

const isDatasetGone = sql<boolean>`not exists (select 1 from ${datasets} where ${datasets.id} = ${backups.datasetId})`;

/** Backups of a dataset that is gone are for who may have them; to all others it is not there, as if it had never been. */
async function requireBackupsOf(ctx: SignedInContext, datasetId: string): Promise<void> {
  const { db } = ctx.database;
  const kept = await db
    .select({ id: backups.id })
    .from(backups)
    .where(and(eq(backups.datasetId, datasetId), isDatasetGone, mayHave(ctx)))
    .limit(1);
  if (kept.length === 0) await requireDataset(ctx.database, ctx.person, datasetId, 'audit');
}

export async function listBackups(
  ctx: SignedInContext,
  input: z.infer<typeof listBackupsInput>,
): Promise<Page<BackupView>> {
  const { db } = ctx.database;
  if (input.datasetId !== undefined) await requireBackupsOf(ctx, input.datasetId);
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
      db
        .select({ backup: backups, isDatasetGone })
        .from(backups)
        .where(
          and(
            mayHave(ctx),
            input.datasetId === undefined ? undefined : eq(backups.datasetId, input.datasetId),
            after
              ? sql`(${backups.createdAt}, ${backups.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(backups.createdAt), desc(backups.id))
        .limit(limit),
    ({ backup }) => [backup.createdAt.toISOString(), backup.id],
  );
  return mapPage(page, ({ backup, isDatasetGone }) => backupView(backup, isDatasetGone));
}

/** A verified backup that one may have. @throws AppError `not_found`, `backup_unusable` */
export async function requireBackup(ctx: SignedInContext, backupId: string): Promise<BackupRow> {
  assertRowId(backupId);
  const [row] = await ctx.database.db
    .select()
    .from(backups)
    .where(and(eq(backups.id, backupId), mayHave(ctx)));
  if (!row) throw new AppError('not_found');
  if (row.state !== 'verified') throw new AppError('backup_unusable');
  return row;
}

/** The bytes of a backup, or a short-lived URL for them. The start of a download goes into the audit log. */
export async function downloadBackup(
  ctx: SignedInContext,
  backupId: string,
  range: string | undefined,
): Promise<ContentAnswer> {
  const row = await requireBackup(ctx, backupId);
  if (range === undefined) {
    await recordAudit(ctx.database.db, {
      action: 'backup_downloaded',
      datasetId: row.datasetId,
      ...performer(ctx),
      details: { backupId },
    });
  }
  const path = `${row.datasetName.replaceAll('/', '_')}-backup.zip`;
  const { sizeBytes, sha256, storageKey } = row;
  const file = { path, mime: 'application/zip', sizeBytes: sizeBytes ?? 0, sha256: sha256 ?? '', storageKey };
  return answerContent({ file, source: ctx.store }, { range, download: true });
}

/** A new dataset of one's own, which a job fills from the backup. @throws AppError `backup_unusable`, `name_taken` */
export async function restoreBackup(
  ctx: SignedInContext,
  { backupId, name }: z.infer<typeof restoreBackupInput>,
): Promise<{ dataset: DatasetView; jobId: string }> {
  const row = await requireBackup(ctx, backupId);
  return ctx.database.db.transaction(async (tx) => {
    const dataset = await insertDataset(ctx, tx, {
      name: name ?? (await freeName(tx, { ownerId: ctx.person.id, organizationId: null }, row.datasetName)),
    });
    return startRestoring(ctx, tx, dataset, row.storageKey, { backupId });
  });
}

/** Fills an empty dataset from a backup that was uploaded to it. @throws AppError `wrong_state`, `upload_unknown` */
export async function restoreUpload(
  ctx: Permitted<'manage'>,
  { id, uploadId }: z.infer<typeof restoreUploadInput>,
): Promise<{ dataset: DatasetView; jobId: string }> {
  return ctx.database.db.transaction(async (tx) => {
    const dataset = await lockDataset(tx, id);
    if (!dataset) throw new AppError('not_found');
    if (dataset.numFiles > 0 || dataset.status === 'processing') {
      throw new AppError('wrong_state', {
        message: 'A backup can only be restored into an empty dataset, and this one is not empty.',
        hint: 'Create a new dataset and upload the backup to it.',
      });
    }
    const [upload] = await tx
      .select()
      .from(uploads)
      .where(and(eq(uploads.id, uploadId), eq(uploads.datasetId, id)));
    if (!upload || upload.state === 'expired' || upload.state === 'imported') throw new AppError('upload_unknown');
    if (upload.state !== 'finished') throw new AppError('upload_not_ready');
    return startRestoring(ctx, tx, dataset, keys.upload(uploadId), { uploadId });
  });
}

async function startRestoring(
  ctx: SignedInContext,
  tx: Transaction,
  { id }: Pick<Dataset, 'id'>,
  storageKey: string,
  from: Record<string, string>,
): Promise<{ dataset: DatasetView; jobId: string }> {
  if (!(await beginProcessing(queryOf(tx), id))) throw new AppError('in_trash');
  const [row] = await tx.select().from(datasets).where(eq(datasets.id, id));
  if (!row) throw new AppError('not_found');
  const about = { kind: 'restore_backup' as const, datasetId: id, createdBy: ctx.person.id };
  const jobId = await startJob(ctx.queue, tx, 'restore-backup', about, { datasetId: id, storageKey });
  await recordAudit(tx, {
    action: 'restored_from_backup',
    datasetId: id,
    ...performer(ctx),
    details: { ...from, jobId },
  });
  return { dataset: viewOf(row), jobId };
}

function backupView(row: BackupRow, gone: boolean): BackupView {
  return {
    id: row.id,
    datasetId: row.datasetId,
    datasetName: row.datasetName,
    state: row.state,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    contentHash: row.contentHash,
    counts: row.counts,
    path: row.storageKey,
    jobId: row.jobId,
    isDatasetGone: gone,
    createdAt: row.createdAt.toISOString(),
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt.toISOString(),
  };
}

import { type Database, datasets, type Transaction, uploads } from '@granary/db';
import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Permitted, requireDataset } from '../access/policy.ts';
import { assertQuota, roomOf } from '../access/quotas.ts';
import { recordAudit } from '../audit/record.ts';
import type { Services } from '../base/context.ts';
import { beginUploading, endUploading } from '../base/dataset-status.ts';
import type { Person } from '../base/person.ts';
import { queryOf } from '../base/query.ts';
import { AppError } from '../errors/app-error.ts';
import type { UploadView } from './schemas.ts';

/** R2 gives up unfinished multipart uploads after 7 days: ours end before that. */
export const UPLOAD_TTL_SECONDS = 6 * 86_400;

/** What a client says in Upload-Metadata. */
export const uploadMetadata = z.object({
  datasetId: z.string({ error: 'is missing' }).min(1),
  filename: z.string({ error: 'is missing' }).min(1).max(1000),
  kind: z.enum(['archive', 'file', 'annotations'], { error: 'must be "archive", "file" or "annotations"' }).optional(),
  relativePath: z.string().max(2000).optional(),
});

const ARCHIVE_NAME = /\.(zip|tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz)$/i;

/**
 * Puts a new tus upload on record.
 *
 * @throws AppError when its metadata is wrong, or the person may not add to the dataset; `quota_exceeded`
 */
export async function registerUpload(
  { database, defaults }: Pick<Services, 'database' | 'defaults'>,
  person: Person,
  upload: {
    id: string;
    sizeBytes: number | null;
    metadata: Record<string, string | null>;
    /** The account for which its bytes count already. */
    countedFor?: string;
    /** The `Upload-Concat` with which it is made of parts. */
    concat?: string;
  },
): Promise<void> {
  const parsed = uploadMetadata.safeParse(upload.metadata);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({
      path: `Upload-Metadata.${issue.path.join('.')}`,
      message: issue.message,
    }));
    throw new AppError('invalid_input', { issues });
  }
  const { datasetId, filename, relativePath } = parsed.data;
  const { ownerId } = await requireDataset(database, person, datasetId, 'edit');
  await database.db.transaction(async (tx) => {
    if (ownerId !== null) {
      const bytes = ownerId === upload.countedFor ? 0 : (upload.sizeBytes ?? 0);
      await assertQuota({ defaults }, tx, ownerId, { bytes, datasets: 0 });
    }
    await tx.insert(uploads).values({
      id: upload.id,
      datasetId,
      userId: person.id,
      filename,
      concat: upload.concat ?? null,
      relativePath: relativePath ?? null,
      kind: parsed.data.kind ?? (ARCHIVE_NAME.test(filename) ? 'archive' : 'file'),
      sizeBytes: upload.sizeBytes,
      expiresAt: new Date(Date.now() + UPLOAD_TTL_SECONDS * 1000),
    });
    await beginUploading(queryOf(tx), datasetId);
  });
}

/**
 * Only who began an upload may go on with it, and only as long as they may add to its dataset.
 *
 * @throws AppError `not_found`, `forbidden`, `in_trash` when its dataset is there
 */
export async function requireUpload(database: Database, person: Person, uploadId: string): Promise<void> {
  const [row] = await database.db
    .select({ userId: uploads.userId, datasetId: uploads.datasetId, deletedAt: datasets.deletedAt })
    .from(uploads)
    .innerJoin(datasets, eq(datasets.id, uploads.datasetId))
    .where(eq(uploads.id, uploadId));
  if (!row || row.userId !== person.id) throw new AppError('not_found');
  if (row.deletedAt) throw new AppError('in_trash');
  await requireDataset(database, person, row.datasetId, 'edit');
}

/** An upload whose length is not known yet, with whose account it counts for. */
async function growing(
  tx: Transaction,
  uploadId: string,
): Promise<{ offsetBytes: number; ownerId: string | null } | null> {
  const [row] = await tx
    .select({ offsetBytes: uploads.offsetBytes, ownerId: datasets.ownerId })
    .from(uploads)
    .innerJoin(datasets, eq(datasets.id, uploads.datasetId))
    .where(and(eq(uploads.id, uploadId), isNull(uploads.sizeBytes)));
  return row ?? null;
}

/**
 * The length of an upload that began without one.
 *
 * @throws AppError `quota_exceeded`
 */
export async function declareLength(
  { database, defaults }: Pick<Services, 'database' | 'defaults'>,
  uploadId: string,
  sizeBytes: number,
): Promise<void> {
  await database.db.transaction(async (tx) => {
    const row = await growing(tx, uploadId);
    if (!row || sizeBytes < row.offsetBytes) return;
    if (row.ownerId !== null)
      await assertQuota({ defaults }, tx, row.ownerId, { bytes: sizeBytes - row.offsetBytes, datasets: 0 });
    await tx.update(uploads).set({ sizeBytes }).where(eq(uploads.id, uploadId));
  });
}

/** How long an upload may become by its owner's quota: of one whose length is known, that was asked when it was said. */
export async function mostBytesOf(
  { database, defaults }: Pick<Services, 'database' | 'defaults'>,
  uploadId: string,
): Promise<number> {
  return database.db.transaction(async (tx) => {
    const row = await growing(tx, uploadId);
    const room = row?.ownerId ? await roomOf({ defaults }, tx, row.ownerId) : null;
    return row === null || room === null ? Number.MAX_SAFE_INTEGER : row.offsetBytes + room;
  });
}

/** Offsets only grow: progress that arrives late changes nothing. */
export async function recordProgress({ db }: Database, uploadId: string, offsetBytes: number): Promise<void> {
  await db
    .update(uploads)
    .set({ offsetBytes: sql`greatest(${uploads.offsetBytes}, ${offsetBytes})` })
    .where(and(eq(uploads.id, uploadId), eq(uploads.state, 'uploading')));
}

/** The same of an upload that has no length yet, while its bytes come: they count for the quota. */
export async function recordGrowth({ db }: Database, uploadId: string, offsetBytes: number): Promise<void> {
  await db
    .update(uploads)
    .set({ offsetBytes: sql`greatest(${uploads.offsetBytes}, ${offsetBytes})` })
    .where(and(eq(uploads.id, uploadId), eq(uploads.state, 'uploading'), isNull(uploads.sizeBytes)));
}

/** The `Upload-Concat` with which an upload was made of parts. */
export async function concatOfUpload({ db }: Database, uploadId: string): Promise<string | null> {
  const [row] = await db.select({ concat: uploads.concat }).from(uploads).where(eq(uploads.id, uploadId));
  return row?.concat ?? null;
}

/** The length of an upload that is on its way; null where that is not known, or it is not. */
export async function expectedBytes({ db }: Database, uploadId: string): Promise<number | null> {
  const [row] = await db
    .select({ sizeBytes: uploads.sizeBytes })
    .from(uploads)
    .where(and(eq(uploads.id, uploadId), eq(uploads.state, 'uploading')));
  return row?.sizeBytes ?? null;
}

export async function finishUpload({ db }: Database, uploadId: string, sizeBytes: number): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .update(uploads)
      .set({ state: 'finished', offsetBytes: sizeBytes, sizeBytes, finishedAt: new Date() })
      .where(and(eq(uploads.id, uploadId), eq(uploads.state, 'uploading')))
      .returning();
    if (!row) return;
    await recordAudit(tx, {
      action: 'uploaded',
      datasetId: row.datasetId,
      performedBy: row.userId,
      details: { uploadId, filename: row.filename, sizeBytes },
    });
  });
}

/** The person took the upload back (tus DELETE). */
export async function terminateUpload({ db }: Database, uploadId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.update(uploads).set({ state: 'expired' }).where(eq(uploads.id, uploadId)).returning();
    if (!row) return;
    await endUploading(queryOf(tx), row.datasetId);
  });
}

const MOST_LISTED = 100;

/** One's own uploads that are on their way into the dataset, or have arrived and wait for their import; the newest first. */
export async function listUploads({
  database: { db },
  person,
  dataset,
}: Permitted<'edit'>): Promise<{ items: UploadView[]; nextCursor: null }> {
  const rows = await db
    .select()
    .from(uploads)
    .where(
      and(
        eq(uploads.datasetId, dataset.id),
        eq(uploads.userId, person.id),
        inArray(uploads.state, ['uploading', 'finished']),
      ),
    )
    .orderBy(desc(uploads.createdAt))
    .limit(MOST_LISTED);
  const items = rows.map(({ id, filename, kind, sizeBytes, offsetBytes, state, expiresAt }) => ({
    id,
    filename,
    kind,
    sizeBytes,
    offsetBytes,
    state,
    expiresAt: expiresAt.toISOString(),
  }));
  return { items, nextCursor: null };
}

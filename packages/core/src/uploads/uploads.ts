import { type Database, datasets, uploads } from '@granary/db';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Permitted, requireDataset } from '../access/policy.ts';
import { assertQuota } from '../access/quotas.ts';
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
  upload: { id: string; sizeBytes: number | null; metadata: Record<string, string | null> },
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
      await assertQuota({ defaults }, tx, ownerId, { bytes: upload.sizeBytes ?? 0, datasets: 0 });
    }
    await tx.insert(uploads).values({
      id: upload.id,
      datasetId,
      userId: person.id,
      filename,
      relativePath: relativePath ?? null,
      kind: parsed.data.kind ?? (ARCHIVE_NAME.test(filename) ? 'archive' : 'file'),
      sizeBytes: upload.sizeBytes,
      expiresAt: new Date(Date.now() + UPLOAD_TTL_SECONDS * 1000),
    });
    await beginUploading(queryOf(tx), datasetId);
  });
}

/** Only who began an upload may go on with it. @throws AppError `not_found`, `in_trash` when its dataset is there */
export async function requireUpload({ db }: Database, person: Person, uploadId: string): Promise<void> {
  const [row] = await db
    .select({ userId: uploads.userId, deletedAt: datasets.deletedAt })
    .from(uploads)
    .innerJoin(datasets, eq(datasets.id, uploads.datasetId))
    .where(eq(uploads.id, uploadId));
  if (!row || row.userId !== person.id) throw new AppError('not_found');
  if (row.deletedAt) throw new AppError('in_trash');
}

/** Offsets only grow: progress that arrives late changes nothing. */
export async function recordProgress({ db }: Database, uploadId: string, offsetBytes: number): Promise<void> {
  await db
    .update(uploads)
    .set({ offsetBytes: sql`greatest(${uploads.offsetBytes}, ${offsetBytes})` })
    .where(and(eq(uploads.id, uploadId), eq(uploads.state, 'uploading')));
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

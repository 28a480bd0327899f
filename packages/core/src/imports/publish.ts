import { type Database, imports } from '@granary/db';
import { and, eq } from 'drizzle-orm';
import type { z } from 'zod';
import { type Permitted, permitReading } from '../access/policy.ts';
import { hasPublishable } from '../annotations/overlay.ts';
import { isPublishable } from '../annotations/publish-format.ts';
import type { ReadingContext } from '../base/context.ts';
import type { Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport, type Requester } from './imports.ts';
import { requestFor } from './kinds.ts';
import type { publishInput } from './schemas.ts';

/**
 * Queues a job that writes edits into the label files now, or converts all labels to another format.
 *
 * @throws AppError `format_not_writable`, `in_trash`
 */
export async function publishEdits(
  ctx: Permitted<'edit'>,
  { id, format }: z.infer<typeof publishInput>,
): Promise<{ importId: string; jobId: string }> {
  if (format && !isPublishable(format)) throw new AppError('format_not_writable');
  return ctx.database.db.transaction((tx) =>
    enqueueImport(ctx, tx, id, requestFor({ kind: 'publish', publish: { format: format ?? null } })),
  );
}

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 200;

/**
 * Lets what is edited be in the files before they are read as a whole: publishes it, and waits for that, though not for long.
 *
 * @throws AppError `busy`; what the publication failed with
 */
export async function ensurePublished(requester: Requester & { database: Database }, datasetId: string): Promise<void> {
  const { db } = requester.database;
  if (!(await hasPublishable(db, datasetId))) return;
  const { importId } = await db.transaction(async (tx) => {
    const [waiting] = await tx
      .select({ importId: imports.id })
      .from(imports)
      .where(and(eq(imports.datasetId, datasetId), eq(imports.kind, 'publish'), eq(imports.state, 'queued')))
      .limit(1);
    return (
      waiting ?? enqueueImport(requester, tx, datasetId, requestFor({ kind: 'publish', publish: { format: null } }))
    );
  });
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const [row] = await db
      .select({ state: imports.state, message: imports.errorMessage })
      .from(imports)
      .where(eq(imports.id, importId));
    if (row?.state === 'completed') return;
    if (row?.state === 'failed' || row?.state === 'cancelled') {
      throw new AppError('publish_differs', { message: row.message ?? 'The edits could not be published.' });
    }
    if (performance.now() > until) throw new AppError('busy');
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  }
}

/**
 * The permission to read a dataset at a version, as `permitReading` gives it, with edits of the draft in its files.
 *
 * @throws AppError as {@link ensurePublished}, and as `permitReading` does
 */
export async function permitReadingFiles(
  ctx: ReadingContext,
  datasetId: string,
  version: string | undefined,
): Promise<{ permitted: Permitted<'see', Reader>; version: string | undefined }> {
  const read = await permitReading(ctx, datasetId, version);
  if (read.version !== undefined && read.version !== 'draft' && read.version !== 'main') return read;
  if (!(await hasPublishable(ctx.database.db, datasetId))) return read;
  await ensurePublished({ ...ctx, person: 'id' in ctx.person ? ctx.person : null }, datasetId);
  return permitReading(ctx, datasetId, version);
}

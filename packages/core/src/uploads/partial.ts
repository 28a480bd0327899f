import { randomBytes } from 'node:crypto';
import { type Database, partialUploads } from '@granary/db';
import { keys } from '@granary/storage';
import type { JoinedUpload } from '@granary/storage/tus';
import { and, eq, inArray } from 'drizzle-orm';
import { assertQuota } from '../access/quotas.ts';
import type { Services } from '../base/context.ts';
import type { Person } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { removeUploadObjects } from './objects.ts';
import { finishUpload, registerUpload, UPLOAD_TTL_SECONDS } from './uploads.ts';

/** Parts are of no dataset yet: they count for who sends them. @throws AppError `invalid_input`, `quota_exceeded` */
export async function registerPartial(
  { database, defaults }: Pick<Services, 'database' | 'defaults'>,
  person: Person,
  { id, sizeBytes }: { id: string; sizeBytes: number | null },
): Promise<void> {
  if (sizeBytes === null)
    throw new AppError('invalid_input', { issues: [{ path: 'Upload-Length', message: 'is missing' }] });
  const expiresAt = new Date(Date.now() + UPLOAD_TTL_SECONDS * 1000);
  await database.db.transaction(async (tx) => {
    await assertQuota({ defaults }, tx, person.id, { bytes: sizeBytes, datasets: 0 });
    await tx.insert(partialUploads).values({ id, userId: person.id, sizeBytes, expiresAt });
  });
}

export async function isPartialOf({ db }: Database, person: Person, uploadId: string): Promise<boolean> {
  const own = and(eq(partialUploads.id, uploadId), eq(partialUploads.userId, person.id));
  return (await db.select({ id: partialUploads.id }).from(partialUploads).where(own)).length > 0;
}

export async function forgetPartials({ db }: Database, ids: readonly string[]): Promise<void> {
  await db.delete(partialUploads).where(inArray(partialUploads.id, [...ids]));
}

/** More parts than these are no parallel upload. */
const MOST_PARTS = 1000;

/**
 * Makes an upload of parts that are all there, and takes them away.
 *
 * @param concat the header that asks for it
 * @param join writes them one behind the other
 * @returns its id
 * @throws AppError `upload_unknown`, `upload_not_ready`, and those of a new upload
 */
export async function joinPartials(
  services: Services,
  person: Person,
  { parts, metadata, concat }: { parts: readonly string[]; metadata: Record<string, string | null>; concat: string },
  join: (parts: readonly string[], joined: JoinedUpload) => Promise<void>,
): Promise<string> {
  const { database, store } = services;
  const rows = await database.db
    .select()
    .from(partialUploads)
    .where(and(inArray(partialUploads.id, parts.slice(0, MOST_PARTS)), eq(partialUploads.userId, person.id)));
  const known = new Map(rows.map((row) => [row.id, row.sizeBytes]));
  if (new Set(parts).size !== parts.length || parts.some((id) => !known.has(id))) throw new AppError('upload_unknown');
  for (const id of parts) {
    const there = await store.head(keys.upload(id));
    if (there?.sizeBytes !== known.get(id)) throw new AppError('upload_not_ready');
  }
  const sizeBytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0);
  const id = randomBytes(16).toString('hex');
  await registerUpload(services, person, { id, sizeBytes, metadata, countedFor: person.id, concat });
  await join(parts, { id, sizeBytes, metadata });
  await finishUpload(database, id, sizeBytes);
  for (const part of parts) await removeUploadObjects(store, part);
  await forgetPartials(database, parts);
  return id;
}

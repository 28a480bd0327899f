import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Database } from '@granary/db';
import { noRoomIn, type ObjectStore } from '@granary/storage';
import {
  createTusServer,
  handleUpload,
  hasArrived,
  type JoinParts,
  joinObjects,
  metadataIn,
  uploadIdOf,
} from '@granary/storage/tus';
import { requireScope } from '../access/scope.ts';
import { identify } from '../accounts/identify.ts';
import type { Services } from '../base/context.ts';
import type { Person } from '../base/person.ts';
import { AppError, knownError } from '../errors/app-error.ts';
import { forgetPartials, isPartialOf, joinPartials, registerPartial } from './partial.ts';
import {
  concatOfUpload,
  declareLength,
  expectedBytes,
  finishUpload,
  mostBytesOf,
  recordGrowth,
  recordProgress,
  registerUpload,
  requireUpload,
  terminateUpload,
  UPLOAD_TTL_SECONDS,
} from './uploads.ts';

export interface UploadServer {
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/**
 * tus 1.0 below a path, with the same sign-in as everything else: what Granary makes of an upload's life.
 *
 * @param origins of other sites' pages that may upload with an API key
 */
export function uploadServer(services: Services, path: string, origins: readonly string[]): UploadServer {
  const { database, log, store } = services;
  const personOf = (request: Request) =>
    whoUploads(database, request.method, {
      authorization: request.headers.get('authorization') ?? undefined,
      cookie: request.headers.get('cookie') ?? undefined,
    });
  const { server, dataStore } = createTusServer({
    path,
    store,
    sql: database.sql,
    ttlSeconds: UPLOAD_TTL_SECONDS,
    spoolDir: () => services.tables.scratchDir,
    origins,
    hooks: {
      async onCreate(request, { id, size, metadata }) {
        const upload = { id: uploadIdOf(id), sizeBytes: size ?? null, metadata: metadata ?? {} };
        const person = await personOf(request);
        if (request.headers.get('upload-concat') === 'partial') await registerPartial(services, person, upload);
        else await registerUpload(services, person, upload);
      },
      async onRequest(request, uploadId) {
        const person = await personOf(request);
        if (request.method === 'POST') return;
        if (await isPartialOf(database, person, uploadId)) return;
        await requireUpload(database, person, uploadId);
        if (request.method === 'HEAD') await settle(uploadId);
        const length = Number(request.headers.get('upload-length') ?? Number.NaN);
        if (Number.isSafeInteger(length)) await declareLength(services, uploadId, length);
      },
      mostBytes: async (uploadId) => (uploadId === null ? Number.MAX_SAFE_INTEGER : mostBytesOf(services, uploadId)),
      onWritten: (uploadId, offsetBytes) => recordProgress(database, uploadId, offsetBytes),
      onFinish: (upload) => finishUpload(database, uploadIdOf(upload.id), upload.size ?? upload.offset),
      onTerminate: async (uploadId) => {
        await forgetPartials(database, [uploadId]);
        await terminateUpload(database, uploadId);
      },
      onError: (request, error) =>
        answerOf(store, error, (cause) => log.error({ err: cause, method: request.method }, 'upload failed')),
    },
  });
  /** Who is told that all bytes are there sends no more: by then the upload is finished, though a process ended in between. */
  const settle = async (uploadId: string) => {
    const sizeBytes = await expectedBytes(database, uploadId);
    if (sizeBytes !== null && (await hasArrived({ store, dataStore }, uploadId, sizeBytes)))
      await finishUpload(database, uploadId, sizeBytes);
  };
  const join: JoinParts = async ({ method = 'POST', headers }, parts) => {
    try {
      const person = await whoUploads(database, method, headers);
      const metadata = metadataOf(headers['upload-metadata']);
      const concat = String(headers['upload-concat'] ?? '');
      const id = await joinPartials(services, person, { parts, metadata, concat }, (of, joined) =>
        joinObjects({ store, dataStore }, of, joined),
      );
      return { status: 201, body: '', location: `${path}/${id}` };
    } catch (error) {
      const known = error instanceof AppError ? error : knownError(error);
      if (!(error instanceof AppError)) log.error({ err: error }, 'uploads not joined');
      return { status: known.status, body: JSON.stringify(known.body) };
    }
  };
  const concatOf = async ({ url = '', headers }: IncomingMessage): Promise<string | null> => {
    try {
      const person = await whoUploads(database, 'HEAD', headers);
      const uploadId = uploadIdOf(url.split('?')[0] ?? '');
      if (await isPartialOf(database, person, uploadId)) return 'partial';
      await requireUpload(database, person, uploadId);
      return await concatOfUpload(database, uploadId);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  };
  return { handle: (req, res) => handleUpload(server, { origins, join, concatOf }, req, res) };
}

/** @throws AppError `invalid_input` */
function metadataOf(header: string | string[] | undefined): Record<string, string | null> {
  try {
    return metadataIn(header === undefined ? undefined : String(header));
  } catch {
    throw new AppError('invalid_input', { issues: [{ path: 'Upload-Metadata', message: 'cannot be read' }] });
  }
}

interface Credentials {
  authorization?: string | undefined;
  cookie?: string | undefined;
}

async function whoUploads(database: Database, method: string, credentials: Credentials): Promise<Person> {
  const { person, apiKey } = await identify(database, credentials);
  if (!person) throw new AppError('not_signed_in');
  if (method !== 'HEAD') requireScope({ apiKey }, 'write');
  return person;
}

/**
 * Asks again, while the bytes of an upload come, whether they may: the key may have been revoked, the role taken away, or
 * the quota used up by what has no length yet.
 *
 * @param path the upload's
 * @param offsetBytes how far it is, about
 * @throws AppError
 */
export async function assertMayGoOn(
  services: Services,
  path: string,
  credentials: Credentials,
  offsetBytes: number,
): Promise<void> {
  const { database } = services;
  const uploadId = uploadIdOf(path);
  const person = await whoUploads(database, 'PATCH', credentials);
  if (await isPartialOf(database, person, uploadId)) return;
  await requireUpload(database, person, uploadId);
  if (offsetBytes > (await mostBytesOf(services, uploadId))) throw new AppError('quota_exceeded');
  await recordGrowth(database, uploadId, offsetBytes);
}

/**
 * Puts on record how far an upload is, as an answer to HEAD has just said: a write that was broken off has not told.
 */
export function noteOffset({ database, log }: Services, path: string, header: unknown): void {
  const offset = Number(header);
  if (header === undefined || !Number.isSafeInteger(offset)) return;
  recordProgress(database, uploadIdOf(path), offset).catch((error) => log.warn({ err: error }, 'upload progress'));
}

/**
 * tus's own refusals are kept; ours are answered as everywhere; anything else tells nothing of its inside. Its store of files
 * keeps the cause of a write that failed for itself, so whether there is room is asked.
 */
async function answerOf(
  store: ObjectStore,
  error: unknown,
  logUnknown: (error: unknown) => void,
): Promise<{ status_code: number; body: string } | undefined> {
  if (error instanceof AppError) return { status_code: error.status, body: JSON.stringify(error.body) };
  const isOfTus = typeof error === 'object' && error !== null && 'status_code' in error;
  if (isOfTus && Number(error.status_code) < 500) return undefined;
  const isFull = isOfTus && noRoomIn(await store.freeBytes().catch(() => 0)) !== null;
  const cause = isOfTus ? new Error(`tus could not: ${'body' in error ? error.body : ''}`) : error;
  const known = isFull ? new AppError('disk_full', { cause }) : knownError(cause);
  // The id that is told is on it by now.
  logUnknown(cause);
  return { status_code: known.status, body: JSON.stringify(known.body) };
}

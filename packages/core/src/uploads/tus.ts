import { createTusServer, uploadIdOf } from '@granary/storage/tus';
import { requireScope } from '../access/scope.ts';
import { identify } from '../accounts/identify.ts';
import type { Services } from '../base/context.ts';
import type { Person } from '../base/person.ts';
import { AppError, knownError } from '../errors/app-error.ts';
import {
  finishUpload,
  recordProgress,
  registerUpload,
  requireUpload,
  terminateUpload,
  UPLOAD_TTL_SECONDS,
} from './uploads.ts';

export type UploadServer = ReturnType<typeof createTusServer>['server'];

/** tus 1.0 below a path, with the same sign-in as everything else: what Granary makes of an upload's life. */
export function uploadServer(services: Services, path: string): UploadServer {
  const { database, log, store } = services;
  const personOf = async (request: Request): Promise<Person> => {
    const header = (name: string) => request.headers.get(name) ?? undefined;
    const { person, apiKey } = await identify(database, {
      authorization: header('authorization'),
      cookie: header('cookie'),
    });
    if (!person) throw new AppError('not_signed_in');
    if (request.method !== 'HEAD') requireScope({ apiKey }, 'write');
    return person;
  };
  const { server } = createTusServer({
    path,
    store,
    sql: database.sql,
    ttlSeconds: UPLOAD_TTL_SECONDS,
    hooks: {
      async onCreate(request, { id, size, metadata }) {
        const upload = { id: uploadIdOf(id), sizeBytes: size ?? null, metadata: metadata ?? {} };
        await registerUpload(services, await personOf(request), upload);
      },
      async onRequest(request, uploadId) {
        const person = await personOf(request);
        if (request.method !== 'POST') await requireUpload(database, person, uploadId);
      },
      onFinish: (upload) => finishUpload(database, uploadIdOf(upload.id), upload.size ?? upload.offset),
      onTerminate: (uploadId) => terminateUpload(database, uploadId),
      onError: (request, error) =>
        answerOf(error, (cause) => log.error({ err: cause, method: request.method }, 'upload failed')),
    },
  });
  return server;
}

/**
 * Puts on record how far an upload is, as an answer to HEAD or PATCH has just said. (tus's own event for it listens to
 * every chunk, which costs a tenth of the speed.)
 */
export function noteOffset({ database, log }: Services, path: string, header: unknown): void {
  const offset = Number(header);
  if (header === undefined || !Number.isSafeInteger(offset)) return;
  recordProgress(database, uploadIdOf(path), offset).catch((error) => log.warn({ err: error }, 'upload progress'));
}

/** tus's own errors are kept; ours are answered as everywhere; anything else tells nothing of its inside. */
function answerOf(
  error: unknown,
  logUnknown: (error: unknown) => void,
): { status_code: number; body: string } | undefined {
  if (error instanceof AppError) return { status_code: error.status, body: JSON.stringify(error.body) };
  if (typeof error === 'object' && error !== null && 'status_code' in error) return undefined;
  logUnknown(error);
  const known = knownError(error);
  return { status_code: known.status, body: JSON.stringify(known.body) };
}

import { toAppError } from '@granary/api';
import { requireScope } from '@granary/core/access/scope';
import { personOfApiKey } from '@granary/core/accounts/api-keys';
import { Sessions } from '@granary/core/accounts/sessions';
import type { Services } from '@granary/core/base/context';
import type { Person } from '@granary/core/base/person';
import { AppError } from '@granary/core/errors/app-error';
import {
  finishUpload,
  recordProgress,
  registerUpload,
  requireUpload,
  terminateUpload,
  UPLOAD_TTL_SECONDS,
} from '@granary/core/uploads/uploads';
import { createTusServer, uploadIdOf } from '@granary/storage/tus';
import { type RequestHandler, Router } from 'express';

const PATH = '/uploads';

/** tus 1.0 at /uploads, with the same sign-in as everything else. */
export function uploadRoutes(services: Services): Router {
  const { database, log, store } = services;
  const sessions = new Sessions(database.db);
  const personOf = async (request: Request): Promise<Person> => {
    const header = request.headers.get('authorization') ?? undefined;
    if (header) {
      const key = await personOfApiKey(database, header);
      if (!key) throw new AppError('not_signed_in');
      if (request.method !== 'HEAD') requireScope(key, 'write');
      return key.person;
    }
    const token = sessions.tokenIn(request.headers.get('cookie') ?? undefined);
    const person = token ? await sessions.validate(token) : null;
    if (!person) throw new AppError('not_signed_in');
    return person;
  };
  const { server } = createTusServer({
    path: PATH,
    store,
    sql: database.sql,
    ttlSeconds: UPLOAD_TTL_SECONDS,
    hooks: {
      async onCreate(request, upload) {
        const id = uploadIdOf(upload.id);
        await registerUpload(services, await personOf(request), {
          id,
          sizeBytes: upload.size ?? null,
          metadata: upload.metadata ?? {},
        });
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
  const handle: RequestHandler = (req, res, next) => {
    if (req.method === 'GET') return next(new AppError('not_found'));
    res.on('finish', () => noteOffset(services, req.path, res.getHeader('Upload-Offset')));
    server.handle(req, res).catch(next);
  };
  const router = Router();
  router.all(PATH, handle);
  router.all(`${PATH}/*`, handle);
  return router;
}

/**
 * Answers to HEAD and PATCH say how far an upload is: that is put on record when they have been sent. (tus's own event
 * for it listens to every chunk, which costs a tenth of the speed.)
 */
function noteOffset({ database, log }: Services, path: string, header: unknown): void {
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
  const known = toAppError(error);
  return { status_code: known.status, body: JSON.stringify(known.body) };
}

import type { Services } from '@granary/core/base/context';
import { AppError } from '@granary/core/errors/app-error';
import { assertMayGoOn, noteOffset, uploadServer } from '@granary/core/uploads/tus';
import { type Request, type RequestHandler, type Response, Router } from 'express';

const PATH = '/uploads';
const ASK_EVERY_MS = 2000;

/** tus 1.0 at /uploads. @param origins of other sites' pages that may upload with an API key */
export function uploadRoutes(services: Services, origins: readonly string[]): Router {
  const server = uploadServer(services, PATH, origins);
  const handle: RequestHandler = (req, res, next) => {
    if (req.method === 'GET') return next(new AppError('not_found'));
    res.on('finish', () => {
      if (req.method === 'HEAD') noteOffset(services, req.path, res.getHeader('Upload-Offset'));
    });
    watch(services, req, res);
    server.handle(req, res).catch(next);
  };
  const router = Router();
  router.all(PATH, handle);
  router.all(`${PATH}/*`, handle);
  return router;
}

/** Breaks off what may not go on: the client asks again, and is told why. */
function watch(services: Services, req: Request, res: Response): void {
  const start = Number(req.get('upload-offset') ?? Number.NaN);
  if (!Number.isSafeInteger(start)) return;
  const before = req.socket.bytesRead;
  const credentials = { authorization: req.get('authorization'), cookie: req.get('cookie') };
  const timer = setInterval(() => {
    assertMayGoOn(services, req.path, credentials, start + req.socket.bytesRead - before).catch((error) => {
      if (!(error instanceof AppError)) return services.log.warn({ err: error }, 'upload not asked about');
      req.destroy();
    });
  }, ASK_EVERY_MS);
  res.once('close', () => clearInterval(timer));
}

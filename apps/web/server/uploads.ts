import type { Services } from '@granary/core/base/context';
import { AppError } from '@granary/core/errors/app-error';
import { noteOffset, uploadServer } from '@granary/core/uploads/tus';
import { type RequestHandler, Router } from 'express';

const PATH = '/uploads';

/** tus 1.0 at /uploads. */
export function uploadRoutes(services: Services): Router {
  const server = uploadServer(services, PATH);
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

import { AppError } from '@granary/core/errors/app-error';
import type { RequestHandler } from 'express';

/**
 * Refuses requests for the data of one route (`?_data=`): our pages ask for that of a page, at `<path>.data`. Remix still
 * tries to answer the former, and answers the most of them as an error of the server.
 */
export const refuseRouteData: RequestHandler = (req, res, next) => {
  if (req.query._data === undefined) return next();
  const error = new AppError('not_found', { message: 'There is no such page.' });
  res.status(error.status).json(error.body);
};

import { AppError, type Context, type Services, Sessions, type SignedInContext } from '@granary/api';
import type { Request, Response } from 'express';

/** What procedures, pages and the routes of bytes know of a request. */
export async function contextOf(services: Services, req: Request, res: Response): Promise<Context> {
  const sessions = new Sessions(services.database.db);
  const sessionToken = sessions.tokenIn(req.headers.cookie);
  const requestId = String(req.id ?? '');
  return {
    ...services,
    log: services.log.child({ requestId }),
    requestId,
    person: sessionToken ? await sessions.validate(sessionToken) : null,
    sessionToken,
    apiKey: null,
    ip: req.ip ?? null,
    isSecure: req.secure,
    setHeader: (name, value) => res.setHeader(name, value),
  };
}

/** @throws AppError `not_signed_in` */
export function requireSignedIn(context: Context): SignedInContext {
  if (!context.person) throw new AppError('not_signed_in');
  return { ...context, person: context.person };
}

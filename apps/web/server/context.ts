import { AppError, type Context, personOfApiKey, type Services, Sessions, type SignedInContext } from '@granary/api';
import type { Request, Response } from 'express';

/** What procedures, pages and the routes of bytes know of a request. */
export async function contextOf(services: Services, req: Request, res: Response): Promise<Context> {
  const sessions = new Sessions(services.database.db);
  // A key that is given counts, also when it is none any more: a browser's cookie does not stand in for it.
  const key = req.headers.authorization ? await personOfApiKey(services.database, req.headers.authorization) : null;
  const sessionToken = req.headers.authorization ? null : sessions.tokenIn(req.headers.cookie);
  const requestId = String(req.id ?? '');
  return {
    ...services,
    log: services.log.child({ requestId }),
    requestId,
    person: key?.person ?? (sessionToken ? await sessions.validate(sessionToken) : null),
    sessionToken,
    apiKey: key?.apiKey ?? null,
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

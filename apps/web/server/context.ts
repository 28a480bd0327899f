import { countRequest } from '@granary/core/access/rate-limits';
import { identify } from '@granary/core/accounts/identify';
import type { Context, Services, SignedInContext } from '@granary/core/base/context';
import { readSettings } from '@granary/core/base/defaults';
import type { Person } from '@granary/core/base/person';
import { AppError } from '@granary/core/errors/app-error';
import { linkOfCookie, personOfLink } from '@granary/core/sharing/share-links';
import type { Request, Response } from 'express';
import { hostOf } from './origin.ts';

/** What this process has, with what it was told of itself. */
export interface WebServices extends Services {
  /** The address people use, when it can't be told from requests. */
  url: string | undefined;
}

/** What procedures, pages and the routes of bytes know of a request. */
export async function contextOf(services: WebServices, req: Request, res: Response): Promise<Context> {
  const { database } = services;
  const { authorization, cookie } = req.headers;
  const { person: known, apiKey, sessionToken } = await identify(database, { authorization, cookie });
  const link = authorization ? null : await linkOfCookie(database, cookie);
  const person = known && link ? { ...known, link } : (known ?? (link ? personOfLink(link) : null));
  const requestId = String(req.id ?? '');
  const setHeader = (name: string, value: string) => void res.setHeader(name, value);
  return {
    ...services,
    log: services.log.child({ requestId }),
    requestId,
    person,
    sessionToken,
    apiKey,
    ip: req.ip ?? null,
    origin: services.url?.replace(/\/+$/, '') ?? `${req.protocol}://${hostOf(req)}`,
    isSecure: req.secure,
    setHeader,
    admit: once(() => admit(services, person, apiKey?.prefix ?? null, setHeader)),
  };
}

/** @throws AppError `not_signed_in`, `too_many_requests` */
export async function requireSignedIn(context: Context): Promise<SignedInContext> {
  if (!context.person) throw new AppError('not_signed_in');
  await context.admit();
  return { ...context, person: context.person };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let doing: Promise<T> | undefined;
  return () => {
    doing ??= work();
    return doing;
  };
}

const SETTINGS_SECONDS = 5;
let limit: { requestsPerMinute: number; until: number } | undefined;

async function admit(
  services: WebServices,
  person: Person | null,
  keyPrefix: string | null,
  setHeader: Context['setHeader'],
): Promise<void> {
  if (!person) return;
  if (!limit || limit.until < Date.now()) {
    const { requestsPerMinute } = await readSettings(services.database.db, services.defaults);
    limit = { requestsPerMinute, until: Date.now() + SETTINGS_SECONDS * 1000 };
  }
  const { requestsPerMinute } = limit;
  await countRequest(services.database.sql, requestsPerMinute, { personId: person.id, keyPrefix }, setHeader);
}

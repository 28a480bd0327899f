import { countRequest } from '@granary/core/access/rate-limits';
import { identify } from '@granary/core/accounts/identify';
import type { Context, ReadingContext, Services, SignedInContext } from '@granary/core/base/context';
import { readSettings, type SiteSettings } from '@granary/core/base/defaults';
import { ANONYMOUS, type Reader } from '@granary/core/base/person';
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
  const link = authorization ? null : await linkOfCookie(database, cookie, known);
  const site = once(() => settingsOf(services));
  const byLink = link && !known ? { ...personOfLink(link), seesPublic: (await site()).anonymousRead } : null;
  const person = known && link ? { ...known, link } : (known ?? byLink);
  const requestId = String(req.id ?? '');
  const setHeader = (name: string, value: string) => void res.setHeader(name, value);
  // A key that opens nothing is told so, wherever it is shown.
  const isNobody = person === null && authorization === undefined;
  const reader = once(
    async (): Promise<Reader | null> => person ?? (isNobody && (await site()).anonymousRead ? ANONYMOUS : null),
  );
  return {
    ...services,
    site,
    forgetSite,
    reader,
    log: services.log.child({ requestId }),
    requestId,
    person,
    sessionToken,
    apiKey,
    ip: req.ip ?? null,
    origin: services.url?.replace(/\/+$/, '') ?? `${req.protocol}://${hostOf(req)}`,
    isSecure: req.secure,
    setHeader,
    admit: once(async () => {
      const who = await reader();
      if (!who) return;
      const { requestsPerMinute } = await site();
      const asked = { reader: who, keyPrefix: apiKey?.prefix ?? null, ip: req.ip ?? null };
      await countRequest(database.sql, requestsPerMinute, asked, setHeader);
    }),
  };
}

/** @throws AppError `not_signed_in`, `too_many_requests` */
export async function requireSignedIn(context: Context): Promise<SignedInContext> {
  if (!context.person) throw new AppError('not_signed_in');
  await context.admit();
  return { ...context, person: context.person };
}

/** @throws AppError `not_signed_in`, `too_many_requests` */
export async function requireReader(context: Context): Promise<ReadingContext> {
  const person = await context.reader();
  if (!person) throw new AppError('not_signed_in');
  await context.admit();
  return { ...context, person };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let doing: Promise<T> | undefined;
  return () => {
    doing ??= work();
    return doing;
  };
}

const SETTINGS_SECONDS = 5;
let known: { settings: SiteSettings; until: number } | undefined;

/** What admins have set, looked up every few seconds. */
async function settingsOf({ database, defaults }: Services): Promise<SiteSettings> {
  if (!known || known.until < performance.now()) {
    const settings = await readSettings(database.db, defaults);
    known = { settings, until: performance.now() + SETTINGS_SECONDS * 1000 };
  }
  return known.settings;
}

const forgetSite = (): void => {
  known = undefined;
};

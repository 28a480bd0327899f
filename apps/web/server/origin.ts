import { AppError } from '@granary/core/errors/app-error';
import type { Request, RequestHandler } from 'express';
import type { Env } from './env.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses changes that another site's page asks a signed-in browser for (CSRF). Browsers say where a request comes from
 * in Sec-Fetch-Site, which no page can forge; older ones in Origin. Programs that send neither are no browsers.
 */
export function refuseForeignOrigins(env: Env): RequestHandler {
  return (req, res, next) => {
    if (SAFE_METHODS.has(req.method) || isOwn(req, env) || isUploadWithKey(req, env)) return next();
    const error = new AppError('foreign_origin');
    res.status(error.status).json(error.body);
  };
}

/** A page that may upload with a key of its person: cookies count for nothing then. */
const isUploadWithKey = (req: Request, env: Env): boolean =>
  /^\/uploads(\/|$)/.test(req.path) &&
  req.get('authorization') !== undefined &&
  env.GRANARY_UPLOAD_ORIGINS.includes(req.get('origin') ?? '');

function isOwn(req: Request, env: Env): boolean {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = req.get('origin');
  if (origin === undefined) return true;
  if (env.GRANARY_URL && origin === new URL(env.GRANARY_URL).origin) return true;
  return URL.canParse(origin) && new URL(origin).host === hostOf(req);
}

/** As the person's browser sees it: a trusted proxy says it in X-Forwarded-Host. */
export function hostOf(req: Request): string | undefined {
  const trusts: (address: string, hop: number) => boolean = req.app.get('trust proxy fn');
  const forwarded = trusts(req.socket.remoteAddress ?? '', 0)
    ? req.get('x-forwarded-host')?.split(',')[0]?.trim()
    : undefined;
  return forwarded || req.get('host');
}

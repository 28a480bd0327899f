import { randomBytes } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Env } from './env.ts';

const YEAR_SECONDS = 365 * 86_400;

/** Headers of every answer: what browsers must not do with it. Routes that serve content set stricter ones. */
export function securityHeaders(env: Env): RequestHandler {
  return (req, res, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Referrer-Policy', 'same-origin');
    res.setHeader('X-Frame-Options', 'DENY');
    res.setHeader('Cross-Origin-Opener-Policy', 'same-origin-allow-popups');
    res.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=()');
    // What is no page holds nothing that runs.
    res.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    if (req.secure) res.setHeader('Strict-Transport-Security', `max-age=${YEAR_SECONDS}; includeSubDomains`);
    // Behind TLS, or told that people come by it.
    else if (env.GRANARY_URL?.startsWith('https:'))
      res.setHeader('Strict-Transport-Security', `max-age=${YEAR_SECONDS}`);
    next();
  };
}

/**
 * The policy of a page: only scripts of ours and those that carry its nonce run. Images come from the store, too, to which
 * content is redirected. Styles may be inline: components set widths and colours. The page on which one chooses a dataset
 * may be shown in frames of the apps that are allowed to.
 *
 * @returns the nonce
 */
export function pagePolicy(env: Env, path: string, res: Response): string {
  const nonce = randomBytes(16).toString('base64');
  if (env.NODE_ENV === 'development') {
    // Vite's own scripts carry none.
    res.removeHeader('Content-Security-Policy');
    return nonce;
  }
  const store = env.S3_ENDPOINT ? ` ${storeOrigins(env.S3_ENDPOINT, env.S3_BUCKET ?? '')}` : '';
  const isEmbeddable = path === '/pick' && env.GRANARY_EMBED_ORIGINS.length > 0;
  if (isEmbeddable) res.removeHeader('X-Frame-Options');
  res.setHeader(
    'Content-Security-Policy',
    [
      "default-src 'none'",
      `script-src 'self' 'nonce-${nonce}'`,
      "style-src 'self' 'unsafe-inline'",
      `img-src 'self' data: blob:${store}`,
      "media-src 'self'",
      "font-src 'self'",
      `connect-src 'self'${store}`,
      "worker-src 'self'",
      "manifest-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      `frame-ancestors ${isEmbeddable ? env.GRANARY_EMBED_ORIGINS.map((url) => new URL(url).origin).join(' ') : "'none'"}`,
    ].join('; '),
  );
  return nonce;
}

/** The bucket may be part of the path, or of the host. */
function storeOrigins(endpoint: string, bucket: string): string {
  const url = new URL(endpoint);
  return `${url.origin} ${url.protocol}//${bucket}.${url.host}`;
}

/** The viewer of the API's documentation: a package's own scripts and styles, from here. */
export const documentationPolicy: RequestHandler = (_req, res, next) => {
  res.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  next();
};

/** No browser or proxy shows what is private to who comes next, or after access has ended. */
export const keepNothing: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};

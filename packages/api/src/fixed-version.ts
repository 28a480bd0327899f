import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const BELOW_DATASET = /^\/datasets\/[^/]+\//;
const MOVING = new Set(['draft', 'main']);

/** Whether a GET reads content of a version or a revision, or compares two: then what it answers does not change. */
export function isOfFixedVersion({ pathname, searchParams }: URL): boolean {
  if (!BELOW_DATASET.test(pathname)) return false;
  const isFixed = (name: string) => searchParams.has(name) && !MOVING.has(searchParams.get(name) ?? '');
  return isFixed('version') || (isFixed('from') && isFixed('to'));
}

/**
 * Lets a client keep an answer under a strong ETag of its bytes, and ask each time whether that still holds, so that lost
 * access ends what a cache may show.
 *
 * @returns whether the client has it already: then the status says so, and no body follows
 */
export function revalidate(req: IncomingMessage, res: ServerResponse, body: string): boolean {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  res.setHeader('ETag', etag);
  res.setHeader('Cache-Control', 'private, no-cache');
  const known = (req.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (!known.includes(etag)) return false;
  res.statusCode = 304;
  for (const name of ['Content-Type', 'Content-Length']) res.removeHeader(name);
  return true;
}

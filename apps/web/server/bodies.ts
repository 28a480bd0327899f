import type { IncomingMessage } from 'node:http';
import { AppError } from '@granary/core/errors/app-error';
import type { ErrorCode } from '@granary/core/errors/table';
import type { RequestHandler } from 'express';

const MEBIBYTE = 1024 * 1024;

/** What a form or a call may be, and how long it may take to come. */
const USUAL = { bytes: MEBIBYTE, seconds: 60 };
/** A listing of 200,000 files is the largest body there is. */
const LISTING = { bytes: 32 * MEBIBYTE, seconds: 300 };
/** Masks of an image, or what a model says of a thousand. */
const LABELS = { bytes: 16 * MEBIBYTE, seconds: 120 };
const OF_LABELS =
  /^\/(api\/v1\/datasets\/[^/]+\/(images\/\d+\/annotations|predictions)|trpc\/(images\.saveAnnotations|work\.postPredictions))$/;
/** A client that is cut off while it sends does not read why: for so long what it sends is thrown away instead. */
const LINGER_MS = 5000;

/**
 * Refuses a body that is too large, before it is read or as it grows, and one that comes too slowly: whoever sends it, and
 * whether it is for a page or for the API. Uploads have bounds of their own.
 */
export function boundBodies({
  usual = USUAL,
  listing = LISTING,
  labels = LABELS,
  lingerMs = LINGER_MS,
} = {}): RequestHandler {
  return (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS') return next();
    const isListing = req.path === '/api/v1/datasets/analyze';
    const { bytes, seconds } = isListing ? listing : OF_LABELS.test(req.path) ? labels : usual;
    const counted = countBody(req, bytes, () => refuse('body_too_large'));
    const refuse = (code: ErrorCode) => {
      counted.discard();
      const cutOff = setTimeout(() => req.destroy(), lingerMs);
      req.once('close', () => clearTimeout(cutOff));
      if (res.headersSent) return;
      const error = new AppError(code);
      res.status(error.status).json(error.body);
    };
    if (Number(req.headers['content-length'] ?? 0) > bytes) return refuse('body_too_large');
    const deadline = setTimeout(() => req.complete || refuse('body_too_slow'), seconds * 1000);
    const end = () => clearTimeout(deadline);
    req.once('end', end).once('close', end);
    next();
  };
}

/** Counts a body of unknown length as it arrives, before anything that reads it has it. */
function countBody(req: IncomingMessage, limit: number, onTooMuch: () => void): { discard(): void } {
  const push = req.push.bind(req);
  let bytes = 0;
  let isDiscarded = false;
  req.push = (chunk, encoding) => {
    bytes += chunk?.length ?? 0;
    if (!isDiscarded && bytes > limit) onTooMuch();
    // Nothing of it is kept, and nobody takes the part that came for the whole.
    return isDiscarded ? true : push(chunk, encoding);
  };
  return {
    discard: () => {
      isDiscarded = true;
      req.resume();
    },
  };
}

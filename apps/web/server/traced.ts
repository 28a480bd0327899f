import type { Tracer } from '@granary/core/services/tracing';
import type { RequestHandler } from 'express';
import { loggedPath } from './logged-path.ts';

/** Traces each request, as part of the trace that it names. The answer tells which that is. */
export function traced(tracer: Tracer): RequestHandler {
  return (req, res, next) => {
    const about = {
      'http.request.method': req.method,
      'url.path': loggedPath(req.url),
      'granary.request_id': String(req.id),
    };
    const work = tracer.begin('request', req.method, about, req.headers);
    res.setHeader('traceparent', work.id);
    res.once('close', () => {
      work.set({ 'http.response.status_code': res.statusCode });
      work.end(res.statusCode >= 500 ? new Error('answered with an error') : undefined);
    });
    next();
  };
}

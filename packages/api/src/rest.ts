import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from '@granary/core/base/context';
import type { AppError } from '@granary/core/errors/app-error';
import { createOpenApiNodeHttpHandler } from 'trpc-to-openapi';
import { toAppError } from './errors.ts';
import { statusOf } from './openapi.ts';
import { appRouter } from './router.ts';

/**
 * REST under /api/v1 from the same procedures. Success is the procedure's output as it is; an error is
 * `{ code, message, hint?, issues? }` with the status of the table in errors.ts.
 */
export function createRestHandler(
  createContext: (req: IncomingMessage, res: ServerResponse) => Promise<Context>,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const failures = new WeakMap<IncomingMessage, AppError>();
  const handle = createOpenApiNodeHttpHandler<typeof appRouter, IncomingMessage, ServerResponse>({
    router: appRouter,
    createContext: ({ req, res }) => createContext(req, res),
    onError: ({ error, req, ctx, path }) => {
      const known = toAppError(error);
      if (known.errorCode === 'internal') ctx?.log.error({ err: error, path }, 'procedure failed');
      failures.set(req, known);
    },
    responseMeta: ({ errors, paths }) => {
      const [error] = errors;
      if (!error) return { status: statusOf(paths?.[0]) };
      const known = toAppError(error);
      return { status: known.status, headers: known.headers };
    },
    // A listing of 200,000 files is the largest body there is.
    maxBodySize: 32 * 1024 * 1024,
  });
  return async (req, res) => {
    // The library wants a content type even where there is no body.
    if (
      !req.headers['content-type'] &&
      (req.headers['content-length'] ?? '0') === '0' &&
      !req.headers['transfer-encoding']
    ) {
      req.headers['content-type'] = 'application/json';
    }
    // It also writes its own error body; ours is put in its place as it is sent.
    const end = res.end.bind(res);
    res.end = ((body: unknown, ...rest: []) => {
      const failure = failures.get(req);
      return end(failure ? JSON.stringify(failure.body) : body, ...rest);
    }) as typeof res.end;
    await handle(req, res);
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from '@granary/core/base/context';
import { isByLinkOnly } from '@granary/core/base/person';
import { AppError } from '@granary/core/errors/app-error';
import { createOpenApiNodeHttpHandler } from 'trpc-to-openapi';
import { toAppError } from './errors.ts';
import { isOfFixedVersion, revalidate } from './fixed-version.ts';
import { statusOf } from './openapi.ts';
import { appRouter } from './router.ts';
import { allowedMethods, routesAt } from './routes.ts';
import { unknownFields } from './unknown-fields.ts';

type Incoming = IncomingMessage & { body?: unknown };

/**
 * REST under /api/v1 from the same procedures. Success is the procedure's output as it is; an error is
 * `{ code, message, hint?, issues? }` with the status of core's table of errors. A field that a body has and its procedure
 * does not know is refused by its name; a method that a path does not have is answered with those that it has.
 */
export function createRestHandler(
  createContext: (req: IncomingMessage, res: ServerResponse) => Promise<Context>,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const failures = new WeakMap<IncomingMessage, AppError>();
  const handle = createOpenApiNodeHttpHandler<typeof appRouter, IncomingMessage, ServerResponse>({
    router: appRouter,
    createContext: async ({ req, res }) => {
      const context = await createContext(req, res);
      await refuseUnknownFields(req, context);
      return context;
    },
    onError: ({ error, req, ctx, path }) => {
      const known = toAppError(error);
      if (known.isOurs) ctx?.log.error({ err: error, path }, 'procedure failed');
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
    const routes = routesAt(pathOf(req));
    // Node leaves the body of an answer to HEAD away by itself.
    if (req.method === 'HEAD') req.method = 'GET';
    if (routes.size > 0 && !routes.has(req.method ?? '')) return answerMethod(req, res, allowedMethods(routes));
    // The library wants a content type even where there is no body.
    if (
      !req.headers['content-type'] &&
      (req.headers['content-length'] ?? '0') === '0' &&
      !req.headers['transfer-encoding']
    ) {
      req.headers['content-type'] = 'application/json';
    }
    const isFixed = req.method === 'GET' && isOfFixedVersion(urlOf(req));
    // It also writes its own error body; ours is put in its place as it is sent.
    const end = res.end.bind(res);
    res.end = ((body: unknown, ...rest: []) => {
      const failure = failures.get(req);
      if (isFixed && !failure && res.statusCode === 200 && typeof body === 'string' && revalidate(req, res, body))
        return end();
      return end(failure ? JSON.stringify(failure.body) : body, ...rest);
    }) as typeof res.end;
    await handle(req, res);
  };
}

const urlOf = (req: IncomingMessage): URL => new URL(req.url ?? '/', 'http://any');
const pathOf = (req: IncomingMessage): string => urlOf(req).pathname;

/** The body was read by now. Who is not signed in learns that first. @throws AppError `invalid_input` */
async function refuseUnknownFields(req: Incoming, context: Context): Promise<void> {
  if (req.method === 'GET' || req.method === 'DELETE') return;
  const route = routesAt(pathOf(req)).get(req.method ?? '');
  if (!route || (route.isProtected && (!context.person || isByLinkOnly(context.person)))) return;
  const [first = [], ...others] = route.inputs.map((schema) => unknownFields(schema, req.body));
  const unknown = first.filter((path) => others.every((paths) => paths.includes(path)));
  if (unknown.length === 0) return;
  await context.admit();
  const issues = unknown.slice(0, MAX_NAMED).map((path) => ({
    path,
    message: 'is not a field of this request',
    code: 'unrecognized_keys',
  }));
  throw new AppError('invalid_input', { issues });
}

const MAX_NAMED = 100;

function answerMethod(req: IncomingMessage, res: ServerResponse, allowed: readonly string[]): void {
  res.setHeader('Allow', allowed.join(', '));
  if (req.method === 'OPTIONS') return void res.writeHead(204).end();
  const error = new AppError('method_not_allowed');
  res.writeHead(error.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(error.body));
}

import { constants } from 'node:zlib';
import { appRouter, createRestHandler, openApiDocument, toAppError } from '@granary/api';
import { whyNotReady } from '@granary/core/services/readiness';
import type { Tracer } from '@granary/core/services/tracing';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import compression from 'compression';
import express, { type RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import swaggerPath from 'swagger-ui-dist/absolute-path.js';
import { boundBodies } from './bodies.ts';
import { contentRoutes } from './content.ts';
import { contextOf, type WebServices } from './context.ts';
import type { Env } from './env.ts';
import { loggedPath } from './logged-path.ts';
import type { Metrics } from './metrics.ts';
import { refuseForeignOrigins } from './origin.ts';
import type { Pages } from './pages.ts';
import { documentationPolicy, keepNothing, securityHeaders } from './security.ts';
import { traced } from './traced.ts';
import { uploadRoutes } from './uploads.ts';

const FAST_BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** Everything that answers HTTP: pages, /trpc, /api/v1, /uploads, /healthz and /readyz. */
export async function createApp(
  env: Env,
  services: WebServices,
  { pages, metrics, tracer }: { pages: Pages; metrics: Metrics; tracer: Tracer | null },
): Promise<express.Express> {
  const app = express();
  app.disable('x-powered-by');
  app.set(
    'trust proxy',
    env.GRANARY_TRUST_PROXY.split(',').map((part) => part.trim()),
  );
  app.use(metrics.count);
  app.get('/healthz', (_req, res) => void res.type('text/plain').send('ok'));
  app.get('/readyz', readiness(services));
  app.get('/metrics', metrics.answer(services));
  app.use(
    pinoHttp({
      logger: services.log,
      genReqId: (_req, res) => {
        const id = crypto.randomUUID();
        res.setHeader('X-Request-Id', id);
        return id;
      },
      // Neither headers nor queries nor tokens: they open what is not everyone's.
      serializers: {
        req: (req: { method: string; url: string; id: string }) => ({
          id: req.id,
          method: req.method,
          path: loggedPath(req.url),
        }),
        res: (res: { statusCode: number }) => ({ status: res.statusCode }),
      },
      customLogLevel: (req, res, error) => (error || res.statusCode >= 500 ? 'error' : levelOf(req)),
    }),
  );
  if (tracer) app.use(traced(tracer));
  app.use(securityHeaders(env));
  app.use(refuseForeignOrigins(env));
  app.use(uploadRoutes(services, env.GRANARY_UPLOAD_ORIGINS));
  app.use(boundBodies());
  // What is answered is for who asked alone; content says itself how long it may be kept.
  app.use(['/trpc', '/api/v1'], keepNothing);
  // Answers of the API are made for one reader each: the fastest way is good enough there.
  app.use(['/trpc', '/api'], compression({ level: constants.Z_BEST_SPEED, brotli: FAST_BROTLI }));
  app.use(compression());
  app.use(
    '/trpc',
    createExpressMiddleware({
      router: appRouter,
      createContext: ({ req, res }) => contextOf(services, req, res),
      // What bodies may be is decided before; see bodies.ts.
      maxBodySize: 16 * 1024 * 1024,
      // They count as one request.
      maxBatchSize: 20,
      onError: ({ error, ctx, path }) => {
        if (toAppError(error).isOurs) (ctx?.log ?? services.log).error({ err: error, path }, 'procedure failed');
      },
    }),
  );
  app.use('/api/v1', contentRoutes(services));
  const rest = createRestHandler((req, res) => contextOf(services, req as express.Request, res as express.Response));
  app.use('/api/v1', (req, res, next) => void rest(req, res).catch(next));
  const document = openApiDocument('');
  app.get('/api/openapi.json', (_req, res) => void res.json(document));
  app.use('/api/docs', documentationPolicy, documentation());
  app.use(pages.assets);
  app.use(
    keepNothing,
    pages.handle((req, res) => contextOf(services, req, res)),
  );
  return app;
}

/** Whoever reads the log wants to know who asked for what, and not of each picture and script of a page. */
const levelOf = ({ url = '' }: { url?: string }): 'debug' | 'info' =>
  /^\/(?:assets|favicon|early\.js)|\/thumbnail\b/.test(url) ? 'debug' : 'info';

/** Ready when PostgreSQL and the store answer, and there is room for more. */
function readiness(services: WebServices): RequestHandler {
  return async (_req, res) => {
    const reason = await whyNotReady(services);
    res.status(reason === null ? 200 : 503).type('text/plain');
    res.send(reason === null ? 'ready' : `not ready: ${reason}`);
  };
}

/** The OpenAPI document in Swagger UI, from the package's own files. */
function documentation(): RequestHandler {
  const router = express.Router();
  router.get('/swagger-initializer.js', (_req, res) => {
    res
      .type('js')
      .send(
        `window.onload = () => { window.ui = SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: true }); };`,
      );
  });
  router.use(express.static(swaggerPath()));
  return router;
}

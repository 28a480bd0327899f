import type { Server } from 'node:http';
import { createCaller } from '@granary/api';
import type { Context } from '@granary/core/base/context';
import { isAnonymous, isByLinkOnly } from '@granary/core/base/person';
import { createRequestHandler } from '@remix-run/express';
import type { ServerBuild } from '@remix-run/node';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Env } from './env.ts';
import { refuseRouteData } from './page-data.ts';
import { pagePolicy } from './security.ts';

/** The Remix application: its static assets, and the handler of its pages. */
export interface Pages {
  assets: RequestHandler;
  handle(contextOf: (req: Request, res: Response) => Promise<Context>): RequestHandler | RequestHandler[];
}

/** In production the built application; in development Vite's, which reloads as files change. */
export async function loadPages(env: Env, server: Server): Promise<Pages> {
  if (env.NODE_ENV === 'development') return developmentPages(env, server);
  const client = new URL('../build/client', import.meta.url).pathname;
  const build: ServerBuild = await import('../build/server/index.js');
  const assets = express.Router();
  assets.use('/assets', express.static(`${client}/assets`, { immutable: true, maxAge: '1y' }));
  assets.use(express.static(client, { maxAge: '1h' }));
  return { assets, handle: (contextOf) => [refuseRouteData, handler(env, build, contextOf)] };
}

async function developmentPages(env: Env, server: Server): Promise<Pages> {
  const { createServer } = await import('vite');
  const vite = await createServer({
    root: new URL('..', import.meta.url).pathname,
    server: { middlewareMode: true, hmr: { server } },
  });
  return {
    assets: vite.middlewares,
    handle: (contextOf) =>
      handler(env, () => vite.ssrLoadModule('virtual:remix/server-build') as Promise<ServerBuild>, contextOf),
  };
}

function handler(
  env: Env,
  build: ServerBuild | (() => Promise<ServerBuild>),
  contextOf: (req: Request, res: Response) => Promise<Context>,
): RequestHandler {
  const handlePage = createRequestHandler({
    build,
    mode: env.NODE_ENV,
    getLoadContext: async (req, res) => {
      const context = await contextOf(req, res);
      return {
        api: createCaller(context),
        log: context.log,
        person: context.person && !isByLinkOnly(context.person) ? context.person : null,
        isAnonymous: async () => {
          const reader = await context.reader();
          return reader !== null && isAnonymous(reader);
        },
        site: context.site,
        nonce: pagePolicy(env, req.path, res),
        embedOrigins: env.GRANARY_EMBED_ORIGINS.map((url) => new URL(url).origin),
        preferred: (languages) => languages.find((one) => one === req.acceptsLanguages([...languages])) ?? null,
      };
    },
  });
  return (req, res, next) => {
    // origin.ts has decided; Remix would compare Origin with Host again, and refuse behind proxies that change Host.
    delete req.headers.origin;
    return handlePage(req, res, next);
  };
}

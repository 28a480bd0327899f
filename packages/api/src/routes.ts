import { STREAMS } from './openapi-streams.ts';
import { appRouter } from './router.ts';
import type { ProcedureMeta } from './trpc.ts';

/** A call of REST: a procedure's, or one that answers bytes or events and has no input of its own. */
interface Route {
  method: string;
  pattern: RegExp;
  isProtected: boolean;
  inputs: readonly unknown[];
}

interface Procedure {
  _def: { meta?: ProcedureMeta; inputs: readonly unknown[] };
}

const patternOf = (path: string) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}/?$`, 'i');

const ROUTES: readonly Route[] = [
  ...Object.keys(appRouter._def.procedures).flatMap((name) => {
    const { _def }: Procedure = Reflect.get(appRouter._def.procedures, name);
    const { meta, inputs } = _def;
    if (!meta?.openapi) return [];
    const { method, path } = meta.openapi;
    return [{ method, pattern: patternOf(path), isProtected: meta.access !== 'anyone', inputs }];
  }),
  ...Object.keys(STREAMS).map((path) => ({ method: 'GET', pattern: patternOf(path), isProtected: true, inputs: [] })),
];

/** The calls that a path below /api/v1 has, by their methods. */
export function routesAt(path: string): ReadonlyMap<string, Route> {
  const found = ROUTES.filter(({ pattern }) => pattern.test(path));
  // The first of two calls with the same method wins, as it does when they are answered.
  return new Map(found.toReversed().map((route) => [route.method, route]));
}

/** What may be asked of a path, for the header Allow. */
export function allowedMethods(routes: ReadonlyMap<string, Route>): string[] {
  const methods = [...routes.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...methods, 'OPTIONS'].sort();
}

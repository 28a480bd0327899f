import { initTRPC } from '@trpc/server';
import type { OpenApiMeta } from 'trpc-to-openapi';
import type { Context } from './context.ts';
import { AppError, type ErrorBody, toAppError } from './errors.ts';

/** `status` is the HTTP status of success in REST, 200 unless said. */
export type ProcedureMeta = OpenApiMeta & { status?: number };

const t = initTRPC
  .meta<ProcedureMeta>()
  .context<Context>()
  .create({
    sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
    errorFormatter({ shape, error }): typeof shape & { data: { error: ErrorBody } } {
      const known = toAppError(error);
      const { stack: _, ...data } = shape.data;
      return { ...shape, message: known.message, data: { ...data, httpStatus: known.status, error: known.body } };
    },
  });

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** Anyone, signed in or not. */
export const publicProcedure = t.procedure;

/** Someone who is signed in. */
export const signedInProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.person) throw new AppError('not_signed_in');
  return next({ ctx: { ...ctx, person: ctx.person } });
});

export type SignedInContext = Context & { person: NonNullable<Context['person']> };

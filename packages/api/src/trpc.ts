import { requireScope } from '@granary/core/access/scope';
import type { Context } from '@granary/core/base/context';
import { isByLinkOnly } from '@granary/core/base/person';
import { AppError, type ErrorBody } from '@granary/core/errors/app-error';
import type { ErrorCode } from '@granary/core/errors/table';
import { initTRPC } from '@trpc/server';
import type { OpenApiMeta } from 'trpc-to-openapi';
import { toAppError, withTrpcCode } from './errors.ts';

/** `status` is the HTTP status of success in REST, 200 unless said. */
export type ProcedureMeta = OpenApiMeta & {
  status?: number;
  /** Errors that it may answer, beside those that all of its kind may. */
  errors?: readonly ErrorCode[];
  /** A mutation that changes nothing, and is none but for the length of its input. */
  isReading?: boolean;
};

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

/** Anyone, signed in or not. What is thrown gets the tRPC code that belongs to it. */
export const publicProcedure = t.procedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw withTrpcCode(result.error);
  return result;
});

/** Someone who is signed in. */
export const signedInProcedure = publicProcedure.use(async ({ ctx, next, type, meta }) => {
  if (!ctx.person) throw new AppError('not_signed_in');
  await ctx.admit();
  if (type === 'mutation' && !meta?.isReading) {
    requireScope(ctx, 'write');
    // A share link is no account: whoever has it looks at things.
    if (isByLinkOnly(ctx.person)) throw new AppError('not_signed_in');
  }
  return next({ ctx: { ...ctx, person: ctx.person } });
});

/** Someone who signed in with a password: what an API key must not do for them. */
export const sessionProcedure = signedInProcedure.use(({ ctx, next }) => {
  if (ctx.apiKey) throw new AppError('forbidden', { hint: 'Sign in with a password: an API key can not do this.' });
  if (isByLinkOnly(ctx.person)) throw new AppError('not_signed_in');
  return next();
});

import { type Action, onlyVersionOf, type Permitted, permit, permitReading } from '@granary/core/access/policy';
import { requireScope } from '@granary/core/access/scope';
import type { Context, ReadingContext } from '@granary/core/base/context';
import { isByLinkOnly } from '@granary/core/base/person';
import { AppError, type ErrorBody } from '@granary/core/errors/app-error';
import type { ErrorCode } from '@granary/core/errors/table';
import { initTRPC } from '@trpc/server';
import type { OpenApiMeta } from 'trpc-to-openapi';
import { z } from 'zod';
import { refuseBrokenText } from './broken-text.ts';
import { toAppError, withTrpcCode } from './errors.ts';

/** `status` is the HTTP status of success in REST, 200 unless said. */
export type ProcedureMeta = OpenApiMeta & {
  status?: number;
  /** Who may call it: anyone, people who are signed in, or those with this permission on the dataset. */
  access?: 'anyone' | 'signed-in' | Action;
  /** Also called by anyone who is not signed in, where the site lets everyone look at what is public. */
  isOpen?: boolean;
  /** Errors that it may answer, beside those that follow from its kind. */
  errors?: readonly ErrorCode[];
  /** It answers of the version that its input names: who came by a share link of a version may call it. */
  isOfVersion?: boolean;
  /** A mutation that changes nothing: its input is only too long for a query. */
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
export const publicProcedure = t.procedure
  .meta({ access: 'anyone' })
  .use(async ({ next }) => {
    const result = await next();
    if (!result.ok) throw withTrpcCode(result.error);
    return result;
  })
  .use(async ({ next, type, meta, getRawInput }) => {
    // Names of files may be of systems that know no better: those are only read.
    if (type === 'mutation' && !meta?.isReading) refuseBrokenText(await getRawInput());
    return next();
  });

/** Someone who is signed in. */
export const signedInProcedure = publicProcedure
  .meta({ access: 'signed-in' })
  .use(async ({ ctx, next, type, meta }) => {
    if (!ctx.person) throw new AppError('not_signed_in');
    await ctx.admit();
    if (type === 'mutation' && !meta?.isReading) {
      requireScope(ctx, 'write');
      // A share link is not an account: it only lets people view things.
      if (isByLinkOnly(ctx.person)) throw new AppError('not_signed_in');
    }
    return next({ ctx: { ...ctx, person: ctx.person } });
  });

/**
 * Something to look at: someone who is signed in, or anyone where the site lets everyone look at what is public. What it
 * answers is for the `Reader` in the context, who may be nobody.
 */
export const readingProcedure = publicProcedure
  .meta({ access: 'signed-in', isOpen: true })
  .use(async ({ ctx, next }) => {
    const person = await ctx.reader();
    if (!person) throw new AppError('not_signed_in');
    await ctx.admit();
    return next({ ctx: { ...ctx, person } });
  });

const named = z.object({ id: z.string() });

/** An action on the dataset that the input names by `id`; checks the permission and puts the dataset into the context. */
export const datasetProcedure = <May extends Action>(may: May) =>
  signedInProcedure.meta({ access: may }).use(async ({ ctx, getRawInput, next }) => {
    const { id } = named.parse(await getRawInput());
    const permitted: Permitted<May> = await permit(ctx, id, may);
    return next({ ctx: permitted });
  });

const versioned = z.looseObject({ id: z.string(), version: z.unknown().optional() });

/** Who came by a share link of a version asks for that one, whatever they ask for. */
const versionedProcedure = readingProcedure.meta({ access: 'see' }).use(async ({ ctx, getRawInput, meta, next }) => {
  const input = named.loose().parse(await getRawInput());
  const only = meta?.isOfVersion ? await onlyVersionOf(ctx.database, ctx.person, input.id) : null;
  if (only === null) return next();
  const forced = { ...input, version: `v${only}`, ref: `v${only}` };
  return next({ getRawInput: async () => forced });
});

/** The permission to read, of a version where that is all that is shown. */
async function permitInput(ctx: ReadingContext, rawInput: unknown, meta: ProcedureMeta | undefined) {
  const { id, version } = versioned.parse(rawInput);
  const asked = typeof version === 'string' ? version : undefined;
  if (!meta?.isOfVersion) return permit(ctx, id, 'see');
  const { permitted, version: allowed } = await permitReading(ctx, id, asked);
  if (allowed !== asked) throw new AppError('not_found');
  return permitted;
}

/** The same for reading: also for someone who is not signed in, where the site lets everyone look at what is public. */
export const datasetReadingProcedure = versionedProcedure.use(async ({ ctx, getRawInput, meta, next }) =>
  next({ ctx: await permitInput(ctx, await getRawInput(), meta) }),
);

/**
 * A list of something in the dataset that the input names by `id`. Its query starts while the permission to see the
 * dataset is checked; without the permission the result is dropped.
 */
export const datasetListProcedure = versionedProcedure.use(async ({ ctx, getRawInput, meta, next }) => {
  const [, result] = await Promise.all([permitInput(ctx, await getRawInput(), meta), next()]);
  return result;
});

/** Someone who signed in with a password: what an API key must not do for them. */
export const sessionProcedure = signedInProcedure.use(({ ctx, next }) => {
  if (ctx.apiKey) throw new AppError('forbidden', { hint: 'An API key cannot do this. Sign in with your password.' });
  if (isByLinkOnly(ctx.person)) throw new AppError('not_signed_in');
  return next();
});

import { z } from 'zod';
import { AppError } from '../errors.ts';
import { publicProcedure, router, sessionProcedure, signedInProcedure } from '../trpc.ts';
import { register, verifyCredentials } from './accounts.ts';
import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { account, apiKey, createApiKeyInput, loginInput, registerInput } from './schemas.ts';
import { Sessions } from './sessions.ts';

const tags = ['Accounts'];

export const authRouter = router({
  register: publicProcedure
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/auth/register',
        tags,
        summary: 'Make an account and sign in',
        description: 'The first account on an empty server becomes site admin.',
      },
    })
    .input(registerInput)
    .output(account)
    .mutation(async ({ ctx, input }) => {
      const person = await register(ctx.database, input, ctx.ip);
      ctx.setHeader('Set-Cookie', await new Sessions(ctx.database.db).create(person.id, ctx.isSecure));
      return person;
    }),

  login: publicProcedure
    .meta({ openapi: { method: 'POST', path: '/auth/login', tags, summary: 'Sign in: sets the session cookie' } })
    .input(loginInput)
    .output(account)
    .mutation(async ({ ctx, input }) => {
      const person = await verifyCredentials(ctx.database, input, ctx.ip);
      const sessions = new Sessions(ctx.database.db);
      if (ctx.sessionToken) await sessions.end(ctx.sessionToken, ctx.isSecure);
      ctx.setHeader('Set-Cookie', await sessions.create(person.id, ctx.isSecure));
      return person;
    }),

  logout: publicProcedure
    .meta({ openapi: { method: 'POST', path: '/auth/logout', tags, summary: 'Sign out: ends the session' } })
    .input(z.object({}).optional())
    .output(z.object({ signedOut: z.literal(true) }))
    .mutation(async ({ ctx }) => {
      if (ctx.sessionToken) {
        ctx.setHeader('Set-Cookie', await new Sessions(ctx.database.db).end(ctx.sessionToken, ctx.isSecure));
      }
      return { signedOut: true as const };
    }),

  listApiKeys: sessionProcedure
    .meta({ openapi: { method: 'GET', path: '/api-keys', tags, protect: true, summary: 'Your API keys' } })
    .input(z.object({}).optional())
    .output(z.object({ items: z.array(apiKey) }))
    .query(({ ctx }) => listApiKeys(ctx)),

  createApiKey: sessionProcedure
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/api-keys',
        tags,
        protect: true,
        summary: 'Make an API key: its secret is shown this once',
      },
    })
    .input(createApiKeyInput)
    .output(apiKey.extend({ secret: z.string() }))
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  revokeApiKey: sessionProcedure
    .meta({ openapi: { method: 'DELETE', path: '/api-keys/{id}', tags, protect: true, summary: 'Revoke an API key' } })
    .input(z.object({ id: z.string() }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(({ ctx, input }) => revokeApiKey(ctx, input.id)),

  me: signedInProcedure
    .meta({ openapi: { method: 'GET', path: '/auth/me', tags, summary: 'Who is signed in', protect: true } })
    .input(z.object({}).optional())
    .output(account)
    .query(({ ctx }) => {
      if (!ctx.person) throw new AppError('not_signed_in');
      return ctx.person;
    }),
});

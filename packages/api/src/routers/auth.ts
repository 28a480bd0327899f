import { createApiKey, listApiKeys, revokeApiKey } from '@granary/core/accounts/api-keys';
import { Sessions } from '@granary/core/accounts/sessions';
import {
  changePassword,
  renameAccount,
  resetPassword,
  signOutEverywhere,
  verifyCredentials,
} from '@granary/core/accounts/sign-in';
import {
  account,
  apiKey,
  changePasswordInput,
  confirmInput,
  createApiKeyInput,
  loginInput,
  registered,
  registerInput,
  renameInput,
  resetPasswordInput,
} from '@granary/core/accounts/sign-in-schemas';
import { confirmAccount, register } from '@granary/core/accounts/sign-up';
import { AppError } from '@granary/core/errors/app-error';
import { z } from 'zod';
import { publicProcedure, router, sessionProcedure, signedInProcedure } from '../trpc.ts';

const tags = ['Accounts'];

export const authRouter = router({
  register: publicProcedure
    .meta({
      errors: ['email_taken', 'sign_up_closed', 'invitation_unusable', 'invitation_for_another', 'mail_not_sent'],
      status: 201,
      openapi: {
        method: 'POST',
        path: '/auth/register',
        tags,
        summary: 'Create an account and sign in',
        description:
          'The first account on an empty server becomes site admin. Where this Granary sends mail, later ones are confirmed by it, unless an invitation is accepted.',
      },
    })
    .input(registerInput)
    .output(registered)
    .mutation(async ({ ctx, input }) => {
      const person = await register(ctx, input);
      if ('id' in person)
        ctx.setHeader('Set-Cookie', await new Sessions(ctx.database.db).create(person.id, ctx.isSecure));
      return person;
    }),

  confirm: publicProcedure
    .meta({
      errors: ['confirmation_unusable', 'sign_up_closed'],
      status: 201,
      openapi: {
        method: 'POST',
        path: '/auth/confirm',
        tags,
        summary: 'Create the account that a mailed link is for, and sign in',
      },
    })
    .input(confirmInput)
    .output(account)
    .mutation(async ({ ctx, input }) => {
      const person = await confirmAccount(ctx, input.token);
      ctx.setHeader('Set-Cookie', await new Sessions(ctx.database.db).create(person.id, ctx.isSecure));
      return person;
    }),

  login: publicProcedure
    .meta({
      errors: ['wrong_credentials'],
      openapi: { method: 'POST', path: '/auth/login', tags, summary: 'Sign in: sets the session cookie' },
    })
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

  logoutEverywhere: sessionProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/logout-everywhere',
        tags,
        summary: 'Sign out on all devices: ends all of your sessions',
      },
    })
    .input(z.object({}).optional())
    .output(z.object({ signedOut: z.literal(true) }))
    .mutation(async ({ ctx }) => {
      await signOutEverywhere(ctx);
      ctx.setHeader('Set-Cookie', await new Sessions(ctx.database.db).end(ctx.sessionToken ?? '', ctx.isSecure));
      return { signedOut: true as const };
    }),

  changePassword: sessionProcedure
    .meta({
      errors: ['wrong_password', 'too_many_attempts'],
      openapi: {
        method: 'POST',
        path: '/auth/password',
        tags,
        summary: 'Change your password, and end all other sessions',
      },
    })
    .input(changePasswordInput)
    .output(z.object({ changed: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await changePassword(ctx, input);
      return { changed: true as const };
    }),

  resetPassword: publicProcedure
    .meta({
      errors: ['reset_unusable'],
      openapi: {
        method: 'POST',
        path: '/auth/reset',
        tags,
        summary: 'Set a new password with a reset link, and end all sessions',
      },
    })
    .input(resetPasswordInput)
    .output(z.object({ changed: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await resetPassword(ctx, input);
      return { changed: true as const };
    }),

  rename: sessionProcedure
    .meta({
      openapi: { method: 'PATCH', path: '/auth/me', tags, summary: 'Change your name' },
    })
    .input(renameInput)
    .output(account)
    .mutation(({ ctx, input }) => renameAccount(ctx, input)),

  listApiKeys: sessionProcedure
    .meta({ openapi: { method: 'GET', path: '/api-keys', tags, summary: 'Your API keys' } })
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
        summary: 'Create an API key: its secret is shown only once',
      },
    })
    .input(createApiKeyInput)
    .output(apiKey.extend({ secret: z.string() }))
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  revokeApiKey: sessionProcedure
    .meta({ openapi: { method: 'DELETE', path: '/api-keys/{id}', tags, summary: 'Revoke an API key' } })
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

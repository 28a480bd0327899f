import { deleteAccount, listAccounts, makeResetLink, updateAccount } from '@granary/core/accounts/accounts';
import {
  accountState,
  accountView,
  deleteAccountInput,
  listAccountsInput,
  updateAccountInput,
} from '@granary/core/accounts/schemas';
import { pageOf } from '@granary/core/base/paging';
import { z } from 'zod';
import { router, sessionProcedure, signedInProcedure } from '../trpc.ts';

const tags = ['Administration'];

export const accountsRouter = router({
  list: signedInProcedure
    .meta({ openapi: { method: 'GET', path: '/admin/users', tags, summary: 'All accounts, by e-mail' } })
    .input(listAccountsInput)
    .output(pageOf(accountView))
    .query(({ ctx, input }) => listAccounts(ctx, input)),

  update: signedInProcedure
    .meta({
      errors: ['last_admin'],
      openapi: {
        method: 'PATCH',
        path: '/admin/users/{userId}',
        tags,
        summary: 'Disable an account, make it an admin, or set its quotas',
      },
    })
    .input(updateAccountInput)
    .output(accountState)
    .mutation(({ ctx, input }) => updateAccount(ctx, input)),

  resetLink: sessionProcedure
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/admin/users/{userId}/reset-link',
        tags,
        summary: 'Create a password reset link',
      },
    })
    .input(z.object({ userId: z.uuid() }))
    .output(z.object({ url: z.string(), expiresAt: z.iso.datetime() }))
    .mutation(({ ctx, input }) => makeResetLink(ctx, input.userId)),

  delete: signedInProcedure
    .meta({
      errors: ['not_confirmed', 'last_admin', 'last_owner', 'in_use'],
      openapi: {
        method: 'DELETE',
        path: '/admin/users/{userId}',
        tags,
        summary: 'Delete an account, and transfer or delete its datasets',
      },
    })
    .input(deleteAccountInput)
    .output(z.object({ transferred: z.number(), deleted: z.number() }))
    .mutation(({ ctx, input }) => deleteAccount(ctx, input)),
});

import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';
import { deleteAccount, listAccounts, setDisabled } from './accounts.ts';
import { accountView, deleteAccountInput, listAccountsInput } from './schemas.ts';

const tags = ['Administration'];

export const accountsRouter = router({
  list: signedInProcedure
    .meta({ openapi: { method: 'GET', path: '/admin/users', tags, protect: true, summary: 'All accounts, by e-mail' } })
    .input(listAccountsInput)
    .output(z.object({ items: z.array(accountView), nextCursor: z.string().nullable() }))
    .query(({ ctx, input }) => listAccounts(ctx, input)),

  setDisabled: signedInProcedure
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/admin/users/{userId}',
        tags,
        protect: true,
        summary: 'Bar an account from signing in, or let it in again',
      },
    })
    .input(z.object({ userId: z.uuid(), isDisabled: z.boolean() }))
    .output(z.object({ disabled: z.boolean() }))
    .mutation(({ ctx, input }) => setDisabled(ctx, input)),

  delete: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/admin/users/{userId}',
        tags,
        protect: true,
        summary: 'Delete an account; its datasets are transferred or deleted',
      },
    })
    .input(deleteAccountInput)
    .output(z.object({ transferred: z.number(), deleted: z.number() }))
    .mutation(({ ctx, input }) => deleteAccount(ctx, input)),
});

import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';
import { changeGrantInput, grant, grantInput } from './schemas.ts';
import { changeRole, grantRole, listGrants, revokeRole } from './sharing.ts';

const tags = ['Sharing'];

export const sharingRouter = router({
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/permissions',
        tags,
        protect: true,
        summary: 'Who has a role in a dataset, and by whom',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ items: z.array(grant) }))
    .query(({ ctx, input }) => listGrants(ctx, input.id)),

  grant: signedInProcedure
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/permissions',
        tags,
        protect: true,
        summary: 'Give someone a role in a dataset',
      },
    })
    .input(grantInput)
    .output(grant)
    .mutation(({ ctx, input }) => grantRole(ctx, input)),

  change: signedInProcedure
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/datasets/{id}/permissions/{userId}',
        tags,
        protect: true,
        summary: 'Change a role',
      },
    })
    .input(changeGrantInput)
    .output(grant)
    .mutation(({ ctx, input }) => changeRole(ctx, input)),

  revoke: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/datasets/{id}/permissions/{userId}',
        tags,
        protect: true,
        summary: 'Take a role away, or give up your own',
      },
    })
    .input(z.object({ id: z.string(), userId: z.uuid() }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(({ ctx, input }) => revokeRole(ctx, input)),
});

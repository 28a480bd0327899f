import { requireDataset } from '@granary/core/access/policy';
import { listDuplicates } from '@granary/core/duplicates/duplicates';
import { duplicates, listDuplicatesInput } from '@granary/core/duplicates/schemas';
import { router, signedInProcedure } from '../trpc.ts';

export const duplicatesRouter = router({
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/duplicates',
        tags: ['Images'],
        protect: true,
        summary: 'Groups of images that look alike, those over several splits first',
      },
    })
    .input(listDuplicatesInput)
    .output(duplicates)
    .query(async ({ ctx, input }) => {
      await requireDataset(ctx.database, ctx.person, input.id, 'see');
      return listDuplicates(ctx.database, input);
    }),
});

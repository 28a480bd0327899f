import { listDuplicates } from '@granary/core/duplicates/duplicates';
import { duplicates, listDuplicatesInput } from '@granary/core/duplicates/schemas';
import { datasetListProcedure, router } from '../trpc.ts';

export const duplicatesRouter = router({
  list: datasetListProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/duplicates',
        tags: ['Images'],
        summary: 'Groups of images that look alike, those across several splits first',
      },
    })
    .input(listDuplicatesInput)
    .output(duplicates)
    .query(async ({ ctx, input }) => {
      return listDuplicates(ctx.database, input);
    }),
});

import { dataset } from '@granary/core/datasets/schemas';
import { adoptPrefix, publishSample } from '@granary/core/publishing/sample-datasets';
import { adopted, adoptInput, publishSampleInput } from '@granary/core/publishing/schemas';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Administration'];

export const samplesRouter = router({
  publish: signedInProcedure
    .meta({
      errors: ['id_taken'],
      status: 201,
      openapi: {
        method: 'POST',
        path: '/admin/samples',
        tags,
        summary: 'Create an empty sample: upload to it and import as with any dataset',
      },
    })
    .input(publishSampleInput)
    .output(dataset)
    .mutation(({ ctx, input }) => publishSample(ctx, input)),

  adopt: signedInProcedure
    .meta({
      errors: ['id_taken', 'unknown_account'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/admin/samples/adopt',
        tags,
        summary: 'Adopt: create a dataset from content that is already in the bucket',
      },
    })
    .input(adoptInput)
    .output(adopted)
    .mutation(({ ctx, input }) => adoptPrefix(ctx, input)),
});

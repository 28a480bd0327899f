import { dataset } from '@granary/core/datasets/schemas';
import { adoptPrefix, publishSample } from '@granary/core/publishing/samples';
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
        summary: 'Make a sample, empty: upload to it and import as to any dataset',
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
        summary: 'Make a dataset of what lies in the bucket already',
      },
    })
    .input(adoptInput)
    .output(adopted)
    .mutation(({ ctx, input }) => adoptPrefix(ctx, input)),
});

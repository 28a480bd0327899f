import { dataset } from '../datasets/schemas.ts';
import { router, signedInProcedure } from '../trpc.ts';
import { adoptPrefix, publishSample } from './samples.ts';
import { adopted, adoptInput, publishSampleInput } from './schemas.ts';

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
        protect: true,
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
        protect: true,
        summary: 'Make a dataset of what lies in the bucket already',
      },
    })
    .input(adoptInput)
    .output(adopted)
    .mutation(({ ctx, input }) => adoptPrefix(ctx, input)),
});

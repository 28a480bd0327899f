import { listSamples, listTables, searchSamples } from '@granary/core/rows/samples';
import { samplesInput, samplesPage, tableList } from '@granary/core/rows/schemas';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Text datasets'];

export const tablesRouter = router({
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/tables',
        tags,
        protect: true,
        summary: 'The subsets and splits of a dataset of texts',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(tableList)
    .query(({ ctx, input }) => listTables(ctx, input.id)),

  samples: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/samples',
        tags,
        protect: true,
        summary: 'Rows of a split, at any offset or those that match',
      },
    })
    .input(samplesInput)
    .output(samplesPage)
    .query(({ ctx, input }) => listSamples(ctx, input)),

  /** Each event is all that was found so far. */
  search: signedInProcedure.input(samplesInput).subscription(async function* ({ ctx, input, signal }) {
    yield* searchSamples(ctx, input, signal ?? new AbortController().signal);
  }),
});

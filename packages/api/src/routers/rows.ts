import { versionInput } from '@granary/core/revisions/refs';
import { listSamples, listTables, searchSamples } from '@granary/core/rows/samples';
import { samplesInput, samplesPage, tableList } from '@granary/core/rows/schemas';
import { z } from 'zod';
import { withTrpcCodes } from '../errors.ts';
import { datasetListProcedure, datasetReadingProcedure, router } from '../trpc.ts';

const tags = ['Text datasets'];

export const tablesRouter = router({
  list: datasetListProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/tables',
        tags,
        summary: 'The subsets and splits of a dataset of texts',
      },
    })
    .input(z.object({ id: z.string(), ...versionInput }))
    .output(tableList)
    .query(({ ctx, input }) => listTables(ctx, input)),

  samples: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/samples',
        tags,
        summary: 'Rows of a split: from any offset, or those that match a search',
      },
    })
    .input(samplesInput)
    .output(samplesPage)
    .query(({ ctx, input }) => listSamples(ctx, input)),

  /** Each event is all that was found so far. */
  search: datasetReadingProcedure
    .meta({ isOfVersion: true })
    .input(samplesInput)
    .subscription(async function* ({ ctx, input, signal }) {
      yield* withTrpcCodes(searchSamples(ctx, input, signal ?? new AbortController().signal));
    }),
});

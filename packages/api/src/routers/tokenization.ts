import { pageInput, pageOf } from '@granary/core/base/paging';
import { createTokenizationInput, preview, previewInput, tokenization } from '@granary/core/tokenization/schemas';
import {
  createTokenization,
  listTokenizations,
  previewTokens,
  removeTokenization,
} from '@granary/core/tokenization/tokenizations';
import { z } from 'zod';
import { datasetListProcedure, datasetProcedure, router } from '../trpc.ts';

const tags = ['Text datasets'];

export const tokenizationRouter = router({
  create: datasetProcedure('edit')
    .meta({
      errors: ['wrong_state', 'in_trash'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/tokenizations',
        tags,
        summary: 'Tokenize the rows of a dataset',
      },
    })
    .input(createTokenizationInput)
    .output(z.object({ tokenizationId: z.uuid(), jobId: z.uuid() }))
    .mutation(({ ctx, input }) => createTokenization(ctx, input)),

  list: datasetListProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/tokenizations',
        tags,
        summary: 'The tokenizations of a dataset, the newest first',
      },
    })
    .input(z.object({ id: z.string(), ...pageInput }))
    .output(pageOf(tokenization))
    .query(({ ctx, input }) => listTokenizations(ctx, input)),

  remove: datasetProcedure('edit')
    .meta({
      errors: ['wrong_state', 'in_trash'],
      status: 202,
      openapi: {
        method: 'DELETE',
        path: '/datasets/{id}/tokenizations/{tokenizationId}',
        tags,
        summary: 'Remove a tokenization and its shards',
      },
    })
    .input(z.object({ id: z.string(), tokenizationId: z.string() }))
    .output(z.object({ jobId: z.uuid().nullable() }))
    .mutation(({ ctx, input }) => removeTokenization(ctx, input)),

  preview: datasetProcedure('see')
    .meta({
      errors: ['wrong_state', 'hub_not_found', 'hub_unreachable', 'hub_gated', 'hub_rate_limited'],
      isReading: true,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/tokenizations/preview',
        tags,
        summary: 'The tokens of one row',
      },
    })
    .input(previewInput)
    .output(preview)
    .mutation(({ ctx, input }) => previewTokens(ctx, input)),
});

import { startDownload } from '@granary/core/hub/download';
import { lookUp } from '@granary/core/hub/look-up';
import { downloadInput, downloadStarted, hubInfo, hubInfoInput, lookUpInput } from '@granary/core/hub/schemas';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Hugging Face Hub'];
const errors = [
  'hub_not_found',
  'hub_gated',
  'hub_token_invalid',
  'hub_revision_unknown',
  'hub_file_missing',
  'hub_disabled',
  'hub_no_data',
  'hub_rate_limited',
  'hub_unreachable',
] as const;

export const hubRouter = router({
  info: signedInProcedure
    .meta({
      errors,
      openapi: {
        method: 'GET',
        path: '/hub/info',
        tags,
        summary: 'Look up a dataset on the Hub: subsets, splits, files, sizes',
      },
    })
    .input(hubInfoInput)
    .output(hubInfo)
    .query(({ ctx, input }) => lookUp(ctx, input)),

  lookUp: signedInProcedure
    .meta({
      errors,
      isReading: true,
      openapi: {
        method: 'POST',
        path: '/hub/info',
        tags,
        summary: 'Look up a private or gated dataset on the Hub, with an access token',
      },
    })
    .input(lookUpInput)
    .output(hubInfo)
    .mutation(({ ctx, input }) => lookUp(ctx, input)),

  download: signedInProcedure
    .meta({
      errors: ['name_taken', 'quota_exceeded', 'no_secret_key'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/download',
        tags,
        summary: 'Create a dataset by downloading one from the Hub',
      },
    })
    .input(downloadInput)
    .output(downloadStarted)
    .mutation(({ ctx, input }) => startDownload(ctx, input)),
});

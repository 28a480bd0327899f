import { pageOf } from '@granary/core/base/paging';
import { listUsagesInput, registerUsageInput, usage } from '@granary/core/usages/schemas';
import { listUsages, registerUsage, releaseUsage } from '@granary/core/usages/usages';
import { z } from 'zod';
import { datasetProcedure, router, signedInProcedure } from '../trpc.ts';

const tags = ['Usages'];

export const usagesRouter = router({
  register: datasetProcedure('see')
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/usages',
        tags,
        summary: 'Register that a service uses the dataset, so that it cannot be deleted',
      },
    })
    .input(registerUsageInput)
    .output(usage)
    .mutation(({ ctx, input }) => registerUsage(ctx, input)),

  list: datasetProcedure('see')
    .meta({
      openapi: { method: 'GET', path: '/datasets/{id}/usages', tags, summary: 'Services that use a dataset' },
    })
    .input(listUsagesInput)
    .output(pageOf(usage))
    .query(({ ctx, input }) => listUsages(ctx, input)),

  release: signedInProcedure
    .meta({ openapi: { method: 'DELETE', path: '/usages/{usageId}', tags, summary: 'End a usage' } })
    .input(z.object({ usageId: z.string() }))
    .output(usage)
    .mutation(({ ctx, input }) => releaseUsage(ctx, input.usageId)),
});

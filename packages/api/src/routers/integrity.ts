import { pageOf, pageShape } from '@granary/core/base/paging';
import { listChecks, listFindings, repairFindings, startCheck } from '@granary/core/integrity/integrity';
import {
  findingCounts,
  integrityCheck,
  integrityFinding,
  listChecksInput,
  listFindingsInput,
  repairFindingsInput,
  repairOutcome,
  startCheckInput,
} from '@granary/core/integrity/schemas';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Integrity'];

export const integrityRouter = router({
  start: signedInProcedure
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/integrity-checks',
        tags,
        summary: 'Check integrity: compare the store with the records',
      },
    })
    .input(startCheckInput)
    .output(z.object({ jobId: z.uuid() }))
    .mutation(({ ctx, input }) => startCheck(ctx, input)),

  list: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/integrity-checks', tags, summary: 'Checks, the newest first' },
    })
    .input(listChecksInput)
    .output(pageOf(integrityCheck))
    .query(({ ctx, input }) => listChecks(ctx, input)),

  findings: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/integrity-checks/{checkId}/findings',
        tags,
        summary: 'Findings of an integrity check',
      },
    })
    .input(listFindingsInput)
    .output(
      z.object({
        items: z.array(integrityFinding),
        counts: findingCounts,
        ...pageShape,
      }),
    )
    .query(({ ctx, input }) => listFindings(ctx, input)),

  repair: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/integrity-checks/{checkId}/repairs',
        tags,
        summary: 'Repair findings of an integrity check; only counts them unless dryRun is false',
      },
    })
    .input(repairFindingsInput)
    .output(repairOutcome)
    .mutation(({ ctx, input }) => repairFindings(ctx, input)),
});

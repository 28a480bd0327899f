import { pageOf } from '@granary/core/base/paging';
import { dataset } from '@granary/core/datasets/schemas';
import { bulkDeletionImpact, deleteDataset, deleteDatasets, deletionImpact } from '@granary/core/deletion/deletion';
import {
  bulkDeleteInput,
  bulkImpact,
  bulkImpactInput,
  bulkOutcome,
  bulkPurgeInput,
  bulkRestoreInput,
  deleted,
  deleteInput,
  deletionImpact as impact,
  purgeInput,
  restoreInput,
  trashInput,
  trashItem,
} from '@granary/core/deletion/schemas';
import { listTrash, purgeDataset, purgeDatasets, restoreDataset, restoreDatasets } from '@granary/core/deletion/trash';
import { z } from 'zod';
import { datasetProcedure, router, signedInProcedure } from '../trpc.ts';

const tags = ['Deletion'];
const jobStarted = z.object({ jobId: z.uuid() });

export const deletionRouter = router({
  impact: datasetProcedure('audit')
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/deletion-impact',
        tags,
        summary: 'What would be deleted with the dataset',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(impact)
    .query(({ ctx, input }) => deletionImpact(ctx, input.id)),

  delete: signedInProcedure
    .meta({
      errors: ['not_confirmed', 'in_use', 'in_trash'],
      status: 202,
      openapi: {
        method: 'DELETE',
        path: '/datasets/{id}',
        tags,
        summary: 'Move a dataset to the trash',
      },
    })
    .input(deleteInput)
    .output(deleted)
    .mutation(({ ctx, input }) => deleteDataset(ctx, input)),

  bulkImpact: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/datasets/bulk-deletion-impact',
        tags,
        summary: 'What would be deleted with many datasets',
      },
      isReading: true,
    })
    .input(bulkImpactInput)
    .output(bulkImpact)
    .mutation(({ ctx, input }) => bulkDeletionImpact(ctx, input)),

  bulkDelete: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/datasets/bulk-delete',
        tags,
        summary: 'Move many datasets to the trash',
      },
    })
    .input(bulkDeleteInput)
    .output(bulkOutcome)
    .mutation(({ ctx, input }) => deleteDatasets(ctx, input)),

  trash: signedInProcedure
    .meta({ openapi: { method: 'GET', path: '/trash', tags, summary: 'Datasets in the trash' } })
    .input(trashInput)
    .output(pageOf(trashItem))
    .query(({ ctx, input }) => listTrash(ctx, input)),

  restore: datasetProcedure('restore')
    .meta({
      errors: ['not_in_trash', 'being_purged', 'name_taken'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/restore',
        tags,
        summary: 'Restore a dataset from the trash',
      },
    })
    .input(restoreInput)
    .output(dataset)
    .mutation(({ ctx, input }) => restoreDataset(ctx, input)),

  purge: datasetProcedure('restore')
    .meta({
      errors: ['not_confirmed', 'not_in_trash', 'being_purged'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/purge',
        tags,
        summary: 'Purge a dataset in the trash for good',
      },
    })
    .input(purgeInput)
    .output(jobStarted)
    .mutation(({ ctx, input }) => purgeDataset(ctx, input)),

  bulkRestore: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/trash/restore',
        tags,
        summary: 'Restore many datasets from the trash',
      },
    })
    .input(bulkRestoreInput)
    .output(bulkOutcome)
    .mutation(({ ctx, input }) => restoreDatasets(ctx, input)),

  bulkPurge: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/trash/purge',
        tags,
        summary: 'Purge many datasets in the trash for good',
      },
    })
    .input(bulkPurgeInput)
    .output(bulkOutcome)
    .mutation(({ ctx, input }) => purgeDatasets(ctx, input)),
});

import { forkDataset, mergeSource, sourceUpdateOf } from '@granary/core/forks/forks';
import { forkInput, forkStarted, sourceUpdate, sourceUpdateInput } from '@granary/core/forks/schemas';
import { importStarted } from '@granary/core/imports/schemas';
import { datasetProcedure, router } from '../trpc.ts';

const tags = ['Versions'];

export const forksRouter = router({
  create: datasetProcedure('see')
    .meta({
      status: 202,
      errors: ['name_taken', 'quota_exceeded', 'revision_gone', 'wrong_state'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/fork',
        tags,
        summary: 'Make a dataset of your own of a version',
      },
    })
    .input(forkInput)
    .output(forkStarted)
    .mutation(({ ctx, input }) => forkDataset(ctx, input)),

  update: datasetProcedure('edit')
    .meta({
      errors: ['revision_gone', 'wrong_state'],
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/source-update',
        tags,
        summary: 'What the source of a fork has changed since, and what of it would be merged',
      },
    })
    .input(sourceUpdateInput)
    .output(sourceUpdate)
    .query(({ ctx, input }) => sourceUpdateOf(ctx, input)),

  merge: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['revision_gone', 'nothing_changed', 'wrong_state', 'in_trash'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/source-update',
        tags,
        summary: 'Merge what the source of a fork has changed since; what the fork has changed itself stays',
      },
    })
    .input(sourceUpdateInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => mergeSource(ctx, input)),
});

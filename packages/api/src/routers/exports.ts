import { pageOf } from '@granary/core/base/paging';
import { createExport, deleteExport, exportLosses, getExport, listExports } from '@granary/core/exports/exports';
import {
  createExportInput,
  exportDeleted,
  exportLoss,
  exportLossesInput,
  exportStarted,
  exportView,
  listExportsInput,
} from '@granary/core/exports/schemas';
import { z } from 'zod';
import {
  datasetListProcedure,
  datasetProcedure,
  datasetReadingProcedure,
  readingProcedure,
  router,
  signedInProcedure,
} from '../trpc.ts';

const tags = ['Exports'];
const named = z.object({ id: z.uuid() });

export const exportsRouter = router({
  losses: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      errors: ['revision_gone', 'wrong_state'],
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/exports/losses',
        tags,
        summary: 'What a format cannot hold of a dataset, before it is exported',
      },
    })
    .input(exportLossesInput)
    .output(z.object({ losses: z.array(exportLoss) }))
    .query(({ ctx, input }) => exportLosses(ctx, input)),

  create: datasetProcedure('see')
    .meta({
      // What it makes is a copy that anyone who may read can have.
      isReading: true,
      status: 202,
      errors: ['revision_gone', 'wrong_state'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/exports',
        tags,
        summary: 'Pack a version as an archive; an equal one that is there is not made again',
      },
    })
    .input(createExportInput)
    .output(exportStarted)
    .mutation(({ ctx, input }) => createExport(ctx, input)),

  list: datasetListProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/exports',
        tags,
        summary: 'Exports of a dataset, newest first',
      },
    })
    .input(listExportsInput)
    .output(pageOf(exportView))
    .query(({ ctx, input }) => listExports(ctx, input)),

  get: readingProcedure
    .meta({ openapi: { method: 'GET', path: '/exports/{id}', tags, summary: 'One export' } })
    .input(named)
    .output(exportView)
    .query(({ ctx, input }) => getExport(ctx, input.id)),

  delete: signedInProcedure
    .meta({
      isReading: true,
      errors: ['forbidden'],
      openapi: {
        method: 'DELETE',
        path: '/exports/{id}',
        tags,
        summary: 'Cancel an export, or delete it with its archive',
      },
    })
    .input(named)
    .output(exportDeleted)
    .mutation(({ ctx, input }) => deleteExport(ctx, input.id)),
});

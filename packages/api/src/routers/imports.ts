import { pageOf } from '@granary/core/base/paging';
import { createImport, getImport, listImports } from '@granary/core/imports/imports';
import { removal } from '@granary/core/imports/options';
import { publishEdits } from '@granary/core/imports/publish';
import { removeFiles } from '@granary/core/imports/removal';
import { repairImport } from '@granary/core/imports/repairs';
import {
  createImportInput,
  importStarted,
  importView,
  listImportsInput,
  publishInput,
  repairImportInput,
} from '@granary/core/imports/schemas';
import { z } from 'zod';
import { datasetListProcedure, datasetProcedure, datasetReadingProcedure, router } from '../trpc.ts';

const tags = ['Imports'];

export const importsRouter = router({
  create: datasetProcedure('edit')
    .meta({
      errors: ['upload_unknown', 'upload_not_ready', 'in_trash'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/imports',
        tags,
        summary: 'Import finished uploads',
      },
    })
    .input(createImportInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => createImport(ctx, input)),

  list: datasetListProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/imports',
        tags,
        summary: 'Imports of a dataset, the newest first',
      },
    })
    .input(listImportsInput)
    .output(pageOf(importView))
    .query(({ ctx, input }) => listImports(ctx, input)),

  get: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/imports/{importId}',
        tags,
        summary: 'One import with its report',
      },
    })
    .input(z.object({ id: z.string(), importId: z.string() }))
    .output(importView)
    .query(({ ctx, input }) => getImport(ctx, input.id, input.importId)),

  publish: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['format_not_writable', 'in_trash'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/publish',
        tags: ['Annotations'],
        summary: 'Write edits into the label files now, or convert all labels',
      },
    })
    .input(publishInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => publishEdits(ctx, input)),

  remove: datasetProcedure('edit')
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/files/remove',
        tags: ['Files'],
        summary: 'Remove files and folders from the draft',
      },
    })
    .input(removal.extend({ id: z.string() }))
    .output(importStarted)
    .mutation(({ ctx, input }) => removeFiles(ctx, input)),

  repair: datasetProcedure('edit')
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/imports/{importId}/repairs',
        tags,
        summary: 'Apply repairs from the report of the last import',
      },
    })
    .input(repairImportInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => repairImport(ctx, input)),
});

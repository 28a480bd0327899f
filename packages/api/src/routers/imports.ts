import { pageOf } from '@granary/core/base/paging';
import { createImport, getImport, listImports } from '@granary/core/imports/imports';
import { removal } from '@granary/core/imports/options';
import { putFilesBack, removeFiles } from '@granary/core/imports/removal';
import { repairImport } from '@granary/core/imports/repairs';
import {
  createImportInput,
  importStarted,
  importView,
  listImportsInput,
  repairImportInput,
} from '@granary/core/imports/schemas';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Imports'];

export const importsRouter = router({
  create: signedInProcedure
    .meta({
      errors: ['upload_unknown', 'upload_not_ready', 'in_trash'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/imports',
        tags,
        protect: true,
        summary: 'Import finished uploads',
      },
    })
    .input(createImportInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => createImport(ctx, input)),

  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/imports',
        tags,
        protect: true,
        summary: 'Imports of a dataset, the newest first',
      },
    })
    .input(listImportsInput)
    .output(pageOf(importView))
    .query(({ ctx, input }) => listImports(ctx, input)),

  get: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/imports/{importId}',
        tags,
        protect: true,
        summary: 'One import with its report',
      },
    })
    .input(z.object({ id: z.string(), importId: z.string() }))
    .output(importView)
    .query(({ ctx, input }) => getImport(ctx, input.id, input.importId)),

  remove: signedInProcedure
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/files/remove',
        tags: ['Files'],
        protect: true,
        summary: 'Take files and folders out of the draft',
      },
    })
    .input(removal.extend({ id: z.string() }))
    .output(importStarted)
    .mutation(({ ctx, input }) => removeFiles(ctx, input)),

  putBack: signedInProcedure
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/imports/{importId}/put-back',
        tags: ['Files'],
        protect: true,
        summary: 'Put back the files that a removal has taken out of the draft',
      },
    })
    .input(z.object({ id: z.string(), importId: z.string() }))
    .output(importStarted)
    .mutation(({ ctx, input }) => putFilesBack(ctx, input)),

  repair: signedInProcedure
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/imports/{importId}/repairs',
        tags,
        protect: true,
        summary: 'Apply repairs that the report of the last import proposes',
      },
    })
    .input(repairImportInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => repairImport(ctx, input)),
});

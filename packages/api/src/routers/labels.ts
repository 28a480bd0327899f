import {
  addClassInput,
  bulkImagesInput,
  classView,
  deleteClassInput,
  mergeClassesInput,
  renameClassInput,
  splitsInput,
  splitsPreview,
} from '@granary/core/imports/change-schemas';
import {
  addClass,
  changeImages,
  deleteClass,
  divideImages,
  listClasses,
  mergeClasses,
  previewSplits,
  renameClass,
} from '@granary/core/imports/request-change';
import { importStarted } from '@granary/core/imports/schemas';
import { z } from 'zod';
import { datasetProcedure, datasetReadingProcedure, router } from '../trpc.ts';

const tags = ['Labels'];

export const labelsRouter = router({
  classes: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/classes',
        tags,
        summary: 'The classes of a dataset, in their order',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ items: z.array(classView) }))
    .query(({ ctx, input }) => listClasses(ctx, input.id)),

  addClass: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['name_taken', 'in_trash'],
      openapi: { method: 'POST', path: '/datasets/{id}/classes', tags, summary: 'Add a class' },
    })
    .input(addClassInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => addClass(ctx, input)),

  renameClass: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['name_taken', 'in_trash'],
      openapi: { method: 'PATCH', path: '/datasets/{id}/classes/{classId}', tags, summary: 'Rename a class' },
    })
    .input(renameClassInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => renameClass(ctx, input)),

  deleteClass: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['in_trash'],
      openapi: {
        method: 'DELETE',
        path: '/datasets/{id}/classes/{classId}',
        tags,
        summary: 'Delete a class; its annotations get another one, or go with it',
      },
    })
    .input(deleteClassInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => deleteClass(ctx, input)),

  mergeClasses: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['in_trash'],
      openapi: { method: 'POST', path: '/datasets/{id}/classes/merge', tags, summary: 'Merge classes into one' },
    })
    .input(mergeClassesInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => mergeClasses(ctx, input)),

  changeImages: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['not_confirmed', 'in_trash'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/images/bulk',
        tags,
        summary: 'Change split, state or class of many images, or remove them, as one revision',
      },
    })
    .input(bulkImagesInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => changeImages(ctx, input)),

  previewSplits: datasetReadingProcedure
    .meta({
      isReading: true,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/splits/preview',
        tags,
        summary: 'What dividing the images into splits would come to',
      },
    })
    .input(splitsInput)
    .output(splitsPreview)
    .mutation(({ ctx, input }) => previewSplits(ctx, input)),

  divide: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['in_trash'],
      openapi: { method: 'POST', path: '/datasets/{id}/splits', tags, summary: 'Divide the images into splits' },
    })
    .input(splitsInput)
    .output(importStarted)
    .mutation(({ ctx, input: { id: _, ...asked } }) => divideImages(ctx, asked)),
});

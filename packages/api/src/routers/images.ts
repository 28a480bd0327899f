import { readAnnotations, saveAnnotations } from '@granary/core/annotations/save';
import { annotationView, imageAnnotations, saveAnnotationsInput } from '@granary/core/annotations/schemas';
import { pageInput, pageOf } from '@granary/core/base/paging';
import { getImage, listAnnotations, listImageNames, listImages } from '@granary/core/images/images';
import { imageFilters, imageName, imageView, listImageNamesInput, listImagesInput } from '@granary/core/images/schemas';
import { versionInput } from '@granary/core/revisions/refs';
import { z } from 'zod';
import { datasetListProcedure, datasetProcedure, datasetReadingProcedure, router } from '../trpc.ts';

const tags = ['Images'];
const oneImage = { id: z.string(), fileId: z.coerce.number().int().positive(), ...versionInput };

export const imagesRouter = router({
  list: datasetListProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/images',
        tags,
        summary: 'Images of a dataset, by path',
      },
    })
    .input(listImagesInput)
    .output(pageOf(imageView))
    .query(({ ctx, input }) => listImages(ctx.database, input)),

  names: datasetListProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/image-names',
        tags,
        summary: 'Names and sizes of all images, up to 10,000 at a time',
      },
    })
    .input(listImageNamesInput)
    .output(pageOf(imageName))
    .query(({ ctx, input }) => listImageNames(ctx.database, input)),

  get: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      openapi: { method: 'GET', path: '/datasets/{id}/images/{fileId}', tags, summary: 'Get an image' },
    })
    .input(z.object({ ...oneImage, ...imageFilters }))
    .output(imageView.extend({ previousId: z.number().nullable(), nextId: z.number().nullable() }))
    .query(async ({ ctx, input }) => {
      return getImage(ctx.database, input);
    }),

  annotations: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/images/{fileId}/annotations',
        tags,
        summary: 'Annotations of one image',
      },
    })
    .input(z.object({ ...oneImage, ...pageInput }))
    .output(pageOf(annotationView))
    .query(({ ctx, input }) => listAnnotations(ctx.database, input)),

  editing: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/images/{fileId}/editing',
        tags,
        summary: 'All annotations of an image as they are now, with the etag that a save is based on',
      },
    })
    .input(z.object({ id: z.string(), fileId: z.coerce.number().int().positive() }))
    .output(imageAnnotations)
    .query(({ ctx, input }) => readAnnotations(ctx, input.fileId)),

  saveAnnotations: datasetProcedure('edit')
    .meta({
      errors: ['edited_meanwhile', 'format_cannot_hold'],
      openapi: {
        method: 'PUT',
        path: '/datasets/{id}/images/{fileId}/annotations',
        tags,
        summary: 'Save the annotations of an image; publishing writes them into the files',
      },
    })
    .input(saveAnnotationsInput)
    .output(imageAnnotations)
    .mutation(({ ctx, input }) => saveAnnotations(ctx, input)),
});

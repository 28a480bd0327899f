import { pageInput, pageOf } from '@granary/core/base/paging';
import { getImage, listAnnotations, listImageNames, listImages } from '@granary/core/images/images';
import {
  annotationView,
  imageFilters,
  imageName,
  imageView,
  listImageNamesInput,
  listImagesInput,
} from '@granary/core/images/schemas';
import { versionInput } from '@granary/core/revisions/refs';
import { z } from 'zod';
import { datasetListProcedure, datasetReadingProcedure, router } from '../trpc.ts';

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
});

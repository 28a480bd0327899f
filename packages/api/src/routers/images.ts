import { requireDataset, whileSeeing } from '@granary/core/access/policy';
import { pageInput, pageOf } from '@granary/core/base/paging';
import { requireFile } from '@granary/core/files/files';
import { getImage, listAnnotations, listImages } from '@granary/core/images/images';
import { annotationView, imageView, listImagesInput } from '@granary/core/images/schemas';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Images'];
const oneImage = { id: z.string(), fileId: z.coerce.number().int().positive() };

export const imagesRouter = router({
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/images',
        tags,
        protect: true,
        summary: 'Images of a dataset, by path',
      },
    })
    .input(listImagesInput)
    .output(pageOf(imageView))
    .query(({ ctx, input }) => whileSeeing(ctx, input.id, listImages(ctx.database, input))),

  get: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/datasets/{id}/images/{fileId}', tags, protect: true, summary: 'One image' },
    })
    .input(z.object(oneImage))
    .output(imageView.extend({ previousId: z.number().nullable(), nextId: z.number().nullable() }))
    .query(async ({ ctx, input }) => {
      await requireDataset(ctx.database, ctx.person, input.id, 'see');
      return getImage(ctx.database, input.id, input.fileId);
    }),

  annotations: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/images/{fileId}/annotations',
        tags,
        protect: true,
        summary: 'Annotations of one image',
      },
    })
    .input(z.object({ ...oneImage, ...pageInput }))
    .output(pageOf(annotationView))
    .query(async ({ ctx, input }) => {
      await requireDataset(ctx.database, ctx.person, input.id, 'see');
      await requireFile(ctx.database, input.id, { id: input.fileId });
      return listAnnotations(ctx.database, input);
    }),
});

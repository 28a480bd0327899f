import { z } from 'zod';
import { requireDataset } from '../policy.ts';
import { router, signedInProcedure } from '../trpc.ts';
import { listFiles, previewFile } from './files.ts';
import { filePreview, fileView, listFilesInput } from './schemas.ts';

export const filesRouter = router({
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/files',
        tags: ['Files'],
        protect: true,
        summary: 'Files of a dataset, by path',
      },
    })
    .input(listFilesInput)
    .output(z.object({ items: z.array(fileView), folders: z.array(z.string()), nextCursor: z.string().nullable() }))
    .query(async ({ ctx, input }) => {
      await requireDataset(ctx.database, ctx.person, input.id, 'see');
      return listFiles(ctx.database, input);
    }),

  preview: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/files/preview',
        tags: ['Files'],
        protect: true,
        summary: 'The beginning of a text file',
      },
    })
    .input(z.object({ id: z.string(), path: z.string().min(1).max(1000) }))
    .output(filePreview)
    .query(async ({ ctx, input }) => {
      await requireDataset(ctx.database, ctx.person, input.id, 'see');
      return previewFile(ctx, input.id, input.path);
    }),
});

import { requireDataset, whileSeeing } from '@granary/core/access/policy';
import { pageShape } from '@granary/core/base/paging';
import { checkFiles, listFiles, previewFile } from '@granary/core/files/files';
import { checkFilesInput, existingFile, filePreview, fileView, listFilesInput } from '@granary/core/files/schemas';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

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
    .output(z.object({ items: z.array(fileView), folders: z.array(z.string()), ...pageShape }))
    .query(({ ctx, input }) => whileSeeing(ctx, input.id, listFiles(ctx.database, input))),

  check: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/files/check',
        tags: ['Files'],
        protect: true,
        summary: 'Which of some paths the dataset has, with their content hashes',
      },
      isReading: true,
    })
    .input(checkFilesInput)
    .output(z.object({ existing: z.array(existingFile) }))
    .mutation(async ({ ctx, input }) => {
      await requireDataset(ctx.database, ctx.person, input.id, 'see');
      return { existing: await checkFiles(ctx.database, input.id, input.paths) };
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

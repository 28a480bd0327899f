import { pageShape } from '@granary/core/base/paging';
import { checkFiles, listFiles, previewFile } from '@granary/core/files/files';
import { checkFilesInput, existingFile, filePreview, fileView, listFilesInput } from '@granary/core/files/schemas';
import { versionInput } from '@granary/core/revisions/refs';
import { z } from 'zod';
import { datasetListProcedure, datasetReadingProcedure, router } from '../trpc.ts';

export const filesRouter = router({
  list: datasetListProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/files',
        tags: ['Files'],
        summary: 'Files of a dataset, by path',
      },
    })
    .input(listFilesInput)
    .output(z.object({ items: z.array(fileView), folders: z.array(z.string()), ...pageShape }))
    .query(({ ctx, input }) => listFiles(ctx.database, input)),

  check: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/files/check',
        tags: ['Files'],
        summary: 'Check which of some paths the dataset has, with their content hashes',
      },
      isReading: true,
    })
    .input(checkFilesInput)
    .output(z.object({ existing: z.array(existingFile) }))
    .mutation(async ({ ctx, input }) => {
      return { existing: await checkFiles(ctx.database, input.id, input.paths) };
    }),

  preview: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/files/preview',
        tags: ['Files'],
        summary: 'The beginning of a text file',
      },
    })
    .input(z.object({ id: z.string(), path: z.string().min(1).max(1000), ...versionInput }))
    .output(filePreview)
    .query(async ({ ctx, input }) => {
      return previewFile(ctx, input);
    }),
});

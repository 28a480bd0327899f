import { pageOf } from '@granary/core/base/paging';
import { uploadView } from '@granary/core/uploads/schemas';
import { listUploads } from '@granary/core/uploads/uploads';
import { z } from 'zod';
import { datasetProcedure, router } from '../trpc.ts';

export const uploadsRouter = router({
  list: datasetProcedure('edit')
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/uploads',
        tags: ['Uploads'],
        summary: 'Your uploads to a dataset that are not imported yet',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(pageOf(uploadView))
    .query(({ ctx }) => listUploads(ctx)),
});

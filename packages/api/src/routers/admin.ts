import { pageOf, pageShape } from '@granary/core/base/paging';
import { listAllDatasets, listAllJobs, reportStorage } from '@granary/core/site/overview';
import {
  adminDataset,
  adminDatasetsInput,
  adminJob,
  adminJobsInput,
  queue,
  storageReport,
  worker,
} from '@granary/core/site/overview-schemas';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Administration'];

export const adminRouter = router({
  datasets: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/datasets',
        tags,
        summary: 'All datasets, with their owners',
      },
    })
    .input(adminDatasetsInput)
    .output(pageOf(adminDataset))
    .query(({ ctx, input }) => listAllDatasets(ctx, input)),

  jobs: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/jobs',
        tags,
        summary: 'Jobs of everyone, with the queues and the workers',
      },
    })
    .input(adminJobsInput)
    .output(
      z.object({
        items: z.array(adminJob),
        ...pageShape,
        queues: z.array(queue),
        workers: z.array(worker),
      }),
    )
    .query(({ ctx, input }) => listAllJobs(ctx, input)),

  storage: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/admin/storage', tags, summary: 'What uses the storage' },
    })
    .input(z.object({}).optional())
    .output(storageReport)
    .query(({ ctx }) => reportStorage(ctx)),
});

import { pageOf } from '@granary/core/base/paging';
import { updateDatasets } from '@granary/core/datasets/bulk';
import {
  checkName,
  createDataset,
  datasetStatistics,
  getDataset,
  updateDataset,
} from '@granary/core/datasets/datasets';
import { listDatasets } from '@granary/core/datasets/list';
import {
  availableInput,
  bulkResult,
  bulkUpdateInput,
  createDatasetInput,
  dataset,
  datasetDetail,
  listDatasetsInput,
  nameCheck,
  statistics,
  updateDatasetInput,
} from '@granary/core/datasets/schemas';
import { retryImport } from '@granary/core/imports/imports';
import { importStarted } from '@granary/core/imports/schemas';
import { cancelDatasetJobs } from '@granary/core/jobs/cancel';
import { versionInput } from '@granary/core/revisions/refs';
import { tableStatistics } from '@granary/core/rows/schemas';
import { statisticsOfSplit } from '@granary/core/rows/statistics';
import { hubToken } from '@granary/core/secrets/hub-token';
import { z } from 'zod';
import { datasetProcedure, datasetReadingProcedure, readingProcedure, router, signedInProcedure } from '../trpc.ts';

const tags = ['Datasets'];
const byId = z.object({ id: z.string() });

export const datasetsRouter = router({
  list: readingProcedure
    .meta({ openapi: { method: 'GET', path: '/datasets', tags, summary: 'Datasets you can see' } })
    .input(listDatasetsInput)
    .output(pageOf(dataset))
    .query(({ ctx, input }) => listDatasets(ctx, input)),

  available: readingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/available',
        tags,
        summary: 'Datasets that are ready to use, by name: for apps that let people choose one',
      },
    })
    .input(availableInput)
    .output(pageOf(dataset))
    .query(({ ctx, input }) => listDatasets(ctx, { ...input, status: 'ready', sort: 'name', order: 'asc' })),

  create: signedInProcedure
    .meta({
      errors: ['name_taken', 'quota_exceeded'],
      status: 201,
      openapi: { method: 'POST', path: '/datasets', tags, summary: 'Create an empty dataset' },
    })
    .input(createDatasetInput)
    .output(dataset)
    .mutation(({ ctx, input }) => createDataset(ctx, input)),

  checkName: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/dataset-names/{name}',
        tags,
        summary: 'Check whether a dataset of yours can have this name',
      },
    })
    .input(
      z.object({
        name: z.string().max(1000),
        organizationId: z.uuid().optional().describe('Of a dataset of this organization.'),
      }),
    )
    .output(nameCheck)
    .query(({ ctx, input }) => checkName(ctx, input)),

  get: readingProcedure
    .meta({ openapi: { method: 'GET', path: '/datasets/{id}', tags, summary: 'Get a dataset' } })
    .input(byId)
    .output(datasetDetail)
    .query(({ ctx, input }) => getDataset(ctx, input.id)),

  statistics: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/statistics',
        tags,
        summary:
          'Statistics of a dataset: classes, image sizes and storage, or the rows and columns of a split of texts',
      },
    })
    .input(
      byId.extend({ subset: z.string().max(200).optional(), split: z.string().max(200).optional(), ...versionInput }),
    )
    .output(statistics.extend(tableStatistics.shape))
    .query(async ({ ctx, input }) => {
      const [images, texts] = await Promise.all([datasetStatistics(ctx, input), statisticsOfSplit(ctx, input)]);
      return { ...images, ...texts };
    }),

  update: datasetProcedure('edit')
    .meta({
      errors: ['name_taken', 'in_trash'],
      openapi: {
        method: 'PATCH',
        path: '/datasets/{id}',
        tags,
        summary: 'Change the details of a dataset, and who can see it',
      },
    })
    .input(updateDatasetInput)
    .output(datasetDetail)
    .mutation(({ ctx, input }) => updateDataset(ctx, input)),

  bulkUpdate: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/datasets/bulk-update',
        tags,
        summary: 'Change the tags and visibility of many datasets',
      },
    })
    .input(bulkUpdateInput)
    .output(bulkResult)
    .mutation(({ ctx, input }) => updateDatasets(ctx, input)),

  cancel: datasetProcedure('edit')
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/cancel',
        tags,
        summary: 'Cancel the running jobs of a dataset',
      },
    })
    .input(byId)
    .output(z.object({ cancelled: z.array(z.string()).describe('The ids of the jobs that were asked to stop.') }))
    .mutation(({ ctx, input }) => cancelDatasetJobs(ctx, input.id)),

  retry: datasetProcedure('edit')
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/retry',
        tags,
        summary: 'Retry the last import, if it failed or was cancelled',
      },
    })
    .input(byId.extend({ accessToken: hubToken.optional() }))
    .output(importStarted)
    .mutation(({ ctx, input }) => retryImport(ctx, input.id, { accessToken: input.accessToken })),
});

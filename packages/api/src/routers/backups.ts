import { createBackup, listBackups, restoreBackup, restoreUpload } from '@granary/core/backups/backups';
import {
  backup,
  backupStarted,
  listBackupsInput,
  restoreBackupInput,
  restoreStarted,
  restoreUploadInput,
} from '@granary/core/backups/schemas';
import { pageOf } from '@granary/core/base/paging';
import { z } from 'zod';
import { datasetProcedure, router, signedInProcedure } from '../trpc.ts';

const tags = ['Backups'];
const page = pageOf(backup);

export const backupsRouter = router({
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/backups',
        tags,
        summary: 'Backups of datasets you manage, and of purged datasets you owned',
      },
    })
    .input(listBackupsInput)
    .output(page)
    .query(({ ctx, input }) => listBackups(ctx, input)),

  ofDataset: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/datasets/{id}/backups', tags, summary: 'Backups of a dataset' },
    })
    .input(listBackupsInput.omit({ datasetId: true }).extend({ id: z.string() }))
    .output(page)
    .query(({ ctx, input: { id, ...rest } }) => listBackups(ctx, { ...rest, datasetId: id })),

  create: datasetProcedure('audit')
    .meta({
      status: 202,
      openapi: { method: 'POST', path: '/datasets/{id}/backups', tags, summary: 'Create a backup' },
    })
    .input(z.object({ id: z.string() }))
    .output(backupStarted)
    .mutation(({ ctx, input }) => createBackup(ctx, input.id)),

  restore: signedInProcedure
    .meta({
      errors: ['backup_unusable', 'name_taken', 'quota_exceeded'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/backups/{backupId}/restore',
        tags,
        summary: 'Restore a backup as a new dataset',
      },
    })
    .input(restoreBackupInput)
    .output(restoreStarted)
    .mutation(({ ctx, input }) => restoreBackup(ctx, input)),

  restoreUpload: datasetProcedure('manage')
    .meta({
      errors: ['upload_unknown', 'upload_not_ready'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/restore-backup',
        tags,
        summary: 'Restore an uploaded backup into an empty dataset',
      },
    })
    .input(restoreUploadInput)
    .output(restoreStarted)
    .mutation(({ ctx, input }) => restoreUpload(ctx, input)),
});

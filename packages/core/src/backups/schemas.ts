import { BACKUP_STATES } from '@granary/db';
import { z } from 'zod';
import { pageInput } from '../base/paging.ts';
import { dataset, datasetName } from '../datasets/schemas.ts';

export const backup = z.object({
  id: z.uuid(),
  datasetId: z.string(),
  datasetName: z.string(),
  state: z.enum(BACKUP_STATES).describe('"verified" when it has been read back and found whole.'),
  sizeBytes: z.number().nullable(),
  sha256: z.string().nullable().describe('Of the zip.'),
  contentHash: z.string().nullable().describe("The dataset's."),
  counts: z.object({ files: z.number(), images: z.number(), annotations: z.number(), versions: z.number() }).nullable(),
  path: z.string().describe('Its key in the store.'),
  jobId: z.uuid(),
  isDatasetGone: z.boolean(),
  createdAt: z.iso.datetime(),
  verifiedAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime(),
});
export type BackupView = z.infer<typeof backup>;

export const listBackupsInput = z.object({
  datasetId: z.string().optional().describe('Of this dataset; by default of all that you manage or owned.'),
  ...pageInput,
});

export const backupStarted = z.object({ backupId: z.uuid(), jobId: z.uuid() });

const newName = datasetName.optional().describe('By default the name it had, numbered where that is taken.');
export const restoreBackupInput = z.object({ backupId: z.string(), name: newName });
export const restoreUploadInput = z.object({
  id: z.string().describe('An empty dataset, which the zip was uploaded to.'),
  uploadId: z.string(),
});
export const restoreStarted = z.object({ dataset, jobId: z.uuid() });

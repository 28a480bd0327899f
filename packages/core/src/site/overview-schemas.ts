import { JOB_KINDS, JOB_STATES } from '@granary/db';
import { z } from 'zod';
import { pageInput } from '../base/paging.ts';
import { dataset } from '../datasets/schemas.ts';
import { job } from '../jobs/schemas.ts';

export const adminDatasetsInput = z.object({
  search: z.string().trim().max(200).optional().describe('A part of the name, or of the name or e-mail of the owner.'),
  sort: z.enum(['size', 'createdAt']).default('size'),
  ...pageInput,
});

export const adminDataset = dataset.extend({
  ownerName: z.string().nullable(),
  ownerEmail: z.string().nullable(),
  organizationName: z.string().nullable(),
});
export type AdminDatasetView = z.infer<typeof adminDataset>;

export const adminJobsInput = z.object({
  state: z.enum(JOB_STATES).optional(),
  kind: z.enum(JOB_KINDS).optional(),
  ...pageInput,
});

export const adminJob = job.extend({
  createdBy: z.string().nullable().describe('The name of who asked for it; null for what starts by itself.'),
});
export type AdminJobView = z.infer<typeof adminJob>;

export const queue = z.object({
  name: z.string(),
  waiting: z.number().describe('Those to be tried again, too.'),
  running: z.number(),
  failed: z.number().describe('Of the jobs that are kept.'),
});
export type QueueView = z.infer<typeof queue>;

export const worker = z.object({
  id: z.uuid(),
  host: z.string(),
  pid: z.number(),
  startedAt: z.iso.datetime(),
  seenAt: z.iso.datetime(),
  isAlive: z.boolean().describe('Whether it reported within the last half minute.'),
});
export type WorkerView = z.infer<typeof worker>;

const amount = { objects: z.number(), bytes: z.number() };

export const storageReport = z.object({
  users: z
    .array(
      z.object({ userId: z.uuid().nullable(), name: z.string().nullable(), datasets: z.number(), bytes: z.number() }),
    )
    .describe('Who owns the most, at most 100; null for samples, and for what only an organization owns.'),
  kinds: z.array(z.object({ kind: z.string(), files: z.number(), bytes: z.number() })),
  live: z.object(amount).describe('Files of datasets that are not in the trash.'),
  trash: z.object(amount).describe('Files of datasets that are in the trash.'),
  history: z.object(amount).describe('Files that older versions need, or that can be put back.'),
  thumbnails: z.object(amount),
  backups: z.object(amount),
  exports: z.object(amount).describe('Archives that somebody has asked for.'),
  uploads: z.object(amount).describe('What is uploaded and not imported yet.'),
  orphans: z
    .object({ ...amount, checkedAt: z.iso.datetime() })
    .nullable()
    .describe('What belongs to no dataset, as of the last check of the whole store.'),
});
export type StorageReport = z.infer<typeof storageReport>;

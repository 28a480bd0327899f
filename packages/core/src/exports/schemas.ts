import { CONTAINERS, EXPORT_STATES } from '@granary/db';
import { z } from 'zod';
import { flag, pageInput } from '../base/paging.ts';
import { queryInput } from '../queries/input.ts';
import { versionInput } from '../revisions/refs.ts';
import { EXPORT_FORMATS, type ExportFormat } from './formats.ts';

const format = z
  .enum(EXPORT_FORMATS as [ExportFormat, ...ExportFormat[]])
  .describe('"original" is the tree as it is; the others are written, with repairs and renamed classes in them.');
const splitName = z.string().min(1).max(100);

export const exportLossesInput = z.object({
  id: z.string(),
  format,
  ...versionInput,
  splits: z.string().max(1000).optional().describe('Names of splits, separated by commas; by default all of them.'),
  ...queryInput,
});

export const createExportInput = z.object({
  id: z.string(),
  format,
  ...versionInput,
  splits: z.array(splitName).max(100).optional().describe('By default all of them.'),
  ...queryInput,
  images: z.boolean().default(true).describe('Without images, `images.jsonl` says which image goes where.'),
  container: z.enum(CONTAINERS).default('zip'),
});

export const listExportsInput = z.object({
  id: z.string(),
  mine: flag.optional().describe('Only those that you have asked for.'),
  ...pageInput,
});

export const exportLoss = z.object({ message: z.string(), images: z.number(), examples: z.array(z.string()) });

export const exportView = z.object({
  id: z.uuid(),
  datasetId: z.string(),
  format: z.string(),
  revision: z.number(),
  version: z.number().nullable().describe('Null where no version was asked for.'),
  splits: z.array(z.string()).nullable(),
  q: z.string().nullable(),
  images: z.boolean(),
  container: z.enum(CONTAINERS),
  filename: z.string(),
  state: z.enum(EXPORT_STATES),
  sizeBytes: z.number().nullable().describe('Of the archive; null until it is complete.'),
  sha256: z.string().nullable(),
  numFiles: z.number().nullable(),
  losses: z.array(exportLoss).describe('What the format cannot hold; known once the job has begun.'),
  jobId: z.uuid(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().describe('When the archive is deleted.'),
  mayDelete: z.boolean(),
});
export type ExportView = z.infer<typeof exportView>;

export const exportStarted = exportView.extend({
  exportId: z.uuid(),
  isNew: z.boolean().describe('False where an equal export was there already.'),
});

export const exportDeleted = z.object({
  id: z.uuid(),
  outcome: z.enum(['cancelled', 'deleted']).describe('One that is being made is cancelled, and stays in the list.'),
});

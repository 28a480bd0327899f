import { z } from 'zod';
import { flag, pageInput } from '../base/paging.ts';

const word = (max: number) => z.string().trim().min(1, { error: 'is missing' }).max(max);

export const registerUsageInput = z.object({
  id: z.string(),
  service: word(100).describe('Who uses it: a training service, for example.'),
  externalId: word(200).describe('What the service calls it: its job, for example.'),
  version: z
    .union([z.number().int().positive(), z.string().min(1).max(64)])
    .optional()
    .describe('The version that it uses: its number, or another ref of it.'),
});

export const listUsagesInput = z.object({
  id: z.string(),
  live: flag.optional().describe('Only those that are not released.'),
  ...pageInput,
});

export const usage = z.object({
  id: z.uuid(),
  datasetId: z.string(),
  service: z.string(),
  externalId: z.string(),
  version: z.number().nullable(),
  createdBy: z.string().nullable().describe('The name of who registered it.'),
  createdAt: z.iso.datetime(),
  releasedAt: z.iso.datetime().nullable(),
});
export type UsageView = z.infer<typeof usage>;

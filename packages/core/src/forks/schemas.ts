import { z } from 'zod';
import { datasetDetail, datasetName } from '../datasets/schemas.ts';
import { importStarted } from '../imports/schemas.ts';
import { diffSummary } from '../versions/schemas.ts';

const version = z
  .string()
  .min(1)
  .max(64)
  .describe('A version: its number (`3` or `v3`), a tag, `latest`, `draft`, or `r` and the number of a revision.');

export const forkInput = z.object({
  id: z.string(),
  name: datasetName,
  version: version.default('draft'),
  organizationId: z.uuid().optional().describe('An organization of yours that gets it.'),
});

/** The new dataset, and the job that fills it. */
export const forkStarted = datasetDetail.extend(importStarted.shape);

export const sourceUpdateInput = z.object({
  id: z.string(),
  to: version.optional().describe('By default the newest version of the source, or its draft where it has none newer.'),
});

export const sourceUpdate = z.object({
  datasetId: z.string().describe('The source.'),
  from: z.string().describe('The version ref that the fork has of it.'),
  to: z.string().describe('The version ref whose changes would be merged.'),
  isNewer: z.boolean().describe('Whether the source has changed at all.'),
  diff: diffSummary.nullable().describe('What the source changed in between; null where it did not.'),
  merges: z
    .object({ added: z.number(), changed: z.number(), removed: z.number() })
    .describe('Files that would change in the fork.'),
  numConflicts: z.number(),
  conflicts: z
    .array(z.string())
    .describe('Paths that the fork has changed, too, and keeps as they are: the first 1,000.'),
});
export type SourceUpdate = z.infer<typeof sourceUpdate>;

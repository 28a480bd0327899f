import { VISIBILITIES } from '@granary/db';
import { problemOfRepoId } from '@granary/hub';
import { z } from 'zod';
import { dataset, datasetName } from '../datasets/schemas.ts';
import { tokenizationOptions } from '../imports/tokenization-options.ts';
import { hubToken } from '../secrets/hub-token.ts';

const repoId = z
  .string()
  .trim()
  .transform((id) => /^https?:\/\/[^/]+\/datasets\/([^?#]+?)\/*$/.exec(id)?.[1] ?? id)
  .superRefine((id, context) => {
    const problem = problemOfRepoId(id);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  })
  .describe('`name` or `namespace/name`, as the Hub has it.');

/** What git allows as a name: https://git-scm.com/docs/git-check-ref-format */
const REVISION = /^(?![./])(?!.*(?:\.\.|\/\/|\/\.|\.lock(?:\/|$)))[\w./-]+(?<![./])$/;

export const revision = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(REVISION, { error: 'is not a branch, tag or commit' })
  .describe('A branch, tag or commit; the newest commit by default.');

const name = z.string().trim().min(1).max(200);

export const hubInfoInput = z.object({ repoId, revision: revision.optional() });
export const lookUpInput = hubInfoInput.extend({ accessToken: hubToken.optional() });

export const hubInfo = z.object({
  repoId: z.string(),
  url: z.string(),
  commit: z.string(),
  description: z.string(),
  license: z.string().nullable(),
  gated: z.enum(['no', 'auto', 'manual']),
  private: z.boolean(),
  downloads: z.number().nullable(),
  lastModified: z.string().nullable(),
  isConverted: z
    .boolean()
    .describe("What is downloaded are the parquet files that the Hub made, not the dataset's own."),
  sizeBytes: z.number().describe('Of all subsets and splits.'),
  subsets: z.array(
    z.object({
      name: z.string(),
      splits: z.array(
        z.object({
          name: z.string(),
          kind: z.enum(['parquet', 'jsonl', 'csv', 'lines', 'arrow']),
          sizeBytes: z.number(),
          numFiles: z.number(),
          files: z.array(z.object({ path: z.string(), sizeBytes: z.number() })).describe('The first 100.'),
        }),
      ),
    }),
  ),
  access: z
    .object({ code: z.string(), message: z.string() })
    .nullable()
    .describe('Why its content cannot be read: what to do about it. The subsets are not known then.'),
});

export type HubInfoView = z.infer<typeof hubInfo>;

export const downloadInput = z.object({
  repoId,
  name: datasetName.optional().describe('By default that of the repository.'),
  subset: name.optional().describe('By default all.'),
  split: name.optional().describe('By default all.'),
  revision: revision.optional(),
  maxSamples: z
    .number()
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .describe('How many rows of each split to download, from the first.'),
  accessToken: hubToken.optional(),
  visibility: z.enum(VISIBILITIES).optional(),
  organizationId: z.uuid().optional(),
  again: z.boolean().default(false).describe('Download it again, even if you already have it.'),
  tokenize: tokenizationOptions.omit({ tokenizerJson: true }).optional().describe('Tokenize it when it is there.'),
});

export const downloadStarted = dataset.extend({
  jobId: z.uuid().nullable().describe('The job that downloads it.'),
  isDuplicate: z.boolean().describe('You already have the same dataset: this one. Nothing is downloaded.'),
});

import { IMPORT_STATES } from '@granary/db';
import { z } from 'zod';
import { keptTokenization, tokenizationOptions } from '../imports/tokenization-options.ts';

export const tokenizationStatistics = z
  .object({
    numSequences: z.number(),
    numTokens: z.number().describe('Without padding.'),
    avgSeqLength: z.number(),
    maxSeqLength: z.number(),
    vocabSize: z.number(),
    truncatedShare: z.number().min(0).max(1),
    lengthHistogram: z.array(z.object({ from: z.number(), to: z.number(), count: z.number() })),
  })
  .refine(({ avgSeqLength, maxSeqLength }) => avgSeqLength <= maxSeqLength + 1e-9, {
    error: 'the average length is above the greatest',
  });

export const tokenization = z.object({
  id: z.uuid(),
  jobId: z.uuid(),
  state: z.enum(IMPORT_STATES),
  tokenizer: z.string(),
  path: z.string().describe('The folder of its shards in the dataset.'),
  options: keptTokenization,
  statistics: tokenizationStatistics.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
});

export type TokenizationView = z.infer<typeof tokenization>;

export const createTokenizationInput = tokenizationOptions.extend({ id: z.string() });

export const previewInput = tokenizationOptions.extend({
  id: z.string(),
  split: z.string().max(200).optional(),
  index: z.number().int().min(0).default(0).describe('The number of the row.'),
});

export const preview = z.object({
  text: z.string(),
  tokens: z.array(
    z.object({
      id: z.number(),
      token: z.string().describe('As the vocabulary has it.'),
      text: z.string().describe('The part of the text that it stands for.'),
      isSpecial: z.boolean(),
    }),
  ),
  numTokens: z.number().describe('Before anything was cut.'),
  isTruncated: z.boolean(),
});
export type TokenPreviewView = z.infer<typeof preview>;

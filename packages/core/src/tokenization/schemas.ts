import { IMPORT_STATES } from '@granary/db';
import { z } from 'zod';

const MOST_TOKENIZER_CHARACTERS = 24 * 1024 * 1024;

export const tokenizationOptions = z.object({
  tokenizer: z
    .string()
    .trim()
    .min(1)
    .max(96)
    .regex(/^[\w.-]+(\/[\w.-]+)?$/, { error: 'is neither "name" nor "namespace/name"' })
    .describe('The id of a model on the Hub that has a tokenizer.json; with `tokenizerJson` the name you give it.'),
  tokenizerJson: z
    .string()
    .max(MOST_TOKENIZER_CHARACTERS)
    .optional()
    .describe('The content of a tokenizer.json, instead of that of the Hub.'),
  column: z.string().min(1).max(500).optional().describe('The text to tokenize; by default the first column of texts.'),
  template: z
    .string()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Several columns as one text, such as `{question}\\n{answer}`, instead of one column.'),
  maxLength: z.number().int().min(1).max(8192).default(512).describe('Tokens, special ones included.'),
  truncation: z.boolean().default(true).describe('Cut what is longer; without it, longer texts stay whole.'),
  padding: z.enum(['none', 'max_length']).default('none'),
  specialTokens: z.boolean().default(true).describe('Add those that the tokenizer puts around a text.'),
  subset: z.string().min(1).max(200).optional().describe('By default all.'),
});
export type TokenizationOptions = z.infer<typeof tokenizationOptions>;

/** As it is kept: the content of an uploaded tokenizer lies in the store. */
export const keptTokenization = tokenizationOptions.omit({ tokenizerJson: true });

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

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

import { columnStatistics, filter, jsonValueOf, splitStatistics } from '@granary/tables';
import { z } from 'zod';
import { versionInput } from '../revisions/refs.ts';

const split = z.object({
  subset: z.string().max(200).optional().describe('By default the first.'),
  split: z.string().max(200).optional().describe('By default `train`, or the first.'),
});

const columnList = z
  .string()
  .max(4000)
  .optional()
  .transform((list) => (list ? namesOf(list) : undefined));

/** Names with commas, with spaces around them, or empty ones are in a list of JSON. */
function namesOf(list: string): string[] {
  if (list.startsWith('[')) {
    try {
      const names = z.array(z.string()).safeParse(JSON.parse(list));
      if (names.success) return names.data;
    } catch {
      // A name that begins with a bracket.
    }
  }
  return list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

const filters = z
  .string()
  .max(8000)
  .optional()
  .transform((json, context) => {
    if (!json) return [];
    try {
      const parsed = z.array(filter).max(50).safeParse(jsonValueOf(json));
      if (parsed.success) return parsed.data;
    } catch {
      // Said below.
    }
    context.addIssue({ code: 'custom', message: 'is not a JSON list of { column, op, value }' });
    return z.NEVER;
  });

/** Which rows, and what of them. */
export const samplesInput = z.object({
  id: z.string(),
  ...versionInput,
  ...split.shape,
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('How many rows, or matches of a search, are before the page.'),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  search: z.string().max(1000).optional().describe('Rows that contain this text, ignoring case.'),
  regex: z.enum(['true', 'false']).optional().describe('`search` is a regular expression (RE2).'),
  in: columnList.describe('Columns to search, separated by commas or as a JSON list; by default all texts.'),
  columns: columnList.describe('Columns to answer, separated by commas or as a JSON list; by default all.'),
  filters: filters.describe(
    'A JSON list of { column, op: equals | not_equals | contains | min | max | null | not_null, value }.',
  ),
  maxCell: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Texts longer than this many characters are cut, with an ellipsis.'),
});

export const sampleColumn = z.object({
  name: z.string(),
  type: z
    .string()
    .describe(
      '`string`, `int64`, `float64`, `bool`, `list`, `struct`, `image`, `class_label`, `json` (values of several types), …',
    ),
  names: z.array(z.string()).optional().describe('Of a class label: its classes by number.'),
});

export type SampleColumn = z.infer<typeof sampleColumn>;

/** A row by the names of its columns. zod's own records leave out what is called `__proto__`. */
export const sampleRow: z.ZodType<Record<string, unknown>> = z.any().meta({ type: 'object', additionalProperties: {} });

export const samplesPage = z.object({
  subset: z.string().nullable(),
  split: z.string().nullable(),
  columns: z.array(sampleColumn),
  items: z.array(
    z.object({
      index: z.number().describe("The row's number in the split."),
      row: sampleRow,
    }),
  ),
  total: z.number().describe('All rows that match.'),
  nextOffset: z.number().nullable(),
});

export type SampleItem = z.infer<typeof samplesPage>['items'][number];

export const searchProgress = z.object({
  scannedRows: z.number(),
  totalRows: z.number(),
  total: z.number().describe('Matches so far.'),
  isDone: z.boolean(),
  items: samplesPage.shape.items.describe('The first of them.'),
});

export type SearchProgressView = z.infer<typeof searchProgress>;

export const tableList = z.object({
  subsets: z.array(
    z.object({
      name: z.string(),
      splits: z.array(z.object({ name: z.string(), rows: z.number(), sizeBytes: z.number(), shards: z.number() })),
    }),
  ),
});

export type TableListView = z.infer<typeof tableList>;

export type ColumnStatisticsView = z.infer<typeof columnStatistics>;

export const tableStatistics = z.object({
  rows: z.number().optional().describe('Of a dataset of texts: how many the split has.'),
  countedRows: splitStatistics.shape.countedRows,
  columns: z.record(z.string(), columnStatistics).optional().describe('Of a dataset of texts, once they are counted.'),
  isCounted: z.boolean().optional().describe('False until the job that counts a new split has ended.'),
});

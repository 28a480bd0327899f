import { z } from 'zod';

export const bin = z.object({ from: z.number(), to: z.number(), count: z.number() });
export type Bin = z.infer<typeof bin>;

const percentiles = z
  .object({ p5: z.number(), p25: z.number(), p50: z.number(), p75: z.number(), p95: z.number() })
  .describe('Approximate.');

const summary = z
  .object({
    min: z.number(),
    max: z.number(),
    mean: z.number(),
    percentiles,
    histogram: z.array(bin).describe('Bins from `from` up to, but not including, `to`; the last includes it.'),
    scale: z
      .enum(['linear', 'logarithmic'])
      .optional()
      .describe('How the bins of the histogram grow: alike, or by the same factor.'),
  })
  // Sums of floating point may be off by the last digits.
  .refine(({ min, max, mean }) => mean >= min - tolerance(min) && mean <= max + tolerance(max), {
    error: 'the mean is not between the minimum and the maximum',
  });

const tolerance = (value: number): number => Math.abs(value) * 1e-9;

export const columnStatistics = z.object({
  type: z.string(),
  nulls: z.number(),
  distinct: z.number().optional().describe('How many different values there are; nulls are none.'),
  isDistinctApproximate: z
    .boolean()
    .optional()
    .describe('True for more than three million rows: `distinct` is then an estimate (HyperLogLog).'),
  min: z.number().optional(),
  max: z.number().optional(),
  mean: z.number().optional(),
  range: z
    .object({ from: z.string(), to: z.string() })
    .optional()
    .describe(
      'The least and the greatest value as they are shown, where numbers do not hold them: times, large integers, decimals.',
    ),
  percentiles: percentiles.optional(),
  histogram: z.array(bin).optional(),
  length: summary.optional().describe('Of texts in characters, of lists in items.'),
  values: z
    .array(z.object({ value: z.string(), count: z.number() }))
    .optional()
    .describe('The most frequent values: of classes all, of texts those that come often.'),
});
export type ColumnStatistics = z.infer<typeof columnStatistics>;

export const splitStatistics = z.object({
  rows: z.number(),
  countedRows: z.number().optional().describe('Where a bucket holds more than was looked through: how many rows were.'),
  columns: z
    .record(z.string(), columnStatistics)
    .describe(
      'By the name of the column. Of a column `__proto__` there are none: JSON readers disagree about that name.',
    ),
});
export type SplitStatistics = z.infer<typeof splitStatistics>;

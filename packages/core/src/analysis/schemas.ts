import { FORMATS } from '@granary/formats';
import { csvOptions, csvPreview } from '@granary/tables';
import { z } from 'zod';
import { analysis, report } from '../imports/schemas.ts';

const listedFile = z.object({
  path: z.string().min(1).max(2000),
  size: z.number().int().min(0).describe('bytes'),
  text: z.string().max(1_000_000).optional().describe('The content of a small text file, such as data.yaml.'),
});

export const analyzeInput = z
  .object({
    uploadIds: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(100)
      .optional()
      .describe('Finished uploads of one dataset.'),
    listing: z.array(listedFile).min(1).max(200_000).optional().describe('Files that have not been uploaded.'),
    datasetId: z.string().optional().describe('Labels are placed on the images of this dataset, too.'),
    formatHint: z.enum(FORMATS).optional(),
    csv: csvOptions.optional().describe('How CSV files are read, as in an import.'),
  })
  .refine(({ uploadIds, listing }) => (uploadIds === undefined) !== (listing === undefined), {
    error: 'give either uploadIds or a listing',
    path: ['listing'],
  });

/** What a dataset would turn out to be. */
export const analyzed = z.object({
  ...analysis.shape,
  taskType: z.string().nullable(),
  classes: z.array(z.string()),
  counts: z.object({ files: z.number(), images: z.number(), annotations: z.number() }),
  splits: z.record(z.string(), z.number()),
  csv: z
    .array(csvPreview)
    .describe('Of a dataset of texts: how its first CSV files would be read, as far as their content is at hand.'),
  joined: z
    .object({ images: z.number(), labeled: z.number(), others: z.number() })
    .optional()
    .describe(
      'Images of the dataset that the labels speak of, how many of these are labeled now, and how many of the others are.',
    ),
  ...report.shape,
});

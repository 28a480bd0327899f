import { z } from 'zod';
import { annotationView, imageState } from '../annotations/schemas.ts';
import { flag, pageInput } from '../base/paging.ts';
import { queryInput } from '../queries/input.ts';
import { versionInput } from '../revisions/refs.ts';

/** What images are asked for by. */
export const imageFilters = {
  class: z.string().max(500).optional().describe('Only images with an annotation of this class.'),
  split: z.string().max(100).optional(),
  labeled: flag.optional(),
  empty: flag.optional().describe('Only images that the labels say are empty, or all others.'),
  labelsLost: flag.optional().describe('Only images with labels of which none could be read, or all others.'),
  issues: z
    .literal('true')
    .optional()
    .describe('Only images that cannot be shown, or that the last report names as an example.'),
  ...queryInput,
  search: z.string().max(500).optional().describe('A part of the path.'),
};

export const listImagesInput = z.object({
  id: z.string(),
  ...imageFilters,
  path: z.string().max(1000).optional().describe('The whole path of one image.'),
  withAnnotations: flag.default('false').describe('Include up to 500 annotations of each image.'),
  ...versionInput,
  ...pageInput,
});

export const imageView = z.object({
  id: z.number(),
  path: z.string(),
  size: z.number().describe('bytes'),
  sha256: z.string(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  split: z.string().nullable(),
  className: z.string().nullable(),
  status: imageState.describe('"labels_lost": it has labels, of which none could be read.'),
  problem: z.string().nullable().describe('Why the image cannot be shown, or null.'),
  annotations: z.array(annotationView).optional(),
});
export type ImageView = z.infer<typeof imageView>;

export const listImageNamesInput = z.object({
  id: z.string(),
  cursor: pageInput.cursor,
  limit: z.coerce.number().int().min(1).max(10_000).default(10_000),
});

export const imageName = z.object({
  path: z.string(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  isLabeled: z.boolean(),
});

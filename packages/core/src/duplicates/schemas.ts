import { z } from 'zod';
import { pageInput, pageShape } from '../base/paging.ts';
import { imageView } from '../images/schemas.ts';

/** In so many of the 64 bits do near-duplicates differ, at most. */
export const MAX_DISTANCE = 7;

export const listDuplicatesInput = z.object({
  id: z.string(),
  threshold: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_DISTANCE)
    .default(4)
    .describe('Neighbours in a group differ in at most this many of 64 bits; 0 means they look the same.'),
  ...pageInput,
});

export const duplicateGroup = z.object({
  position: z.number(),
  numImages: z.number(),
  splits: z.array(z.string()).describe('More than one means that the model is tested on images it was trained on.'),
  images: z.array(imageView).describe('The first 24 by path.'),
});
export type DuplicateGroup = z.infer<typeof duplicateGroup>;

export const duplicates = z.object({
  items: z.array(duplicateGroup),
  ...pageShape,
  numGroups: z.number(),
  numAcrossSplits: z.number().describe('Groups with images of several splits.'),
  numCompared: z.number().describe('Images that have been looked at.'),
  numImages: z.number(),
  isComplete: z.boolean().describe('The groups are those of all images.'),
});

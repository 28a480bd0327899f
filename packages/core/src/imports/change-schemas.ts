import { z } from 'zod';
import { givenState } from '../annotations/schemas.ts';
import { queryInput } from '../queries/input.ts';
import { splitting } from './changes.ts';

const classId = z.coerce.number().int().positive();
const name = z.string().trim().min(1).max(500);

export const classView = z.object({
  id: z.number(),
  index: z.number(),
  name: z.string(),
  source: z
    .record(z.string(), z.unknown())
    .describe('What the format says of the class beside: a supercategory, a skeleton.'),
  numAnnotations: z.number(),
});
export type ClassView = z.infer<typeof classView>;

export const addClassInput = z.object({ id: z.string(), name });
export const renameClassInput = z.object({ id: z.string(), classId, name });
export const deleteClassInput = z.object({
  id: z.string(),
  classId,
  into: classId.optional().describe('The class that its annotations get; without one they are deleted.'),
});
export const mergeClassesInput = z.object({
  id: z.string(),
  from: z.array(z.number().int().positive()).min(1).max(1000),
  into: z.number().int().positive(),
});

export const bulkImagesInput = z
  .object({
    id: z.string(),
    ...queryInput,
    fileIds: z.array(z.number().int().positive()).min(1).max(10_000).optional(),
    confirmCount: z.number().int().min(1).describe('How many images there are: what is changed is what was seen.'),
    do: z.object({
      split: z.enum(['train', 'val', 'test']).optional(),
      state: givenState.optional(),
      classId: z.number().int().positive().optional().describe('The class that all annotations of the images get.'),
      remove: z.boolean().optional().describe('The images leave the dataset, with their labels.'),
    }),
  })
  .refine(({ q, fileIds }) => (q === undefined) !== (fileIds === undefined), {
    error: 'needs either q or fileIds',
    path: ['q'],
  });

export const splitsInput = splitting
  .extend({ id: z.string() })
  .refine(({ train, val, test }) => train + val + test > 0, { error: 'are all 0', path: ['train'] });

export const splitsPreview = z.object({
  splits: z.record(z.string(), z.number()).describe('Images of each split.'),
  moved: z.number().describe('Images that get another split.'),
  classes: z.array(
    z.object({
      className: z.string(),
      images: z.record(z.string(), z.number()).describe('Images with the class, by split.'),
    }),
  ),
});

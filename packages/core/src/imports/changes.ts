import { z } from 'zod';

const name = z.string().trim().min(1).max(500);
const classId = z.number().int().positive();

/** Split names as readers of formats call them. */
const split = z.enum(['train', 'val', 'test']);

const share = z.number().min(0).max(1);

/** How images are divided into splits. */
export const splitting = z.object({
  train: share,
  val: share,
  test: share,
  seed: z
    .number()
    .int()
    .min(0)
    .max(2_147_483_647)
    .default(0)
    .describe('The same seed divides the same images the same way.'),
  stratify: z.enum(['class', 'none']).default('none').describe('Whether each class is divided by the shares.'),
  keepTogether: z
    .enum(['duplicates', 'folder', 'none'])
    .default('none')
    .describe('Near-duplicates, or images of one folder, go into the same split.'),
});

/** A change of many images or of a class, which is published in the revision that it makes. */
export const change = z.discriminatedUnion('what', [
  z.object({ what: z.literal('add_class'), name }),
  z.object({ what: z.literal('rename_class'), classId, name }),
  z.object({
    what: z.literal('delete_class'),
    classId,
    into: classId.nullable().describe('The class that its annotations get; null deletes them.'),
  }),
  z.object({ what: z.literal('merge_classes'), from: z.array(classId).min(1).max(1000), into: classId }),
  z.object({
    what: z.literal('images'),
    q: z.string().nullish().describe('The images of this query; null for those of fileIds.'),
    fileIds: z.array(z.number().int().positive()).max(10_000).nullish(),
    split: split.nullish(),
    state: z.enum(['not_started', 'in_progress', 'completed', 'needs_review', 'accepted', 'rejected']).nullish(),
    classId: classId.nullish().describe('The class that all annotations of the images get.'),
    remove: z.boolean().default(false),
  }),
  splitting.extend({ what: z.literal('splits') }),
]);
export type Change = z.infer<typeof change>;

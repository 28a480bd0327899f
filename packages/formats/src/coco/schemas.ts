import { z } from 'zod';

/** Ids are numbers by the format; strings are met in the wild and name things just as well. */
const id = z.union([z.number(), z.string()]);
export type CocoId = z.infer<typeof id>;

export const cocoImage = z.object({
  id,
  file_name: z.string().min(1),
  width: z.number().optional(),
  height: z.number().optional(),
});

export const cocoCategory = z.looseObject({ id, name: z.string() });
export type CocoCategory = z.infer<typeof cocoCategory>;

export const cocoAnnotation = z.looseObject({
  id: id.optional(),
  image_id: id,
  category_id: id,
  bbox: z.array(z.number()).length(4).optional().nullable(),
  segmentation: z
    .union([
      z.array(z.array(z.number())),
      z.object({ counts: z.union([z.array(z.number()), z.string()]), size: z.tuple([z.number(), z.number()]) }),
    ])
    .optional()
    .nullable(),
  keypoints: z.array(z.number()).optional().nullable(),
});
export type CocoAnnotation = z.infer<typeof cocoAnnotation>;

import { z } from 'zod';
import { annotationView } from '../images/schemas.ts';
import { queryInput } from '../queries/input.ts';
import { versionInput } from '../revisions/refs.ts';

export const annotationStreamInput = z.object({
  ...versionInput,
  split: z.string().max(100).optional(),
  ...queryInput,
});

/** A line of the annotation stream. */
export const annotatedImage = z.object({
  path: z.string(),
  sha256: z.string(),
  width: z.number().nullable().describe('In pixels, as displayed.'),
  height: z.number().nullable(),
  split: z.string().nullable(),
  labeled: z.boolean().describe('True without annotations: the labels say that there is nothing on it.'),
  url: z.string().describe('Where the image is: of the store, for twelve hours, or of Granary, with your key.'),
  annotations: z.array(
    annotationView.pick({
      id: true,
      type: true,
      classIndex: true,
      className: true,
      geometry: true,
      attributes: true,
      state: true,
    }),
  ),
});
export type AnnotatedImage = z.infer<typeof annotatedImage>;

import { ANNOTATION_STATES, ANNOTATION_TYPES } from '@granary/db';
import { z } from 'zod';
import { queryInput } from '../queries/input.ts';
import { versionInput } from '../revisions/refs.ts';
import { geometryOf } from './geometry.ts';

export const annotationView = z.object({
  id: z.number(),
  type: z.enum(ANNOTATION_TYPES),
  classIndex: z
    .number()
    .nullable()
    .describe('Null for a caption, and for a class that is only there once it is published.'),
  className: z.string().nullable(),
  geometry: z.record(z.string(), z.unknown()).describe('In pixels; "box" is [left, top, width, height].'),
  attributes: z.record(z.string(), z.unknown()),
  state: z.enum(['draft', 'confirmed']),
  createdBy: z.uuid().nullable().describe('The id of who drew or imported it.'),
  confirmedBy: z.uuid().nullable(),
  confirmedAt: z.iso.datetime().nullable(),
});
export type AnnotationView = z.infer<typeof annotationView>;

export const imageState = z.enum(ANNOTATION_STATES);

/** The states that people give an image; `labels_lost` is found by readers alone. */
export const givenState = imageState.exclude(['labels_lost']);

const MOST_ANNOTATIONS = 10_000;

const attributes = z
  .record(z.string().min(1).max(200), z.unknown())
  .refine((value) => Object.keys(value).length <= 200, { error: 'has more than 200 members' });

const saved = {
  id: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Of an annotation that the image has; without one it is new, and gets one.'),
  classId: z.number().int().positive().nullish(),
  className: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .nullish()
    .describe('Instead of classId; a class that the dataset does not have yet is added when the edit is published.'),
  attributes: attributes.optional(),
};

/** An annotation as it is saved, its geometry in pixels of the displayed image. */
export const savedAnnotation = z.discriminatedUnion('type', [
  z.object({ ...saved, type: z.literal('bbox'), geometry: geometryOf.bbox }),
  z.object({ ...saved, type: z.literal('polygon'), geometry: geometryOf.polygon }),
  z.object({ ...saved, type: z.literal('rle'), geometry: geometryOf.rle }),
  z.object({ ...saved, type: z.literal('keypoints'), geometry: geometryOf.keypoints }),
  z.object({ ...saved, type: z.literal('obb'), geometry: geometryOf.obb }),
  z.object({ ...saved, type: z.literal('classification'), geometry: geometryOf.classification }),
  z.object({ ...saved, type: z.literal('caption'), geometry: geometryOf.caption }),
]);
export type SavedAnnotation = z.infer<typeof savedAnnotation>;

export const saveAnnotationsInput = z.object({
  id: z.string(),
  fileId: z.coerce.number().int().positive(),
  basedOn: z.string().max(100).describe('The etag that the annotations had when they were read.'),
  annotations: z
    .array(savedAnnotation)
    .max(MOST_ANNOTATIONS)
    .describe('All annotations of the image; those that are left out are deleted.'),
  state: givenState.optional().describe('The state of the image; without one a first annotation completes it.'),
});

/** The annotations of an image, with what tells them from what others make of them. */
export const imageAnnotations = z.object({
  fileId: z.number(),
  etag: z.string().describe('For basedOn of the next save.'),
  state: imageState,
  annotations: z.array(annotationView),
  isPublished: z.boolean().describe('Whether the files say the same.'),
  editedBy: z.uuid().nullable(),
  editedAt: z.iso.datetime().nullable(),
  conflict: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('Why the edit could not be published as it is, and what the files say.'),
});
export type ImageAnnotations = z.infer<typeof imageAnnotations>;

export const paletteClass = z.object({
  index: z.number().describe('Its place among the classes, from 0.'),
  name: z.string(),
  keypoints: z
    .array(z.string())
    .describe('The names of its key points, in their order; none where it has no skeleton.'),
  limbs: z.array(z.tuple([z.number(), z.number()])).describe('Which key points are joined, counted from 0.'),
});
export type PaletteClass = z.infer<typeof paletteClass>;

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

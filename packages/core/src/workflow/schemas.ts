import { z } from 'zod';
import { geometryOf } from '../annotations/geometry.ts';
import { imageAnnotations } from '../annotations/schemas.ts';
import { pageInput } from '../base/paging.ts';
import { imageView } from '../images/schemas.ts';
import { queryInput } from '../queries/input.ts';

const className = z.string().trim().min(1).max(500);
const score = z.number().min(0).max(1).nullish();

const predicted = z.discriminatedUnion('type', [
  z.object({ type: z.literal('bbox'), geometry: geometryOf.bbox, className, score }),
  z.object({ type: z.literal('polygon'), geometry: geometryOf.polygon, className, score }),
  z.object({ type: z.literal('rle'), geometry: geometryOf.rle, className, score }),
  z.object({ type: z.literal('keypoints'), geometry: geometryOf.keypoints, className, score }),
  z.object({ type: z.literal('obb'), geometry: geometryOf.obb, className, score }),
  z.object({ type: z.literal('classification'), geometry: geometryOf.classification, className, score }),
]);

export const postPredictionsInput = z.object({
  id: z.string(),
  model: z.string().trim().min(1).max(200),
  items: z
    .array(
      z
        .object({
          path: z.string().max(1000).optional(),
          fileId: z.number().int().positive().optional(),
          annotations: z.array(predicted).max(5000),
        })
        .refine(({ path, fileId }) => (path === undefined) !== (fileId === undefined), {
          error: 'needs either path or fileId',
        }),
    )
    .min(1)
    .max(1000)
    .describe('What the model says of each image, in place of what it said before.'),
});
export const predictionsPosted = z.object({
  images: z.number(),
  predictions: z.number(),
  unknown: z.array(z.string()).describe('Images that the dataset does not have, of which nothing was kept.'),
});

export const predictionView = z.object({
  id: z.number(),
  model: z.string(),
  score: z.number().nullable(),
  className: z.string().nullable(),
  type: z.string(),
  geometry: z.record(z.string(), z.unknown()),
  createdAt: z.iso.datetime(),
});

const ids = z.array(z.number().int().positive()).max(5000).default([]);
export const reviewInput = z.object({
  id: z.string(),
  fileId: z.coerce.number().int().positive(),
  accept: ids.describe('Predictions that become annotations.'),
  reject: ids.describe('Predictions that go.'),
});
export const reviewed = imageAnnotations.extend({ accepted: z.number(), rejected: z.number() });

export const acceptInput = z.object({
  id: z.string(),
  model: z.string().max(200),
  minScore: z.number().min(0).max(1),
  ...queryInput,
});
export const accepted = z.object({
  images: z.number(),
  predictions: z.number(),
  refused: z.array(z.object({ path: z.string(), message: z.string() })),
  hasMore: z.boolean().describe('Whether to ask again: 2,000 images are done at a time.'),
});

export const nextInput = z.object({
  id: z.string(),
  queue: z.enum(['unlabeled', 'mine', 'review']),
  after: z.string().max(1000).default('').describe('The path of the image that one comes from.'),
  ...queryInput,
});
export const nextImage = z.object({ image: imageView.nullable(), left: z.number().describe('Images in the queue.') });

export const assignInput = z.object({
  id: z.string(),
  fileIds: z.array(z.number().int().positive()).min(1).max(10_000),
  userId: z.uuid().nullable().describe('Null takes the images from whoever has them.'),
});

export const progressView = z.object({
  states: z.record(z.string(), z.number()),
  people: z.array(
    z.object({
      userId: z.uuid(),
      name: z.string(),
      edited: z.number().describe('Images whose newest edit is theirs.'),
      assigned: z.number(),
      annotations: z.number().describe('Annotations that they have drawn.'),
    }),
  ),
});

export const commentView = z.object({
  id: z.uuid(),
  fileId: z.number().nullable(),
  annotationId: z.number().nullable(),
  body: z.string(),
  mentions: z.array(z.uuid()),
  createdBy: z.uuid().nullable(),
  createdByName: z.string().nullable(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime().nullable(),
});
export type CommentView = z.infer<typeof commentView>;
const body = z.string().trim().min(1).max(5000).describe('@[name](user:id) mentions somebody who can see the dataset.');
export const listCommentsInput = z.object({
  id: z.string(),
  fileId: z.coerce.number().int().positive().optional(),
  ...pageInput,
});
export const commentInput = z.object({
  id: z.string(),
  body,
  fileId: z.number().int().positive().optional(),
  annotationId: z.number().int().positive().optional(),
});
export const changeCommentInput = z.object({ id: z.string(), commentId: z.uuid(), body });
export const deleteCommentInput = z.object({ id: z.string(), commentId: z.uuid() });

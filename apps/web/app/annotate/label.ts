import type { Box, Shape } from '@granary/formats';
import { z } from 'zod';

export type Point = readonly [x: number, y: number];

/** One annotation as it is edited. The key is this browser's; the id that the server knows it by is kept apart. */
export type Label = Shape & {
  readonly key: string;
  readonly className: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** What of a label is stored; everything but the key. */
export type Content = Shape & Pick<Label, 'className' | 'attributes'>;

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const ring = z.array(z.number());
const rle = z.object({ size: z.tuple([z.number(), z.number()]), counts: z.union([z.array(z.number()), z.string()]) });
const statedBox = box.nullish().transform((stated) => stated ?? null);

const shapes = z.discriminatedUnion('type', [
  z.object({ type: z.literal('bbox'), geometry: z.object({ box }) }),
  z.object({ type: z.literal('polygon'), geometry: z.object({ box: statedBox, polygons: z.array(ring) }) }),
  z.object({ type: z.literal('rle'), geometry: z.object({ box: statedBox, rle }) }),
  z.object({
    type: z.literal('keypoints'),
    geometry: z.object({ box: statedBox, keypoints: ring, polygons: z.array(ring).optional(), rle: rle.optional() }),
  }),
  z.object({ type: z.literal('obb'), geometry: z.object({ corners: ring.length(8) }) }),
  z.object({ type: z.literal('classification'), geometry: z.object({}).transform(() => ({})) }),
  z.object({ type: z.literal('caption'), geometry: z.object({ caption: z.string() }) }),
]);

/** An annotation as the server answers it. */
export interface StoredAnnotation {
  id: number;
  type: string;
  className: string | null;
  geometry: Record<string, unknown>;
  attributes: Record<string, unknown>;
}

/** What a stored annotation holds; null for a geometry that is not of its type, which is left as it is. */
export function contentOf({ type, geometry, className, attributes }: StoredAnnotation): Content | null {
  const shape = shapes.safeParse({ type, geometry });
  return shape.success ? { ...(shape.data as Shape), className, attributes } : null;
}

/** The content of a label, without its key. */
export function contentOfLabel({ key: _, ...content }: Label): Content {
  return content;
}

/** Whether two contents say the same, whatever the order of their members. */
export const isSame = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [definedEntries(a), new Map(definedEntries(b))];
  return left.length === right.size && left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)));
};

const definedEntries = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, member]) => member !== undefined);

/** The box that a label covers; null for what has no place, and for a shape without points. */
export function extentOf(label: Content): Box | null {
  switch (label.type) {
    case 'bbox':
      return label.geometry.box;
    case 'polygon':
      return around(label.geometry.polygons.flat()) ?? label.geometry.box;
    case 'obb':
      return around(label.geometry.corners);
    case 'rle':
      return label.geometry.box;
    case 'keypoints':
      return label.geometry.box ?? around(visiblePoints(label.geometry.keypoints));
    default:
      return null;
  }
}

/** The smallest box around flat coordinates. */
export function around(flat: readonly number[]): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [x = 0, y = 0] = [flat[i], flat[i + 1]];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return left <= right ? [left, top, right - left, bottom - top] : null;
}

function visiblePoints(keypoints: readonly number[]): number[] {
  const flat: number[] = [];
  for (let i = 0; i + 2 < keypoints.length; i += 3)
    if (keypoints[i + 2]) flat.push(keypoints[i] ?? 0, keypoints[i + 1] ?? 0);
  return flat;
}

/** Labels in the order they are drawn: those of a higher `z_order`, as CVAT and Datumaro call it, lie above. */
export function inOrder(labels: readonly Label[]): readonly Label[] {
  if (!labels.some(({ attributes }) => attributes.z_order !== undefined)) return labels;
  return labels.toSorted((a, b) => zOf(a) - zOf(b));
}

export function zOf({ attributes }: Pick<Label, 'attributes'>): number {
  return typeof attributes.z_order === 'number' ? attributes.z_order : 0;
}

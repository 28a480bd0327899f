import type { Annotation, Box } from '../model.ts';

/** Points as x, y, x, y, … that lie on a shape's outline; empty for what has none. */
export function pointsOf(annotation: Annotation): number[][] {
  switch (annotation.type) {
    case 'bbox':
      return [cornersOf(annotation.geometry.box)];
    case 'polygon':
      return annotation.geometry.polygons;
    case 'obb':
      return [annotation.geometry.corners];
    case 'keypoints':
    case 'rle':
      return annotation.geometry.box ? [cornersOf(annotation.geometry.box)] : [];
    default:
      return [];
  }
}

const cornersOf = ([x, y, width, height]: Box): number[] => [x, y, x + width, y + height];

/** The box around all points, or null when there is none. */
export function boxAround(rings: readonly (readonly number[])[]): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const [x = 0, y = 0] = [ring[i], ring[i + 1]];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  return left <= right ? [left, top, right - left, bottom - top] : null;
}

/** The box that an annotation states, or else the one around its shape. */
export function extentOf(annotation: Annotation): Box | null {
  if ('box' in annotation.geometry && annotation.geometry.box) return annotation.geometry.box;
  if (annotation.type === 'keypoints') {
    const { keypoints } = annotation.geometry;
    const visible: number[] = [];
    for (let i = 0; i + 2 < keypoints.length; i += 3) {
      if (keypoints[i + 2]) visible.push(keypoints[i] ?? 0, keypoints[i + 1] ?? 0);
    }
    return boxAround([visible]);
  }
  return boxAround(pointsOf(annotation));
}

/** Whether boxes, polygons and oriented boxes have no area; other shapes are not asked. */
export function isEmpty(annotation: Annotation): boolean {
  switch (annotation.type) {
    case 'bbox':
      return annotation.geometry.box[2] <= 0 || annotation.geometry.box[3] <= 0;
    case 'polygon':
      return annotation.geometry.polygons.every((ring) => ringArea(ring) === 0);
    case 'obb':
      return ringArea(annotation.geometry.corners) === 0;
    default:
      return false;
  }
}

/** The shoelace formula, in square pixels. */
export function ringArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += (ring[i] ?? 0) * (ring[j + 1] ?? 0) - (ring[j] ?? 0) * (ring[i + 1] ?? 0);
  }
  return Math.abs(twice) / 2;
}

/** Coordinates in text files are rounded: a shape may reach this many pixels beyond the edge. */
const TOLERANCE = 0.5;

export function isOutside(annotation: Annotation, width: number, height: number): boolean {
  for (const ring of pointsOf(annotation)) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const [x = 0, y = 0] = [ring[i], ring[i + 1]];
      if (x < -TOLERANCE || y < -TOLERANCE || x > width + TOLERANCE || y > height + TOLERANCE) return true;
    }
  }
  return false;
}

/** The annotation cut off at the image's edges. Oriented boxes stay: cut off, they would be no boxes any more. */
export function clip(annotation: Annotation, width: number, height: number): Annotation {
  switch (annotation.type) {
    case 'bbox':
      return { ...annotation, geometry: { box: clipBox(annotation.geometry.box, width, height) } };
    case 'polygon': {
      const { box, polygons } = annotation.geometry;
      const clipped = polygons.map((ring) => ring.map((value, i) => clamp(value, i % 2 === 0 ? width : height)));
      return { ...annotation, geometry: { box: box && clipBox(box, width, height), polygons: clipped } };
    }
    case 'keypoints':
    case 'rle': {
      const { box } = annotation.geometry;
      return {
        ...annotation,
        geometry: { ...annotation.geometry, box: box && clipBox(box, width, height) },
      } as Annotation;
    }
    default:
      return annotation;
  }
}

function clipBox([x, y, boxWidth, boxHeight]: Box, width: number, height: number): Box {
  const [left, top] = [clamp(x, width), clamp(y, height)];
  return [left, top, clamp(x + boxWidth, width) - left, clamp(y + boxHeight, height) - top];
}

const clamp = (value: number, max: number): number => Math.min(Math.max(value, 0), max);

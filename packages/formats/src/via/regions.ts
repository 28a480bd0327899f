import { ellipse } from '../ellipse.ts';
import type { Annotation, Box, Shape } from '../model.ts';

type Members = Record<string, unknown>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The shape of a region; a text says what is wrong with it, `unsupported` in front for a kind that is not read. */
export function shapeOf(shape: Members): Shape | string {
  const number = (key: string): number => {
    const value = shape[key];
    return value === '' || value === null || value === undefined ? Number.NaN : Number(value);
  };
  const all = (...keys: string[]): number[] | null => {
    const values = keys.map(number);
    return values.every(Number.isFinite) ? values : null;
  };
  switch (shape.name) {
    case 'rect': {
      const [x = 0, y = 0, width = 0, height = 0] = all('x', 'y', 'width', 'height') ?? [Number.NaN];
      if (!Number.isFinite(x) || width < 0 || height < 0) return 'a rect without x, y, width and height';
      return { type: 'bbox', geometry: { box: [x, y, width, height] satisfies Box } };
    }
    case 'polygon': {
      const ring = pointsOf(shape.all_points_x, shape.all_points_y);
      if (ring === null || ring.length < 6) return 'a polygon of fewer than three points';
      return { type: 'polygon', geometry: { box: null, polygons: [ring] } };
    }
    case 'circle': {
      const [cx = 0, cy = 0, r = 0] = all('cx', 'cy', 'r') ?? [Number.NaN];
      return Number.isFinite(cx) ? ellipse({ cx, cy, rx: r, ry: r }) : 'a circle without cx, cy and r';
    }
    case 'ellipse': {
      const [cx = 0, cy = 0, rx = 0, ry = 0] = all('cx', 'cy', 'rx', 'ry') ?? [Number.NaN];
      const theta = number('theta');
      return Number.isFinite(cx)
        ? ellipse({ cx, cy, rx, ry, theta: Number.isFinite(theta) ? theta : 0 })
        : 'an ellipse without cx, cy, rx and ry';
    }
    case 'point': {
      const [cx = 0, cy = 0] = all('cx', 'cy') ?? [Number.NaN];
      return Number.isFinite(cx)
        ? { type: 'keypoints', geometry: { box: null, keypoints: [cx, cy, 2] } }
        : 'a point without cx and cy';
    }
    default:
      return `unsupported: a region of the kind "${String(shape.name)}"`;
  }
}

function pointsOf(xs: unknown, ys: unknown): number[] | null {
  if (!Array.isArray(xs) || !Array.isArray(ys) || xs.length !== ys.length) return null;
  const ring = xs.flatMap((x, i) => [Number(x), Number(ys[i])]);
  return ring.every(Number.isFinite) ? ring : null;
}

/** Attributes that name the class, the likeliest first. */
const CLASSES = [
  'label',
  'class',
  'name',
  'category',
  'type',
  'object',
  'class_name',
  'label_name',
  'species',
  'names',
];

/** The attribute of regions that is the class: one that is called so, or the only one that is a text. */
export function classKeyOf(attributes: Members): string | null {
  const byName = CLASSES.find((name) => Object.keys(attributes).some((key) => key.toLowerCase() === name));
  const called = Object.keys(attributes).find((key) => key.toLowerCase() === byName);
  if (called !== undefined) return called;
  const texts = Object.keys(attributes).filter(
    (key) => typeof attributes[key] === 'string' || isMembers(attributes[key]),
  );
  return texts.length === 1 ? (texts[0] ?? null) : null;
}

/** A text, a number, or the boxes that are ticked: `{"cat": true}`. */
export function labelOf(value: unknown): string | null {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  if (typeof value === 'number') return String(value);
  if (!isMembers(value)) return null;
  return Object.keys(value).find((key) => value[key] === true || value[key] === 'true') ?? null;
}

/** The `shape_attributes` of an annotation: as they were read, or made of its shape; a ring for each of several. */
export function shapesFor(annotation: Annotation): Members[] | null {
  const { shape } = annotation.attributes;
  if (isMembers(shape) && (annotation.type === 'polygon' || annotation.type === 'keypoints')) return [shape];
  switch (annotation.type) {
    case 'bbox': {
      const [x, y, width, height] = annotation.geometry.box;
      return [{ name: 'rect', x, y, width, height }];
    }
    case 'polygon':
      return annotation.geometry.polygons.map(polygon);
    case 'obb':
      return [polygon(annotation.geometry.corners)];
    default:
      return null;
  }
}

export const polygon = (ring: readonly number[]): Members => ({
  name: 'polygon',
  all_points_x: ring.filter((_, i) => i % 2 === 0),
  all_points_y: ring.filter((_, i) => i % 2 === 1),
});

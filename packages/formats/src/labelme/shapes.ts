import { z } from 'zod';
import { boxAround } from '../checks/geometry.ts';
import { ellipse } from '../ellipse.ts';
import { sayProblem } from '../json/say.ts';
import type { Shape } from '../model.ts';

const labelmeShape = z.object({
  label: z.union([z.string().min(1), z.number().transform(String)]),
  points: z.array(z.tuple([z.number(), z.number()])),
  shape_type: z.string().nullish(),
  group_id: z.union([z.number(), z.string()]).nullish(),
  description: z.string().nullish(),
  flags: z.record(z.string(), z.boolean()).nullish(),
  score: z.number().nullish(),
  difficult: z.boolean().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
});

/** What an element of `shapes` says. */
export function readShape(
  element: unknown,
):
  | { label: string; shape: Shape; attributes: Record<string, unknown> }
  | { problem: string }
  | { unsupported: string } {
  const parsed = labelmeShape.safeParse(element);
  if (!parsed.success) return { problem: problemOf(element, parsed.error) };
  const { label, points, shape_type, group_id, description, flags, score, difficult, attributes: own } = parsed.data;
  const attributes = {
    ...(group_id == null ? {} : { group_id }),
    ...(description ? { description } : {}),
    ...(flags && Object.keys(flags).length > 0 ? { flags } : {}),
    ...(score == null ? {} : { score }),
    ...(difficult ? { difficult: 1 } : {}),
    ...(own && Object.keys(own).length > 0 ? { attributes: own } : {}),
  };
  // LabelMe's own default, which it wrote as null for a while.
  const type = shape_type ?? 'polygon';
  if (type === 'polygon') {
    return points.length >= 3
      ? { label, shape: { type: 'polygon', geometry: { box: null, polygons: [points.flat()] } }, attributes }
      : { problem: `${label}: a polygon of ${points.length} points` };
  }
  if (type === 'rotation') {
    return points.length === 4
      ? { label, shape: { type: 'obb', geometry: { corners: points.flat() } }, attributes }
      : { problem: `${label}: a turned box of ${points.length} corners` };
  }
  if (type === 'circle') {
    const [[cx = 0, cy = 0] = [], [x = 0, y = 0] = []] = points;
    const radius = Math.hypot(x - cx, y - cy);
    return points.length === 2 && radius > 0
      ? { label, shape: ellipse({ cx, cy, rx: radius, ry: radius }), attributes: { ...attributes, circle: points } }
      : { problem: `${label}: a circle without a centre and a point on it` };
  }
  if (type === 'point' || type === 'points') {
    const keypoints = points.flatMap(([x, y]) => [x, y, 2]);
    return points.length > 0
      ? { label, shape: { type: 'keypoints', geometry: { box: null, keypoints } }, attributes }
      : { problem: `${label}: no point` };
  }
  if (type !== 'rectangle')
    return { unsupported: `a ${type} of "${label}": rectangles, turned boxes, polygons, circles and points are read` };
  // Two opposite corners by LabelMe, all four by X-AnyLabeling.
  const box = points.length >= 2 ? boxAround([points.flat()]) : null;
  return box
    ? { label, shape: { type: 'bbox', geometry: { box } }, attributes }
    : { problem: `${label}: a rectangle without two corners` };
}

function problemOf(element: unknown, error: z.ZodError): string {
  const [issue] = error.issues;
  const label = typeof element === 'object' && element !== null && 'label' in element ? element.label : undefined;
  if (issue?.path[0] === 'label')
    return label === '' ? 'the label is empty' : `the label is ${label ?? 'missing'}, no text`;
  return `${typeof label === 'string' ? `${label}: ` : ''}${sayProblem(error, 'not a shape')}`;
}

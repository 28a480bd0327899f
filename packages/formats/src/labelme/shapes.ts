import { z } from 'zod';
import type { Shape } from '../model.ts';

const labelmeShape = z.object({
  label: z.string().min(1),
  points: z.array(z.tuple([z.number(), z.number()])),
  shape_type: z.string().default('polygon'),
  group_id: z.union([z.number(), z.string()]).nullish(),
  description: z.string().nullish(),
  flags: z.record(z.string(), z.boolean()).nullish(),
});

/** What an element of `shapes` says. */
export function readShape(
  element: unknown,
):
  | { label: string; shape: Shape; attributes: Record<string, unknown> }
  | { problem: string }
  | { unsupported: string } {
  const parsed = labelmeShape.safeParse(element);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a shape'}` };
  }
  const { label, points, shape_type: type, group_id, description, flags } = parsed.data;
  const attributes = {
    ...(group_id == null ? {} : { group_id }),
    ...(description ? { description } : {}),
    ...(flags && Object.keys(flags).length > 0 ? { flags } : {}),
  };
  if (type === 'polygon') {
    return points.length >= 3
      ? { label, shape: { type: 'polygon', geometry: { box: null, polygons: [points.flat()] } }, attributes }
      : { problem: `${label}: a polygon of ${points.length} points` };
  }
  if (type !== 'rectangle') return { unsupported: `a ${type} of "${label}": rectangles and polygons are read` };
  const [[x1, y1] = [], [x2, y2] = []] = points;
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined)
    return { problem: `${label}: a rectangle without two corners` };
  const box: [number, number, number, number] = [
    Math.min(x1, x2),
    Math.min(y1, y2),
    Math.abs(x2 - x1),
    Math.abs(y2 - y1),
  ];
  return { label, shape: { type: 'bbox', geometry: { box } }, attributes };
}

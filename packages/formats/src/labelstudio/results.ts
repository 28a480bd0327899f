import { z } from 'zod';
import type { Shape } from '../model.ts';
import { rotatedCorners } from '../rotation.ts';

const labels = z.array(z.string()).optional();

/** An element of `result`. Positions are shares of the image in percent. */
export const result = z.object({
  id: z.string().optional(),
  type: z.string(),
  original_width: z.number().optional(),
  original_height: z.number().optional(),
  score: z.number().nullish(),
  value: z.object({
    x: z.number().optional(),
    y: z.number().optional(),
    width: z.number().optional(),
    height: z.number().optional(),
    rotation: z.number().optional(),
    points: z.array(z.tuple([z.number(), z.number()])).optional(),
    rectanglelabels: labels,
    polygonlabels: labels,
    labels,
    choices: labels,
  }),
});

interface Labelled {
  label: string;
  shape: Shape;
  attributes: Record<string, unknown>;
}

/** One annotation per label of the result; a text says what is wrong with it. */
export function shapesOf({
  id,
  type,
  value,
  original_width,
  original_height,
  score,
}: z.infer<typeof result>): Labelled[] | string {
  const names = value.rectanglelabels ?? value.polygonlabels ?? value.choices ?? value.labels ?? [];
  const attributes = { ...(id ? { id } : {}), ...(typeof score === 'number' ? { score } : {}) };
  const all = (shape: Shape): Labelled[] => names.map((label) => ({ label, shape, attributes }));
  if (type === 'choices') return all({ type: 'classification', geometry: {} });
  if (!/^(rectangle|polygon)(labels)?$/.test(type)) return `unsupported: a result of the type "${type}"`;
  if (names.length === 0) return 'a shape without a label';
  if (!original_width || !original_height) return 'original_width and original_height are missing';
  const [scaleX, scaleY] = [original_width / 100, original_height / 100];
  if (type.startsWith('polygon')) {
    const points = (value.points ?? []).flatMap(([x, y]) => [x * scaleX, y * scaleY]);
    return points.length >= 6
      ? all({ type: 'polygon', geometry: { box: null, polygons: [points] } })
      : `a polygon of ${points.length / 2} points`;
  }
  const { x, y, width, height, rotation = 0 } = value;
  if (x === undefined || y === undefined || width === undefined || height === undefined)
    return 'a rectangle without x, y, width and height';
  const box: [number, number, number, number] = [x * scaleX, y * scaleY, width * scaleX, height * scaleY];
  if (!rotation) return all({ type: 'bbox', geometry: { box } });
  return all({ type: 'obb', geometry: { corners: rotatedCorners(box, rotation, [box[0], box[1]]) } });
}

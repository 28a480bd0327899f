import { z } from 'zod';
import { ellipse } from '../ellipse.ts';
import type { Shape } from '../model.ts';
import { rotatedCorners } from '../rotation.ts';
import { brushMask } from './brush.ts';

const labels = z.array(z.union([z.string(), z.number()]).transform(String)).optional();

/** An element of `result`. Positions are shares of the image in percent. */
export const result = z.object({
  id: z.string().optional(),
  type: z.string(),
  from_name: z.string().optional(),
  original_width: z.number().optional(),
  original_height: z.number().optional(),
  score: z.number().nullish(),
  value: z.looseObject({
    x: z.number().optional(),
    y: z.number().optional(),
    width: z.number().optional(),
    height: z.number().optional(),
    rotation: z.number().optional(),
    radiusX: z.number().optional(),
    radiusY: z.number().optional(),
    points: z.array(z.tuple([z.number(), z.number()])).optional(),
    rectanglelabels: labels,
    polygonlabels: labels,
    brushlabels: labels,
    keypointlabels: labels,
    ellipselabels: labels,
    /** Of a brush: see brush.ts. */
    rle: z.array(z.number()).optional(),
    labels,
    choices: labels,
  }),
});

export type Result = z.infer<typeof result>;

interface Labelled {
  label: string;
  shape: Shape;
  attributes: Record<string, unknown>;
}

const isShapeType = (type: string): boolean => /^(rectangle|polygon|brush|keypoint|ellipse)(labels)?$/.test(type);

const isShape = ({ type }: Result): boolean => isShapeType(type);

/**
 * Results that speak of one region: its shape, and what separate tags say of it. Each stands with its position in the list.
 */
export function regionsOf(results: readonly { at: number; result: Result }[]): { at: number; parts: Result[] }[] {
  const regions = new Map<string, { at: number; parts: Result[] }>();
  const shapes = new Set(results.flatMap((item) => (isShape(item.result) && item.result.id ? [item.result.id] : [])));
  for (const { at, result } of results) {
    const key = result.id !== undefined && shapes.has(result.id) ? result.id : `\0${at}`;
    const known = regions.get(key);
    if (known) known.parts.push(result);
    else regions.set(key, { at, parts: [result] });
  }
  return [...regions.values()];
}

/** One annotation per label of a region; a text says what is wrong with it. */
export function shapesOf(parts: readonly Result[]): Labelled[] | { unsupported: string } | { problem: string } {
  const main = parts.find(isShape) ?? parts[0];
  if (!main) return [];
  const { type, value, original_width, original_height } = main;
  const names = [...new Set(parts.flatMap((part) => labelsIn(part, part === main)))];
  const attributes = attributesOf(main, parts);
  const all = (shape: Shape): Labelled[] => names.map((label) => ({ label, shape, attributes }));
  if (type === 'choices') return all({ type: 'classification', geometry: {} });
  if (!isShape(main)) return { unsupported: `a result of the type "${type}"` };
  if (names.length === 0) return { problem: 'a shape without a label' };
  if (!original_width || !original_height) return { problem: 'original_width and original_height are missing' };
  const [scaleX, scaleY] = [original_width / 100, original_height / 100];
  if (type.startsWith('polygon')) {
    const points = (value.points ?? []).flatMap(([x, y]) => [x * scaleX, y * scaleY]);
    return points.length >= 6
      ? all({ type: 'polygon', geometry: { box: null, polygons: [points] } })
      : { problem: `a polygon of ${points.length / 2} points` };
  }
  if (type.startsWith('brush')) {
    const mask = value.rle ? brushMask(value.rle, original_width, original_height) : 'a brush without its pixels';
    if (typeof mask === 'string') return { problem: mask };
    return all({ type: 'rle', geometry: { box: mask.box, rle: mask.rle } });
  }
  const { x, y, width, height, rotation = 0 } = value;
  if (type.startsWith('ellipse')) {
    const { radiusX, radiusY } = value;
    if (x === undefined || y === undefined || radiusX === undefined || radiusY === undefined)
      return { problem: 'an ellipse without x, y, radiusX and radiusY' };
    const [rx, ry] = [radiusX * scaleX, radiusY * scaleY];
    return all(ellipse({ cx: x * scaleX, cy: y * scaleY, rx, ry, theta: (rotation * Math.PI) / 180 })).map((one) => ({
      ...one,
      attributes: { ...one.attributes, ellipse: { x, y, radiusX, radiusY, rotation } },
    }));
  }
  if (type.startsWith('keypoint')) {
    if (x === undefined || y === undefined) return { problem: 'a key point without x and y' };
    return all({ type: 'keypoints', geometry: { box: null, keypoints: [x * scaleX, y * scaleY, 2] } });
  }
  if (x === undefined || y === undefined || width === undefined || height === undefined)
    return { problem: 'a rectangle without x, y, width and height' };
  const box: [number, number, number, number] = [x * scaleX, y * scaleY, width * scaleX, height * scaleY];
  if (rotation) return all({ type: 'obb', geometry: { corners: rotatedCorners(box, rotation, [box[0], box[1]]) } });
  // One that was drawn from right to left, or upwards, has negative sizes.
  const [left, top] = [Math.min(box[0], box[0] + box[2]), Math.min(box[1], box[1] + box[3])];
  return all({ type: 'bbox', geometry: { box: [left, top, Math.abs(box[2]), Math.abs(box[3])] } });
}

function labelsIn({ type, value }: Result, isMain: boolean): string[] {
  if (!isMain) return type === 'labels' || isShapeType(type) ? (value.labels ?? []) : [];
  if (type === 'choices') return value.choices ?? [];
  return (
    value.rectanglelabels ??
    value.polygonlabels ??
    value.brushlabels ??
    value.keypointlabels ??
    value.ellipselabels ??
    value.labels ??
    []
  );
}

/** What separate tags say of a region beside its label: a choice, a text, a number. */
function attributesOf(main: Result, parts: readonly Result[]): Record<string, unknown> {
  const said = parts
    .filter((part) => part !== main && !isShape(part) && part.type !== 'labels')
    .map(({ type, from_name, value }): [string, unknown] => [
      from_name ?? type,
      value[type === 'textarea' ? 'text' : type] ?? null,
    ]);
  return {
    ...(main.id ? { id: main.id } : {}),
    ...(typeof main.score === 'number' ? { score: main.score } : {}),
    ...Object.fromEntries(said),
  };
}

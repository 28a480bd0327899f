import type { AnnotationView } from '@granary/client';
import { type Rle, runsOf } from '@granary/formats';
import { z } from 'zod';

const geometry = z.object({
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullish(),
  polygons: z.array(z.array(z.number())).optional(),
  keypoints: z.array(z.number()).optional(),
  corners: z.array(z.number()).optional(),
  rle: z
    .object({ size: z.tuple([z.number(), z.number()]), counts: z.union([z.array(z.number()), z.string()]) })
    .optional(),
});

/** What may be shown or hidden of the annotations. */
export const LAYERS = ['boxes', 'polygons', 'obb', 'masks', 'keypoints', 'labels'] as const;
export type Layer = (typeof LAYERS)[number];

/** The parts of an annotation as SVG paths in pixels of the image, and where its name may stand. */
export interface Drawing {
  outline: string;
  mask: string;
  points: string;
  anchor: [x: number, y: number] | null;
}

/** @param unit a hundredth of the image's longer side */
export function drawingOf(annotation: AnnotationView, unit: number, shown: ReadonlySet<Layer>): Drawing | null {
  const parsed = geometry.safeParse(annotation.geometry);
  if (!parsed.success) return null;
  const { box, polygons, corners, rle, keypoints } = parsed.data;
  const rings = [
    ...(polygons && shown.has('polygons') ? polygons : []),
    ...(corners && shown.has('obb') ? [corners] : []),
  ];
  const hasOutline = rings.length > 0;
  const rectangle = box && shown.has('boxes') && !hasOutline ? rectanglePath(box) : '';
  return {
    outline: rectangle + rings.map(ringPath).join(''),
    mask: rle && shown.has('masks') ? maskPath(rle) : '',
    points: keypoints && shown.has('keypoints') ? pointsPath(keypoints, unit * 0.7) : '',
    anchor: box ? [box[0], box[1]] : topLeftOf([...(polygons ?? []), ...(corners ? [corners] : [])]),
  };
}

const rectanglePath = ([x, y, width, height]: readonly [number, number, number, number]): string =>
  `M${x} ${y}h${width}v${height}h${-width}z`;

const ringPath = (ring: readonly number[]): string => (ring.length < 4 ? '' : `M${ring.join(' ')}z`);

/** A circle around every point that is not absent. */
function pointsPath(points: readonly number[], radius: number): string {
  let path = '';
  for (let i = 0; i + 2 < points.length; i += 3) {
    const [x = 0, y = 0, visibility] = points.slice(i, i + 3);
    if (visibility)
      path += `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${radius * 2} 0a${radius} ${radius} 0 1 0 ${-radius * 2} 0z`;
  }
  return path;
}

/** Enough for a ragged outline on the largest photographs; a path that is longer would stop the page. */
const MAX_RUNS = 200_000;

/** A rectangle, a pixel wide, for every run within a column. */
function maskPath(rle: Rle): string {
  const [height, width] = rle.size;
  const parts: string[] = [];
  let at = 0;
  runsOf(rle).forEach((run, i) => {
    const end = Math.min(at + run, height * width);
    for (let from = at; i % 2 === 1 && from < end && parts.length < MAX_RUNS; ) {
      const [x, y] = [Math.floor(from / height), from % height];
      const length = Math.min(height - y, end - from);
      parts.push(`M${x} ${y}h1v${length}h-1z`);
      from += length;
    }
    at = end;
  });
  return parts.join('');
}

function topLeftOf(rings: readonly (readonly number[])[]): [number, number] | null {
  let [left, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const ring of rings) {
    ring.forEach((value, i) => {
      if (i % 2 === 0) left = Math.min(left, value);
      else top = Math.min(top, value);
    });
  }
  return Number.isFinite(left) && Number.isFinite(top) ? [left, top] : null;
}

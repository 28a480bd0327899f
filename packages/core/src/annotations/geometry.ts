import { type Annotation, extentOf, ringArea, runsOf } from '@granary/formats';
import { z } from 'zod';

const MOST_NUMBERS = 200_000;
const MOST_RUNS = 2_000_000;
const coordinate = z.number().min(-1e6).max(1e6);
const length = z.number().positive().max(1e6);
const box = z.tuple([coordinate, coordinate, length, length]);
const ring = z
  .array(coordinate)
  .min(6)
  .max(MOST_NUMBERS)
  .refine((numbers) => numbers.length % 2 === 0, { error: 'has an x without a y' });
const rings = z.array(ring).min(1).max(1000);
const rle = z.object({
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]),
  counts: z.union([z.array(z.number().int().min(0)).max(MOST_RUNS), z.string().max(4 * MOST_RUNS)]),
});

/** The geometry of each type of annotation, as people save it. */
export const geometryOf = {
  bbox: z.object({ box }),
  polygon: z.object({ box: box.nullable().default(null), polygons: rings }),
  rle: z.object({ box: box.nullable().default(null), rle }),
  keypoints: z.object({
    box: box.nullable().default(null),
    keypoints: z
      .array(coordinate)
      .min(3)
      .max(3000)
      .refine((numbers) => numbers.length % 3 === 0, { error: 'is no list of x, y, visibility' })
      .refine((numbers) => numbers.every((value, i) => i % 3 !== 2 || [0, 1, 2].includes(value)), {
        error: 'has a visibility that is not 0, 1 or 2',
      }),
    polygons: rings.optional(),
    rle: rle.optional(),
  }),
  obb: z.object({ corners: z.array(coordinate).length(8) }),
  classification: z.object({}),
  caption: z.object({ caption: z.string().min(1).max(10_000) }),
};

/** Points may lie outside by what rounding does. */
const TOLERANCE = 0.5;

/** What is wrong with a shape in an image of this size, in words; null for a sound one. */
export function mistakeIn(
  annotation: Annotation,
  { width, height }: { width: number | null; height: number | null },
): string | null {
  const { geometry } = annotation;
  const mask = 'rle' in geometry ? geometry.rle : undefined;
  if (mask) {
    const [maskHeight, maskWidth] = mask.size;
    if (width !== null && (maskWidth !== width || maskHeight !== height))
      return `is a mask of ${maskWidth} × ${maskHeight} in an image of ${width} × ${height}`;
    let covered = 0;
    for (const run of runsOf(mask)) covered += run;
    if (covered !== maskWidth * maskHeight)
      return `is a mask whose runs cover ${covered} of ${maskWidth * maskHeight} pixels`;
  }
  if (annotation.type === 'polygon' && annotation.geometry.polygons.some((points) => ringArea(points) === 0))
    return 'has a ring without an area';
  if (annotation.type === 'obb' && ringArea(annotation.geometry.corners) === 0) return 'has no area';
  const extent = extentOf(annotation);
  if (!extent || width === null || height === null) return null;
  const [x, y, boxWidth, boxHeight] = extent;
  const isInside =
    x >= -TOLERANCE && y >= -TOLERANCE && x + boxWidth <= width + TOLERANCE && y + boxHeight <= height + TOLERANCE;
  return isInside ? null : `lies outside of the image, which has ${width} × ${height} pixels`;
}

/** The square pixels that a shape covers, for formats whose annotations say them; null for what has none. */
export function areaOf(annotation: Annotation): number | null {
  switch (annotation.type) {
    case 'bbox':
      return annotation.geometry.box[2] * annotation.geometry.box[3];
    case 'polygon':
      return annotation.geometry.polygons.reduce((sum, points) => sum + ringArea(points), 0);
    case 'rle': {
      let area = 0;
      let isInside = false;
      for (const run of runsOf(annotation.geometry.rle)) {
        if (isInside) area += run;
        isInside = !isInside;
      }
      return area;
    }
    case 'obb':
      return ringArea(annotation.geometry.corners);
    default:
      return null;
  }
}

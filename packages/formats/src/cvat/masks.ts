import { eachPixelOf } from '../masks/raster.ts';
import { regionsOf } from '../masks/regions.ts';
import type { Box, Rle } from '../model.ts';

/**
 * A mask as CVAT has it: run lengths row by row, background first, inside of a box of whole pixels
 * (https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/). The size of the image is not in it.
 */
export interface CvatMask {
  rle: number[];
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The mask in an image of that size; null when its runs do not fill its box. */
export function rleOf({ rle, left, top, width, height }: CvatMask, size: Rle['size']): { box: Box; rle: Rle } | null {
  if (rle.reduce((sum, run) => sum + run, 0) !== width * height) return null;
  const cells = new Uint8Array(width * height);
  let at = 0;
  rle.forEach((run, i) => {
    if (i % 2 === 1) cells.fill(1, at, at + run);
    at += run;
  });
  const [rows, columns] = size;
  const region = regionsOf(columns, rows, (index) => {
    const [x, y] = [(index % columns) - left, Math.floor(index / columns) - top];
    return x >= 0 && y >= 0 && x < width && y < height && cells[y * width + x] === 1 ? 1 : -1;
  })?.get(1);
  return region ? { box: region.box, rle: region.rle } : null;
}

/** Null for a mask that covers nothing of an image of that size. */
export function cvatMaskOf(rle: Rle): CvatMask | null {
  const [rows, columns] = rle.size;
  const cells = new Uint8Array(rows * columns);
  let [left, top, right, bottom] = [columns, rows, 0, 0];
  const annotation = { type: 'rle', geometry: { box: null, rle }, classIndex: null, attributes: {} } as const;
  eachPixelOf(annotation, columns, rows, (index) => {
    cells[index] = 1;
    const [x, y] = [index % columns, Math.floor(index / columns)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  });
  if (right <= left) return null;
  const runs: number[] = [0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const isSet = cells[y * columns + x] === 1;
      if (isSet !== (runs.length % 2 === 0)) runs.push(0);
      runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1;
    }
  }
  return { rle: runs, left, top, width: right - left, height: bottom - top };
}

import { MAX_PIXELS } from '../image-probe.ts';
import type { Box, Rle } from '../model.ts';
import { compressed, runsOf } from '../rle.ts';

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

/** The mask in an image of that size; null when its runs do not fill its box, or set nothing. */
export function rleOf({ rle, left, top, width, height }: CvatMask, size: Rle['size']): { box: Box; rle: Rle } | null {
  if (width * height > MAX_PIXELS || rle.reduce((sum, run) => sum + run, 0) !== width * height) return null;
  const cells = new Uint8Array(width * height);
  let at = 0;
  rle.forEach((run, i) => {
    if (i % 2 === 1) cells.fill(1, at, at + run);
    at += run;
  });
  const [rows] = size;
  const counts: number[] = [];
  let end = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (cells[y * width + x] === 0) continue;
      const from = y;
      while (y < height && cells[y * width + x] === 1) y++;
      const start = (left + x) * rows + top + from;
      if (start === end && counts.length > 0) counts[counts.length - 1] = (counts.at(-1) ?? 0) + y - from;
      else counts.push(start - end, y - from);
      end = start + y - from;
    }
  }
  const mask: Rle = { size, counts: compressed(counts) };
  const box = boundsOf(mask);
  return box && { box, rle: mask };
}

/** The box of whole pixels around a mask; null when it covers nothing. */
export function boundsOf(rle: Rle): Box | null {
  const [rows, columns] = rle.size;
  let [left, top, right, bottom] = [columns, rows, 0, 0];
  let at = 0;
  runsOf(rle).forEach((run, i) => {
    const end = Math.min(at + run, rows * columns);
    if (i % 2 === 1 && end > at) {
      const [first, last] = [Math.floor(at / rows), Math.floor((end - 1) / rows)];
      left = Math.min(left, first);
      right = Math.max(right, last + 1);
      // A run that goes on into the next column reaches the bottom of one and the top of the other.
      top = Math.min(top, first === last ? at % rows : 0);
      bottom = Math.max(bottom, first === last ? ((end - 1) % rows) + 1 : rows);
    }
    at += run;
  });
  return right > left ? [left, top, right - left, bottom - top] : null;
}

/** Null for a mask that covers nothing of an image of that size. */
export function cvatMaskOf(rle: Rle): CvatMask | null {
  const box = boundsOf(rle);
  if (box === null) return null;
  const [left, top, width, height] = box;
  const [rows, columns] = rle.size;
  const cells = new Uint8Array(rows * columns);
  let at = 0;
  runsOf(rle).forEach((run, i) => {
    if (i % 2 === 1) cells.fill(1, at, at + run);
    at += run;
  });
  const runs: number[] = [0];
  let isSet = 0;
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      const cell = cells[x * rows + y] ?? 0;
      if (cell !== isSet) runs.push(0);
      isSet = cell;
      runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1;
    }
  }
  return { rle: runs, left, top, width, height };
}

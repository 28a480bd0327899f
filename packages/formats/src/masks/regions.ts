import type { Box, Rle } from '../model.ts';
import { compressed } from '../rle.ts';

/** All pixels of one value. */
export interface Region {
  rle: Rle;
  box: Box;
  /** In pixels. */
  area: number;
}

/** A mask has few values; a photograph has more. */
export const MAX_VALUES = 20_000;

interface Growing {
  counts: number[];
  /** Where the last run ended, in column order. */
  end: number;
  area: number;
  box: [left: number, top: number, right: number, bottom: number];
}

/**
 * The pixels of each value as run lengths in column order, in one pass; null when there are more values than a mask has.
 *
 * @param valueAt for each pixel by its position in row order; what is negative belongs to no region
 */
export function regionsOf(
  width: number,
  height: number,
  valueAt: (index: number) => number,
): Map<number, Region> | null {
  const growing = new Map<number, Growing>();
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; ) {
      const value = valueAt(y * width + x);
      let to = y + 1;
      while (to < height && valueAt(to * width + x) === value) to++;
      if (value >= 0 && !addRun(growing, value, { x, from: y, to, height })) return null;
      y = to;
    }
  }
  const size: Rle['size'] = [height, width];
  return new Map(
    [...growing].map(
      ([
        value,
        {
          counts,
          area,
          box: [left, top, right, bottom],
        },
      ]) => [value, { rle: { size, counts: compressed(counts) }, area, box: [left, top, right - left, bottom - top] }],
    ),
  );
}

function addRun(
  growing: Map<number, Growing>,
  value: number,
  { x, from, to, height }: { x: number; from: number; to: number; height: number },
): boolean {
  const start = x * height + from;
  const known = growing.get(value);
  if (!known) {
    if (growing.size === MAX_VALUES) return false;
    growing.set(value, {
      counts: [start, to - from],
      end: x * height + to,
      area: to - from,
      box: [x, from, x + 1, to],
    });
    return true;
  }
  const { counts, box } = known;
  if (known.end === start) counts[counts.length - 1] = (counts.at(-1) ?? 0) + (to - from);
  else counts.push(start - known.end, to - from);
  known.end = x * height + to;
  known.area += to - from;
  box[1] = Math.min(box[1], from);
  box[2] = x + 1;
  box[3] = Math.max(box[3], to);
  return true;
}

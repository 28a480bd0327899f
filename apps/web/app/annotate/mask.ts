import { type Box, compressed, type Rle, runsOf } from '@granary/formats';
import type { Point } from './label';

/** The set pixels of a mask: for each column where its runs begin and end, in order and apart from each other. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** By column; a column without a pixel has no entry. */
  readonly columns: ReadonlyMap<number, readonly number[]>;
}

export const emptyMask = (width: number, height: number): Mask => ({ width, height, columns: new Map() });

const known = new WeakMap<Rle, Mask>();

/** The mask that run lengths say. */
export function maskOf(rle: Rle): Mask {
  const found = known.get(rle);
  if (found) return found;
  const [height, width] = rle.size;
  const columns = new Map<number, number[]>();
  let at = 0;
  runsOf(rle).forEach((run, i) => {
    const end = Math.min(at + run, width * height);
    for (let from = at; i % 2 === 1 && from < end; ) {
      const column = Math.floor(from / height);
      const to = Math.min(end, (column + 1) * height);
      const runs = columns.get(column) ?? [];
      columns.set(column, runs);
      runs.push(from - column * height, to - column * height);
      from = to;
    }
    at = end;
  });
  const mask = { width, height, columns };
  known.set(rle, mask);
  return mask;
}

/** Run lengths as COCO's compressed string, with the box around what is set. */
export function rleOf(mask: Mask): { rle: Rle; box: Box | null } {
  const { width, height, columns } = mask;
  const counts: number[] = [];
  let [end, left, top, right, bottom] = [0, Infinity, Infinity, -1, -1];
  for (const x of [...columns.keys()].sort((a, b) => a - b)) {
    const runs = columns.get(x) ?? [];
    for (let i = 0; i + 1 < runs.length; i += 2) {
      const [from = 0, to = 0] = [runs[i], runs[i + 1]];
      const start = x * height + from;
      // A run that goes on at the top of the next column is one run.
      if (start === end && counts.length > 0) counts[counts.length - 1] = (counts.at(-1) ?? 0) + to - from;
      else counts.push(start - end, to - from);
      end = x * height + to;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, from), Math.max(bottom, to)];
    }
  }
  if (end < width * height) counts.push(width * height - end);
  const box: Box | null = right < 0 ? null : [left, top, right - left + 1, bottom - top];
  const rle: Rle = { size: [height, width], counts: compressed(counts) };
  known.set(rle, mask);
  return { rle, box };
}

/** The mask with what a round brush covers on its way from one point to another, or without it. */
export function brushed(mask: Mask, from: Point, to: Point, radius: number, isErasing: boolean): Mask {
  const columns = new Map(mask.columns);
  const first = Math.max(0, Math.floor(Math.min(from[0], to[0]) - radius));
  const last = Math.min(mask.width - 1, Math.ceil(Math.max(from[0], to[0]) + radius));
  for (let x = first; x <= last; x++) {
    const covered = coveredBy(x + 0.5, from, to, radius);
    if (!covered) continue;
    // A pixel is covered where its middle is.
    const top = Math.max(0, Math.ceil(covered[0] - 0.5));
    const bottom = Math.min(mask.height, Math.floor(covered[1] - 0.5) + 1);
    if (top >= bottom) continue;
    const runs = columns.get(x) ?? [];
    const next = isErasing ? withoutRun(runs, top, bottom) : withRun(runs, top, bottom);
    if (next.length > 0) columns.set(x, next);
    else columns.delete(x);
  }
  return { ...mask, columns };
}

/** Where the upright line at `x` crosses the brush's way: two discs and what lies between them, which is convex. */
function coveredBy(x: number, from: Point, to: Point, radius: number): Point | null {
  let [top, bottom] = [Infinity, -Infinity];
  const add = (y: number) => {
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  };
  for (const [cx, cy] of [from, to]) {
    const reach = radius ** 2 - (x - cx) ** 2;
    if (reach < 0) continue;
    add(cy - Math.sqrt(reach));
    add(cy + Math.sqrt(reach));
  }
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length > 0) {
    const [offX, offY] = [(-dy / length) * radius, (dx / length) * radius];
    for (const side of [1, -1]) {
      const [x1, y1] = [from[0] + side * offX, from[1] + side * offY];
      const share = dx === 0 ? Number.NaN : (x - x1) / dx;
      if (share >= 0 && share <= 1) add(y1 + share * dy);
    }
  }
  return top <= bottom ? [top, bottom] : null;
}

function withRun(runs: readonly number[], top: number, bottom: number): number[] {
  const next: number[] = [];
  let [from, to] = [top, bottom];
  let isIn = false;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const [start = 0, end = 0] = [runs[i], runs[i + 1]];
    if (end < from) next.push(start, end);
    else if (start > to) {
      if (!isIn) next.push(from, to);
      isIn = true;
      next.push(start, end);
    } else [from, to] = [Math.min(from, start), Math.max(to, end)];
  }
  if (!isIn) next.push(from, to);
  return next;
}

function withoutRun(runs: readonly number[], top: number, bottom: number): number[] {
  const next: number[] = [];
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const [start = 0, end = 0] = [runs[i], runs[i + 1]];
    if (start < top) next.push(start, Math.min(end, top));
    if (end > bottom) next.push(Math.max(start, bottom), end);
  }
  return next;
}

/** The mask, moved by whole pixels; what leaves the image is gone. */
export function movedMask({ width, height, columns }: Mask, dx: number, dy: number): { rle: Rle; box: Box | null } {
  const next = new Map<number, number[]>();
  for (const [x, runs] of columns) {
    if (x + dx < 0 || x + dx >= width) continue;
    const shifted: number[] = [];
    for (let i = 0; i + 1 < runs.length; i += 2) {
      const from = Math.max(0, (runs[i] ?? 0) + dy);
      const to = Math.min(height, (runs[i + 1] ?? 0) + dy);
      if (from < to) shifted.push(from, to);
    }
    if (shifted.length > 0) next.set(x + dx, shifted);
  }
  return rleOf({ width, height, columns: next });
}

/** Whether the pixel at a point is set. */
export function isSet({ columns }: Mask, [x, y]: Point): boolean {
  const runs = columns.get(Math.floor(x)) ?? [];
  for (let i = 0; i + 1 < runs.length; i += 2) if (y >= (runs[i] ?? 0) && y < (runs[i + 1] ?? 0)) return true;
  return false;
}

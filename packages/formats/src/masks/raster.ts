import type { Annotation, Rle } from '../model.ts';
import { runsOf } from '../rle.ts';

/** Sets the pixels of an annotation, by their position in row order. False for one that covers no pixels by its nature. */
export function eachPixelOf(
  { type, geometry }: Annotation,
  width: number,
  height: number,
  set: (index: number) => void,
): boolean {
  switch (type) {
    case 'rle':
      fillMask(geometry.rle, width, height, set);
      return true;
    case 'polygon':
      fillRings(geometry.polygons, width, height, set);
      return true;
    case 'obb':
      fillRings([geometry.corners], width, height, set);
      return true;
    case 'bbox': {
      const [x, y, boxWidth, boxHeight] = geometry.box;
      fillRings([[x, y, x + boxWidth, y, x + boxWidth, y + boxHeight, x, y + boxHeight]], width, height, set);
      return true;
    }
    case 'keypoints':
      if (geometry.rle) fillMask(geometry.rle, width, height, set);
      else if (geometry.polygons) fillRings(geometry.polygons, width, height, set);
      return geometry.rle !== undefined || geometry.polygons !== undefined;
    default:
      return false;
  }
}

function fillMask(rle: Rle, width: number, height: number, set: (index: number) => void): void {
  const [rows] = rle.size;
  if (rows <= 0) return;
  let at = 0;
  const runs = runsOf(rle);
  for (let i = 0; i < runs.length; i++) {
    const end = Math.min(at + (runs[i] ?? 0), rows * rle.size[1]);
    if (i % 2 === 1) {
      for (; at < end; at++) {
        const [x, y] = [Math.floor(at / rows), at % rows];
        if (x < width && y < height) set(y * width + x);
      }
    }
    at = end;
  }
}

/** Pixels whose centre is inside of any of the rings; a ring that crosses itself is filled where it winds around. */
export function fillRings(
  rings: readonly (readonly number[])[],
  width: number,
  height: number,
  set: (index: number) => void,
): void {
  for (const ring of rings) {
    const ys = ring.filter((_, i) => i % 2 === 1);
    const from = Math.max(0, Math.floor(Math.min(...extremes(ys)) - 0.5));
    const to = Math.min(height, Math.ceil(Math.max(...extremes(ys)) + 0.5));
    for (let y = from; y < to; y++) fillRow(ring, y, width, set);
  }
}

/** The least and the greatest, of any number of values. */
function extremes(values: readonly number[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

function fillRow(ring: readonly number[], row: number, width: number, set: (index: number) => void): void {
  const y = row + 0.5;
  const crossings: { x: number; turn: number }[] = [];
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
    if (y1 <= y === y2 <= y) continue;
    crossings.push({ x: x1 + ((y - y1) / (y2 - y1)) * (x2 - x1), turn: y2 > y1 ? 1 : -1 });
  }
  crossings.sort((a, b) => a.x - b.x);
  let winding = 0;
  for (let i = 0; i + 1 < crossings.length; i++) {
    winding += crossings[i]?.turn ?? 0;
    if (winding === 0) continue;
    const from = Math.max(0, Math.ceil((crossings[i]?.x ?? 0) - 0.5));
    const to = Math.min(width, Math.ceil((crossings[i + 1]?.x ?? 0) - 0.5));
    for (let x = from; x < to; x++) set(row * width + x);
  }
}

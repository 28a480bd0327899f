import type { Rle } from './model.ts';
import { runsOf } from './rle.ts';

/**
 * The outline of a mask along the edges of its pixels: a ring for each of its parts. A hole is cut in by a pair of edges
 * that lie on each other, so that the rings, filled, are the mask again in formats that know no holes.
 */
export function outlineOf(rle: Rle): number[][] {
  const rings = ringsOf(rle);
  const outer = rings.filter((ring) => areaOf(ring) > 0);
  const holes = rings.filter((ring) => areaOf(ring) < 0);
  const holesOf = new Map<number[], number[][]>();
  for (const hole of holes) {
    const around = smallestAround(outer, hole);
    if (around) holesOf.set(around, [...(holesOf.get(around) ?? []), hole]);
  }
  return outer.map((ring) => joined(ring, holesOf.get(ring) ?? []));
}

/** Whether a mask has a hole in it. */
export const hasHoles = (rle: Rle): boolean => ringsOf(rle).some((ring) => areaOf(ring) < 0);

/**
 * Closed rings around all set pixels, which lie to the right of the way on the screen: outer ones go clockwise and have a
 * positive area, holes go the other way. Pixels that touch at a corner only are parts of their own.
 */
function ringsOf(rle: Rle): number[][] {
  const [height, width] = rle.size;
  const stride = width + 1;
  const edges = edgesOf(rle, height, stride);
  const rings: number[][] = [];
  for (const [start, ends] of edges) {
    while (ends.length > 0) rings.push(ringFrom(start, edges, stride));
  }
  return rings;
}

/** Where each corner of the pixel grid leads to, as positions in a grid of `width + 1`. */
function edgesOf(rle: Rle, height: number, stride: number): Map<number, number[]> {
  const edges = new Map<number, number[]>();
  const add = (from: number, to: number) => {
    const known = edges.get(from);
    if (known) known.push(to);
    else edges.set(from, [to]);
  };
  const columns = columnsOf(rle, height);
  let before: readonly number[] = [];
  for (let x = 0; x <= columns.length; x++) {
    const here = columns[x] ?? [];
    for (let i = 0; i < here.length; i += 2) {
      const [top = 0, bottom = 0] = [here[i], here[i + 1]];
      add(top * stride + x, top * stride + x + 1);
      add(bottom * stride + x + 1, bottom * stride + x);
    }
    // A border between two columns is where one is set and the other is not; it is cut at every pixel.
    for (const [from, to] of without(here, before))
      for (let y = to; y > from; y--) add(y * stride + x, (y - 1) * stride + x);
    for (const [from, to] of without(before, here))
      for (let y = from; y < to; y++) add(y * stride + x, (y + 1) * stride + x);
    before = here;
  }
  return edges;
}

/** Of each column, where its runs begin and end. */
function columnsOf(rle: Rle, height: number): number[][] {
  const columns: number[][] = Array.from({ length: rle.size[1] }, () => []);
  let at = 0;
  runsOf(rle).forEach((run, i) => {
    const end = at + run;
    if (i % 2 === 1) {
      for (let from = at; from < end; ) {
        const column = Math.floor(from / height);
        const to = Math.min(end, (column + 1) * height);
        const runs = columns[column];
        const top = from - column * height;
        if (runs) {
          if (runs.at(-1) === top) runs[runs.length - 1] = to - column * height;
          else runs.push(top, to - column * height);
        }
        from = to;
      }
    }
    at = end;
  });
  return columns;
}

/** The parts of `a` that are not in `b`, both lists of beginnings and ends in order. */
function without(a: readonly number[], b: readonly number[]): [number, number][] {
  const parts: [number, number][] = [];
  let k = 0;
  for (let i = 0; i < a.length; i += 2) {
    let from = a[i] ?? 0;
    const to = a[i + 1] ?? 0;
    while (k < b.length && (b[k + 1] ?? 0) <= from) k += 2;
    for (let j = k; j < b.length && (b[j] ?? 0) < to; j += 2) {
      if ((b[j] ?? 0) > from) parts.push([from, b[j] ?? 0]);
      from = Math.max(from, b[j + 1] ?? 0);
    }
    if (from < to) parts.push([from, to]);
  }
  return parts;
}

function ringFrom(start: number, edges: Map<number, number[]>, stride: number): number[] {
  const ring: number[] = [];
  let at = start;
  let last = 0;
  do {
    const ends: number[] = edges.get(at) ?? [];
    const next = takeNext(ends, at, last, stride);
    if (next === null) break;
    // Corners on a straight line are left out.
    if (next - at !== last) ring.push(at % stride, Math.floor(at / stride));
    last = next - at;
    at = next;
  } while (at !== start);
  const [firstX, firstY, secondX, secondY] = ring;
  const isStraight =
    (Math.abs(last) === 1 && firstY === secondY && ring.length > 2) ||
    (Math.abs(last) !== 1 && firstX === secondX && ring.length > 2);
  return isStraight ? ring.slice(2) : ring;
}

/** At a corner with two ways on, the right turn: what touches there is not of one part. */
function takeNext(ends: number[], at: number, last: number, stride: number): number | null {
  if (ends.length < 2) return ends.pop() ?? null;
  const right = last === 1 ? stride : last === -1 ? -stride : last === stride ? -1 : 1;
  const index = last === 0 ? 0 : ends.findIndex((end) => end - at === right);
  const [taken = null] = ends.splice(Math.max(0, index), 1);
  return taken;
}

function areaOf(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += (ring[i] ?? 0) * (ring[j + 1] ?? 0) - (ring[j] ?? 0) * (ring[i + 1] ?? 0);
  }
  return twice / 2;
}

function smallestAround(outer: readonly number[][], hole: readonly number[]): number[] | null {
  // The pixel that lies inside the hole at its first corner decides.
  const [x, y] = leftmost(hole);
  const around = outer.filter((ring) => contains(ring, (hole[x] ?? 0) + 0.5, (hole[y] ?? 0) + 0.5));
  around.sort((a, b) => areaOf(a) - areaOf(b));
  return around[0] ?? null;
}

/** Where the leftmost corner of a ring stands, of these the topmost. */
function leftmost(ring: readonly number[]): [x: number, y: number] {
  let best = 0;
  for (let i = 2; i < ring.length; i += 2) {
    const dx = (ring[i] ?? 0) - (ring[best] ?? 0);
    if (dx < 0 || (dx === 0 && (ring[i + 1] ?? 0) < (ring[best + 1] ?? 0))) best = i;
  }
  return [best, best + 1];
}

function contains(ring: readonly number[], x: number, y: number): boolean {
  let isInside = false;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) isInside = !isInside;
  }
  return isInside;
}

/** Holes from the left to the right, each joined by a level cut from its leftmost corner to what lies left of it. */
function joined(outer: readonly number[], holes: readonly (readonly number[])[]): number[] {
  let ring = [...outer];
  const sorted = [...holes].sort((a, b) => (a[leftmost(a)[0]] ?? 0) - (b[leftmost(b)[0]] ?? 0));
  for (const hole of sorted) {
    const [at] = leftmost(hole);
    const [x = 0, y = 0] = [hole[at], hole[at + 1]];
    let edge = -1;
    let reach = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
      const isCrossed = x1 === x2 && y >= Math.min(y1, y2) && y <= Math.max(y1, y2) && x1 <= x;
      if (isCrossed && x1 > reach) {
        reach = x1;
        edge = i;
      }
    }
    if (edge < 0) continue;
    const turned = [...hole.slice(at), ...hole.slice(0, at)];
    ring = [...ring.slice(0, edge + 2), reach, y, ...turned, x, y, reach, y, ...ring.slice(edge + 2)];
  }
  return ring;
}

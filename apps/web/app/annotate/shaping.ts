import type { Box } from '@granary/formats';
import { around, extentOf, type Label, type Point } from './label';
import { maskOf, movedMask } from './mask';
import type { Size } from './view';

/** The eight places of a box by which it is resized, clockwise from the top left. */
export const SIDES = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'] as const;
export type Side = (typeof SIDES)[number];

/** What of a label can be taken hold of. */
export type Handle =
  | { readonly kind: 'side'; readonly side: Side }
  | { readonly kind: 'turn' }
  | { readonly kind: 'vertex'; readonly ring: number; readonly index: number }
  | { readonly kind: 'between'; readonly ring: number; readonly index: number }
  | { readonly kind: 'keypoint'; readonly index: number };

/** The box between two corners, whichever they are. */
export const boxBetween = ([x1, y1]: Point, [x2, y2]: Point): Box => [
  Math.min(x1, x2),
  Math.min(y1, y2),
  Math.abs(x2 - x1),
  Math.abs(y2 - y1),
];

/** The label, moved; a part of a pixel moves no mask. */
export function moved(label: Label, dx: number, dy: number): Label {
  const shift = (flat: readonly number[]) => flat.map((value, i) => value + (i % 2 === 0 ? dx : dy));
  const shiftBox = (box: Box | null): Box | null => box && [box[0] + dx, box[1] + dy, box[2], box[3]];
  switch (label.type) {
    case 'bbox': {
      const [x, y, width, height] = label.geometry.box;
      return { ...label, geometry: { box: [x + dx, y + dy, width, height] } };
    }
    case 'polygon': {
      const { box, polygons } = label.geometry;
      return { ...label, geometry: { box: shiftBox(box), polygons: polygons.map(shift) } };
    }
    case 'obb':
      return { ...label, geometry: { corners: shift(label.geometry.corners) } };
    case 'keypoints': {
      const { box, keypoints, polygons, rle } = label.geometry;
      const isThere = (i: number) => Boolean(keypoints[i - (i % 3) + 2]);
      return {
        ...label,
        geometry: {
          box: shiftBox(box),
          keypoints: keypoints.map((value, i) =>
            i % 3 === 2 || !isThere(i) ? value : value + (i % 3 === 0 ? dx : dy),
          ),
          ...(polygons ? { polygons: polygons.map(shift) } : {}),
          ...(rle ? { rle: movedMask(maskOf(rle), Math.round(dx), Math.round(dy)).rle } : {}),
        },
      };
    }
    case 'rle': {
      const { rle, box } = movedMask(maskOf(label.geometry.rle), Math.round(dx), Math.round(dy));
      return { ...label, geometry: { rle, box } };
    }
    default:
      return label;
  }
}

/** How far labels may move together so that none leaves the image further than it lies outside by now. */
export function boundedMove(labels: readonly Label[], dx: number, dy: number, image: Size): Point {
  let [least, most, lowest, highest] = [-Infinity, Infinity, -Infinity, Infinity];
  for (const label of labels) {
    const extent = extentOf(label);
    if (!extent) continue;
    const [x, y, width, height] = extent;
    least = Math.max(least, Math.min(0, -x));
    most = Math.min(most, Math.max(0, image.width - x - width));
    lowest = Math.max(lowest, Math.min(0, -y));
    highest = Math.min(highest, Math.max(0, image.height - y - height));
  }
  return [Math.min(most, Math.max(least, dx)), Math.min(highest, Math.max(lowest, dy))];
}

/** A box whose side was dragged to a point; dragged past the other side, it turns over. */
export function resizedBox([x, y, width, height]: Box, side: Side, [toX, toY]: Point): Box {
  const [left, right] = side.includes('w') ? [toX, x + width] : side.includes('e') ? [x, toX] : [x, x + width];
  const [top, bottom] = side.includes('n') ? [toY, y + height] : side.includes('s') ? [y, toY] : [y, y + height];
  return boxBetween([left, top], [right, bottom]);
}

/** A label one of whose handles was dragged to a point. */
export function reshaped(label: Label, handle: Handle, to: Point): Label {
  switch (handle.kind) {
    case 'side':
      if (label.type === 'bbox')
        return { ...label, geometry: { box: resizedBox(label.geometry.box, handle.side, to) } };
      return label.type === 'obb'
        ? { ...label, geometry: { corners: resizedCorners(label.geometry.corners, handle.side, to) } }
        : label;
    case 'turn':
      return label.type === 'obb' ? turnedTo(label, to) : label;
    case 'vertex':
      return onRing(label, handle.ring, (ring) => ring.with(2 * handle.index, to[0]).with(2 * handle.index + 1, to[1]));
    case 'between':
      return onRing(label, handle.ring, (ring) => ring.toSpliced(2 * handle.index + 2, 0, ...to));
    case 'keypoint':
      return withKeypoint(label, handle.index, to);
  }
}

/** Without one of its vertices; a ring that has three loses none. */
export const withoutVertex = (label: Label, ringIndex: number, index: number): Label =>
  onRing(label, ringIndex, (ring) => (ring.length > 6 ? ring.toSpliced(2 * index, 2) : ring));

function onRing(label: Label, index: number, change: (ring: number[]) => number[]): Label {
  if (label.type !== 'polygon') return label;
  const ring = label.geometry.polygons[index];
  if (!ring) return label;
  const polygons = label.geometry.polygons.with(index, change(ring));
  return { ...label, geometry: { polygons, box: label.geometry.box && around(polygons.flat()) } };
}

function withKeypoint(label: Label, index: number, [x, y]: Point): Label {
  if (label.type !== 'keypoints') return label;
  const { keypoints } = label.geometry;
  const visibility = keypoints[3 * index + 2] || 2;
  return withKeypoints(label, keypoints.toSpliced(3 * index, 3, x, y, visibility));
}

/** The next visibility of a key point, as COCO counts: 2 seen, 1 hidden by something, 0 not there. */
export function withNextVisibility(label: Label, index: number): Label {
  if (label.type !== 'keypoints') return label;
  const { keypoints } = label.geometry;
  const next = ((keypoints[3 * index + 2] ?? 0) + 2) % 3;
  return withKeypoints(label, keypoints.with(3 * index + 2, next));
}

/** A stated box grows with the points, and is never made smaller: it may be that of the whole object. */
function withKeypoints(label: Label & { type: 'keypoints' }, keypoints: number[]): Label {
  const seen = keypoints.flatMap((value, i) => (i % 3 !== 2 && keypoints[i - (i % 3) + 2] ? [value] : []));
  const { box } = label.geometry;
  const corners = box ? [box[0], box[1], box[0] + box[2], box[1] + box[3]] : [];
  return { ...label, geometry: { ...label.geometry, keypoints, box: box && around([...corners, ...seen]) } };
}

/** The place of an oriented box: its middle, its edges, and the turn of its first edge in degrees, clockwise. */
export function placeOf(corners: readonly number[]): {
  center: Point;
  width: number;
  height: number;
  degrees: number;
} {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0, x4 = 0, y4 = 0] = corners;
  return {
    center: [(x1 + x2 + x3 + x4) / 4, (y1 + y2 + y3 + y4) / 4],
    width: Math.hypot(x2 - x1, y2 - y1),
    height: Math.hypot(x4 - x1, y4 - y1),
    degrees: (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI,
  };
}

/** The corners of a box, clockwise from its top left. */
export const cornersOfBox = ([x, y, width, height]: Box): number[] => [
  ...[x, y],
  ...[x + width, y],
  ...[x + width, y + height],
  ...[x, y + height],
];

/** Corners, turned about their middle by degrees, clockwise on the screen. */
export function turned(corners: readonly number[], degrees: number): number[] {
  const { center } = placeOf(corners);
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  return corners.map((_, i) => {
    const even = i - (i % 2);
    const [dx, dy] = [(corners[even] ?? 0) - center[0], (corners[even + 1] ?? 0) - center[1]];
    return i % 2 === 0 ? center[0] + dx * cos - dy * sin : center[1] + dx * sin + dy * cos;
  });
}

/** So that the handle above its first edge points to where it was dragged. */
function turnedTo(label: Label & { type: 'obb' }, [x, y]: Point): Label {
  const { corners } = label.geometry;
  const { center, degrees } = placeOf(corners);
  const wanted = (Math.atan2(y - center[1], x - center[0]) * 180) / Math.PI + 90;
  return { ...label, geometry: { corners: turned(corners, wanted - degrees) } };
}

/** The opposite side stays where it is; the edges keep their directions. */
function resizedCorners(corners: readonly number[], side: Side, [x, y]: Point): number[] {
  const { degrees } = placeOf(corners);
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const straight = (px: number, py: number): Point => [px * cos + py * sin, py * cos - px * sin];
  const flat: number[] = [];
  for (let i = 0; i < 8; i += 2) flat.push(...straight(corners[i] ?? 0, corners[i + 1] ?? 0));
  const box = around(flat);
  if (!box) return [...corners];
  const resized = cornersOfBox(resizedBox(box, side, straight(x, y)));
  return resized.map((_, i) => {
    const even = i - (i % 2);
    const [u, v] = [resized[even] ?? 0, resized[even + 1] ?? 0];
    return i % 2 === 0 ? u * cos - v * sin : u * sin + v * cos;
  });
}

/** Near an edge of the image, the coordinate is that of the edge; beyond it, too. Otherwise it is whole. */
export function snapped([x, y]: Point, image: Size, reach: number): Point {
  return [toEdge(x, image.width, reach), toEdge(y, image.height, reach)];
}

function toEdge(value: number, length: number, reach: number): number {
  if (value <= reach) return 0;
  return value >= length - reach ? length : Math.round(value);
}

/** A point that is in the image. */
export const inside = ([x, y]: Point, { width, height }: Size): Point => [
  Math.min(width, Math.max(0, x)),
  Math.min(height, Math.max(0, y)),
];

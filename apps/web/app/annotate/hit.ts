import { extentOf, inOrder, type Label, type Point } from './label';
import { isSet, maskOf } from './mask';
import { cornersOfBox, type Handle, placeOf, SIDES, type Side } from './shaping';
import { toScreen, type View } from './view';

/** The labels under a point of the image, the uppermost first; of boxes in each other the smaller counts as above. */
export function labelsAt(labels: readonly Label[], point: Point, reach: number): Label[] {
  const hit = inOrder(labels).filter((label) => isAt(label, point, reach));
  const size = new Map(hit.map((label) => [label, areaOf(label)]));
  return hit.reverse().sort((a, b) => (size.get(a) ?? 0) - (size.get(b) ?? 0));
}

function areaOf(label: Label): number {
  const [, , width, height] = extentOf(label) ?? [0, 0, 0, 0];
  return width * height;
}

/** Whether a label lies under a point, or nearer to it than `reach` pixels of the image. */
function isAt(label: Label, point: Point, reach: number): boolean {
  const extent = extentOf(label);
  if (!extent || !isInBox(extent, point, reach)) return false;
  switch (label.type) {
    case 'bbox':
      return true;
    case 'polygon':
      return label.geometry.polygons.some((ring) => isInRing(ring, point) || isNearRing(ring, point, reach));
    case 'obb':
      return isInRing(label.geometry.corners, point) || isNearRing(label.geometry.corners, point, reach);
    case 'rle':
      return isSet(maskOf(label.geometry.rle), point);
    case 'keypoints':
      return true;
    default:
      return false;
  }
}

const isInBox = (
  [left, top, width, height]: readonly [number, number, number, number],
  [x, y]: Point,
  reach: number,
): boolean => x >= left - reach && y >= top - reach && x <= left + width + reach && y <= top + height + reach;

/** By the number of edges to the right of the point. */
export function isInRing(ring: readonly number[], [x, y]: Point): boolean {
  let isInside = false;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) isInside = !isInside;
  }
  return isInside;
}

const isNearRing = (ring: readonly number[], point: Point, reach: number): boolean =>
  nearestEdge(ring, point).distance <= reach;

/** The edge of a ring that a point lies nearest to, by the vertex it begins at. */
export function nearestEdge(ring: readonly number[], [x, y]: Point): { index: number; distance: number } {
  let nearest = { index: 0, distance: Infinity };
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
    const [dx, dy] = [x2 - x1, y2 - y1];
    const length = dx ** 2 + dy ** 2;
    const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length));
    const distance = Math.hypot(x - x1 - share * dx, y - y1 - share * dy);
    if (distance < nearest.distance) nearest = { index: i / 2, distance };
  }
  return nearest;
}

/** Above the first edge of an oriented box, so many pixels of the window away. */
const TURN_DISTANCE = 28;

/** The handles of a label with their places in the window, those that lie above the others last. */
export function handlesOf(label: Label, view: View): { handle: Handle; at: Point }[] {
  switch (label.type) {
    case 'bbox':
      return sidesOf(cornersOfBox(label.geometry.box), view);
    case 'obb': {
      const { center, height, degrees } = placeOf(label.geometry.corners);
      const angle = ((degrees - 90) * Math.PI) / 180;
      const middle = toScreen(view, center);
      const distance = (height * view.scale) / 2 + TURN_DISTANCE;
      const at: Point = [middle[0] + Math.cos(angle) * distance, middle[1] + Math.sin(angle) * distance];
      return [...sidesOf(label.geometry.corners, view), { handle: { kind: 'turn' }, at }];
    }
    case 'polygon':
      return label.geometry.polygons.flatMap((ring, ringIndex) => [
        ...verticesOf(ring).map(([x, y], index, all) => {
          const [nextX, nextY] = all[(index + 1) % all.length] ?? [x, y];
          const at = toScreen(view, [(x + nextX) / 2, (y + nextY) / 2]);
          return { handle: { kind: 'between', ring: ringIndex, index } as const, at };
        }),
        ...verticesOf(ring).map((point, index) => ({
          handle: { kind: 'vertex', ring: ringIndex, index } as const,
          at: toScreen(view, point),
        })),
      ]);
    case 'keypoints': {
      const found: { handle: Handle; at: Point }[] = [];
      const { keypoints } = label.geometry;
      for (let i = 0; i + 2 < keypoints.length; i += 3) {
        if (!keypoints[i + 2]) continue;
        const at = toScreen(view, [keypoints[i] ?? 0, keypoints[i + 1] ?? 0]);
        found.push({ handle: { kind: 'keypoint', index: i / 3 }, at });
      }
      return found;
    }
    default:
      return [];
  }
}

export function verticesOf(ring: readonly number[]): Point[] {
  return Array.from({ length: Math.floor(ring.length / 2) }, (_, i) => [ring[2 * i] ?? 0, ring[2 * i + 1] ?? 0]);
}

/** The corners and the middles of the edges; between the corners of a box that is small in the window, none. */
function sidesOf(corners: readonly number[], view: View): { handle: Handle; at: Point }[] {
  const places = verticesOf(corners).map((corner) => toScreen(view, corner));
  const middles = places.map(([x, y], i): Point => {
    const [nextX, nextY] = places[(i + 1) % places.length] ?? [x, y];
    return [(x + nextX) / 2, (y + nextY) / 2];
  });
  return SIDES.flatMap((side: Side, i) => {
    const at = i % 2 === 0 ? places[i / 2] : middles[(i - 1) / 2];
    return at ? [{ handle: { kind: 'side', side } as const, at }] : [];
  }).sort((a, b) => a.handle.side.length - b.handle.side.length);
}

/** The handle nearest to a place of the window, if it is within reach; one between two others gives way to them. */
export function handleAt(label: Label, view: View, [x, y]: Point, reach: number): Handle | null {
  let nearest: { handle: Handle; distance: number } | null = null;
  for (const { handle, at } of handlesOf(label, view)) {
    const isMiddle = handle.kind === 'between' || (handle.kind === 'side' && handle.side.length === 1);
    const distance = Math.hypot(at[0] - x, at[1] - y) + (isMiddle ? 3 : 0);
    if (distance <= reach && (!nearest || distance <= nearest.distance)) nearest = { handle, distance };
  }
  return nearest?.handle ?? null;
}

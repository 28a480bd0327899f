/** A box as [left, top, width, height], in pixels. */
type Box = readonly [number, number, number, number];

/** What is compared of an annotation. */
export interface Comparable {
  id: number;
  classId: number | null;
  type: string;
  geometry: unknown;
  attributes: unknown;
}

/** An annotation before and after; `isSame` when both say the same. */
export interface Pair<Row extends Comparable> {
  before: Row;
  after: Row;
  isSame: boolean;
}

/** Boxes that overlap less are not taken for one that was moved. */
const LEAST_IOU = 0.1;
/** Boxes that overlap this much are one, also when its class is another. */
const SAME_PLACE_IOU = 0.9;

/**
 * Pairs the annotations of an image before and after a change: by their ids, then what says the same, then boxes of one class
 * by how much they overlap, the most first, and last boxes at one place of which the class is another.
 */
export function matchAnnotations<Row extends Comparable>(before: readonly Row[], after: readonly Row[]): Pair<Row>[] {
  const pairs: Pair<Row>[] = [];
  const old = new Set(before);
  const young = new Set(after);
  const join = (one: Row, other: Row) => {
    old.delete(one);
    young.delete(other);
    pairs.push({ before: one, after: other, isSame: contentOf(one) === contentOf(other) });
  };
  joinEqual(old, young, ({ id }) => String(id), join);
  joinEqual(old, young, contentOf, join);
  joinByOverlap(old, young, LEAST_IOU, (one, other) => one.classId === other.classId, join);
  joinByOverlap(old, young, SAME_PLACE_IOU, () => true, join);
  // A whole image has one class or caption of a kind: another one is a change of it.
  joinEqual(old, young, (row) => (boxOf(row) ? `box ${row.id}` : row.type), join);
  return pairs;
}

function joinEqual<Row>(
  old: ReadonlySet<Row>,
  young: ReadonlySet<Row>,
  keyOf: (row: Row) => string,
  join: (one: Row, other: Row) => void,
): void {
  const byKey = Map.groupBy(young, keyOf);
  for (const one of [...old]) {
    const other = byKey.get(keyOf(one))?.shift();
    if (other !== undefined) join(one, other);
  }
}

function joinByOverlap<Row extends Comparable>(
  old: ReadonlySet<Row>,
  young: ReadonlySet<Row>,
  least: number,
  mayJoin: (one: Row, other: Row) => boolean,
  join: (one: Row, other: Row) => void,
): void {
  const boxes = new Map([...old, ...young].map((row) => [row, boxOf(row)]));
  const candidates: { one: Row; other: Row; overlap: number }[] = [];
  for (const one of old) {
    for (const other of young) {
      if (one.type !== other.type || !mayJoin(one, other)) continue;
      const overlap = iouOf(boxes.get(one) ?? null, boxes.get(other) ?? null);
      if (overlap >= least) candidates.push({ one, other, overlap });
    }
  }
  candidates.sort((a, b) => b.overlap - a.overlap || a.one.id - b.one.id || a.other.id - b.other.id);
  for (const { one, other } of candidates) if (old.has(one) && young.has(other)) join(one, other);
}

const contentOf = ({ classId, type, geometry, attributes }: Comparable): string =>
  JSON.stringify([classId, type, sorted(geometry), sorted(attributes)]);

/** The same value with the names of its objects in order: jsonb has an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  );
}

/** Intersection over union; 0 without a box. */
export function iouOf(one: Box | null, other: Box | null): number {
  if (!one || !other) return 0;
  const width = Math.min(one[0] + one[2], other[0] + other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[1] + one[3], other[1] + other[3]) - Math.max(one[1], other[1]);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (one[2] * one[3] + other[2] * other[3] - common);
}

function boxOf({ geometry }: Comparable): Box | null {
  if (typeof geometry !== 'object' || geometry === null) return null;
  if ('box' in geometry) return isNumbers(geometry.box, 4) ? geometry.box : null;
  if (!('corners' in geometry) || !isNumbers(geometry.corners, 8)) return null;
  const xs = geometry.corners.filter((_, i) => i % 2 === 0);
  const ys = geometry.corners.filter((_, i) => i % 2 === 1);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
}

function isNumbers(value: unknown, length: number): value is [number, number, number, number] {
  return Array.isArray(value) && value.length === length && value.every((item) => typeof item === 'number');
}

import type { Annotation, Box, ImageEntry, Rle } from '../model.ts';
import { runsOf } from '../rle.ts';

/** Ids are numbers by the format; texts are met in the wild and name things just as well. */
export type CocoId = number | string;

export type Element = Record<string, unknown>;

/** Texts of digits and the numbers they spell are one id. */
export function idOf(value: unknown): CocoId | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value === '') return null;
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

export const isElement = (value: unknown): value is Element =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Why an element of `annotations` says nothing that could be kept. */
export interface Refusal {
  problem: 'bad_box' | 'bad_annotation';
  detail: string;
}

/** What an element says, and what of it was left out; nothing is left out of most. */
export interface ReadElement {
  annotation: Annotation;
  dropped: string | null;
}

/** The image that an element belongs to, as far as a mask must fit it. */
type Size = Pick<ImageEntry, 'width' | 'height'>;

/**
 * What an element of `annotations` says beside its image and its class. The shape is the most exact it has: key points, a
 * mask, polygons, a box, a caption, or, for one with none of these, the class of the whole image. Of one with a sound box
 * the box is kept, whatever is wrong with the rest.
 *
 * @param classIndex null for a category that is not known, or for a caption
 * @param at the element's position in its list
 */
export function readElement(
  element: Element,
  classIndex: number | null,
  at: number,
  size: Size = { width: null, height: null },
): ReadElement | Refusal {
  const { bbox, segmentation, keypoints, caption } = element;
  const attributes: Element = {};
  for (const key in element) {
    if (isShapeMember(key)) continue;
    const value = element[key];
    if (key === '__proto__')
      Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
    else attributes[key] = value;
  }
  const base = { classIndex, attributes, at };
  if (typeof caption === 'string' && bbox == null && segmentation == null) {
    return { annotation: { ...base, type: 'caption', geometry: { caption }, classIndex: null }, dropped: null };
  }
  if (caption !== undefined) attributes.caption = caption;
  const box = readBox(bbox);
  if (typeof box === 'string') return { problem: 'bad_box', detail: box };
  const { outline, dropped: lostOutline } = readSegmentation(segmentation, size);
  const readPoints = readKeypoints(keypoints);
  const points = typeof readPoints === 'string' ? null : readPoints;
  const dropped =
    [lostOutline, typeof readPoints === 'string' ? readPoints : null].find((what) => what !== null) ?? null;
  if (dropped !== null && box === null && outline === null && points === null) {
    return { problem: 'bad_box', detail: dropped };
  }
  if (points?.some((value) => value !== 0)) {
    const geometry = {
      box,
      keypoints: points,
      ...(outline && (Array.isArray(outline) ? { polygons: outline } : { rle: outline })),
    };
    return { annotation: { ...base, type: 'keypoints', geometry }, dropped };
  }
  if (points !== null) attributes.keypoints = points;
  if (Array.isArray(outline))
    return { annotation: { ...base, type: 'polygon', geometry: { box, polygons: outline } }, dropped };
  if (outline) return { annotation: { ...base, type: 'rle', geometry: { box, rle: outline } }, dropped };
  if (box) return { annotation: { ...base, type: 'bbox', geometry: { box } }, dropped };
  if (bbox === undefined && segmentation === undefined && keypoints === undefined) {
    return { annotation: { ...base, type: 'classification', geometry: {} }, dropped };
  }
  return { problem: 'bad_box', detail: 'neither a box nor an outline' };
}

function readBox(bbox: unknown): Box | null | string {
  if (bbox === undefined || bbox === null || (Array.isArray(bbox) && bbox.length === 0)) return null;
  const stated = isElement(bbox) ? [bbox.x, bbox.y, bbox.width, bbox.height] : bbox;
  if (!Array.isArray(stated) || stated.length !== 4) return `bbox ${shortly(bbox)} is not four numbers`;
  const numbers = numbersOf(stated);
  if (!numbers) return `bbox ${shortly(bbox)} is not four numbers`;
  const box = numbers as Box;
  return box[2] < 0 || box[3] < 0 ? `bbox ${shortly(bbox)} has a negative size` : box;
}

/** Rings, or a mask, and what of it cannot be read. */
function readSegmentation(
  segmentation: unknown,
  size: Size,
): { outline: number[][] | Rle | null; dropped: string | null } {
  if (segmentation === undefined || segmentation === null) return { outline: null, dropped: null };
  if (isElement(segmentation)) {
    if (Object.keys(segmentation).length === 0) return { outline: null, dropped: null };
    const rle = readRle(segmentation, size);
    return typeof rle === 'string' ? { outline: null, dropped: rle } : { outline: rle, dropped: null };
  }
  if (!Array.isArray(segmentation))
    return { outline: null, dropped: `segmentation ${shortly(segmentation)} is neither rings nor a mask` };
  if (segmentation.length === 0) return { outline: null, dropped: null };
  return readRings(typeof segmentation[0] === 'number' ? [segmentation] : segmentation);
}

/** The rings that are sound; the list itself, where all are. */
function readRings(rings: readonly unknown[]): { outline: number[][] | null; dropped: string | null } {
  const sound: number[][] = [];
  let dropped: string | null = null;
  for (const stated of rings) {
    const ring = readRing(stated);
    if (typeof ring === 'string') dropped ??= ring;
    else sound.push(ring);
  }
  if (sound.length === rings.length && sound.every((ring, i) => ring === rings[i]))
    return { outline: rings as number[][], dropped };
  return { outline: sound.length > 0 ? sound : null, dropped };
}

/** x, y, x, y, …, or pairs of them. */
function readRing(stated: unknown): number[] | string {
  if (!Array.isArray(stated)) return `segmentation ${shortly(stated)} is no ring of numbers`;
  const flat: unknown[] = stated.every((point) => Array.isArray(point) && point.length === 2) ? stated.flat() : stated;
  const ring = areNumbers(flat) ? (flat === stated ? stated : flat) : numbersOf(flat);
  if (!ring) return `segmentation ${shortly(stated)} is no ring of numbers`;
  if (ring.length % 2 !== 0) return `a ring of ${ring.length} numbers: x and y are not in pairs`;
  return ring.length >= 6 ? ring : 'a ring of fewer than three points';
}

function readRle({ size, counts }: Element, image: Size): Rle | string {
  if (!Array.isArray(size) || size.length !== 2 || !size.every(Number.isSafeInteger))
    return `segmentation.size ${shortly(size)} is not two whole numbers`;
  const [height = 0, width = 0] = size;
  if (image.width !== null && (image.width !== width || image.height !== height))
    return `a mask of ${width} × ${height} in an image of ${image.width} × ${image.height}`;
  if (typeof counts !== 'string' && (!Array.isArray(counts) || !areNumbers(counts)))
    return `segmentation.counts ${shortly(counts)} are no run lengths`;
  if (typeof counts === 'string' && /^b['"]/.test(counts))
    return `segmentation.counts ${shortly(counts)} is Python's way to print bytes, and not what they say`;
  const rle: Rle = { size: [height, width], counts };
  let covered = 0;
  for (const run of runsOf(rle)) covered += run;
  return covered === width * height ? rle : `a mask whose runs cover ${covered} of ${width * height} pixels`;
}

function readKeypoints(keypoints: unknown): number[] | null | string {
  if (keypoints === undefined || keypoints === null || (Array.isArray(keypoints) && keypoints.length === 0))
    return null;
  const points = Array.isArray(keypoints) ? numbersOf(keypoints) : null;
  if (!points) return `keypoints ${shortly(keypoints)} are no numbers`;
  return points.length % 3 === 0 ? points : `${points.length} numbers for key points, which are triples`;
}

function areNumbers(values: readonly unknown[]): values is number[] {
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] !== 'number') return false;
  }
  return true;
}

/** The values as numbers, those written as texts, too: the list itself where all are numbers, null where one is none. */
function numbersOf(values: unknown[]): number[] | null {
  if (areNumbers(values)) return values;
  const numbers = values.map((value) =>
    typeof value === 'string' && value.trim() !== '' ? Number(value) : typeof value === 'number' ? value : Number.NaN,
  );
  return numbers.every(Number.isFinite) ? numbers : null;
}

function shortly(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The element that an annotation is written as; the inverse of {@link readElement}. */
export function elementOf(
  annotation: Annotation,
  ids: { id: CocoId; imageId: CocoId; categoryId: CocoId | null },
): Element {
  const { attributes } = annotation;
  const element: Element = { ...attributes, id: ids.id, image_id: ids.imageId };
  if (ids.categoryId !== null) element.category_id = ids.categoryId;
  switch (annotation.type) {
    case 'bbox':
      return {
        ...element,
        bbox: annotation.geometry.box,
        segmentation: [],
        ...defaults(annotation.geometry.box, attributes),
      };
    case 'polygon':
      return { ...element, ...boxOf(annotation.geometry.box, attributes), segmentation: annotation.geometry.polygons };
    case 'rle':
      return { ...element, ...boxOf(annotation.geometry.box, attributes), segmentation: annotation.geometry.rle };
    case 'keypoints': {
      const { box, keypoints, polygons, rle } = annotation.geometry;
      const numVisible = keypoints.filter((value, i) => i % 3 === 2 && value > 0).length;
      return {
        num_keypoints: numVisible,
        ...element,
        ...boxOf(box, attributes),
        segmentation: rle ?? polygons ?? [],
        keypoints,
      };
    }
    case 'obb':
      return { ...element, segmentation: [annotation.geometry.corners], iscrowd: 0 };
    case 'caption':
      return { ...element, caption: annotation.geometry.caption };
    case 'classification':
      return element;
  }
}

const boxOf = (box: Box | null, attributes: Element): Element =>
  box ? { bbox: box, ...defaults(box, attributes) } : {};

/** COCO's tools want every annotation to say its area and whether it is a crowd. */
function defaults([, , width, height]: Box, attributes: Element): Element {
  return { area: attributes.area ?? width * height, iscrowd: attributes.iscrowd ?? 0 };
}

/**
 * Whether an element of the common kinds went into the model as it is, so that writing it brings it back and need not be
 * tried: a sixth of the reading time.
 */
export function isVerbatim({ segmentation, keypoints, caption }: Element, { type, geometry }: Annotation): boolean {
  if (keypoints !== undefined || caption !== undefined) return false;
  if (type === 'polygon') return geometry.polygons === segmentation;
  return type === 'bbox' && (segmentation === undefined || (Array.isArray(segmentation) && segmentation.length === 0));
}

/** The first member of an element that writing it again would not bring back, or null. */
export function lostMember(element: Element, written: Element): string | null {
  for (const key in element) {
    const [before, after] = [element[key], written[key]];
    if (before === after || before === null) continue;
    const isId = key === 'id' || key === 'image_id' || key === 'category_id';
    if (isId ? typeof before !== typeof after || idOf(before) !== idOf(after) : !areEqual(before, after)) return key;
  }
  return null;
}

/** Deep equality of parsed JSON of little depth. */
function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => areEqual(item, b[i]));
  if (!isElement(a) || !isElement(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => areEqual(a[key], b[key]));
}

function isShapeMember(key: string): boolean {
  switch (key) {
    case 'image_id':
    case 'category_id':
    case 'bbox':
    case 'segmentation':
    case 'keypoints':
    case 'caption':
      return true;
    default:
      return false;
  }
}

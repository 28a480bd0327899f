import { ellipse } from '../ellipse.ts';
import type { Box, Shape } from '../model.ts';
import { rotatedCorners } from '../rotation.ts';
import type { XmlElement } from '../xml.ts';
import { rleOf } from './masks.ts';

type Read =
  | { label: string; shape: Shape; attributes: Record<string, unknown> }
  | { problem: string }
  | { unsupported: string };

const GEOMETRY = new Set(
  'label xtl ytl xbr ybr points rotation rle left top width height image_width image_height cx cy rx ry'.split(' '),
);

/** An element of an `<image>` with the size of the image, which a mask needs. */
export const sized = (element: XmlElement, { attributes: { width, height } }: XmlElement): XmlElement =>
  element.name === 'mask' && width && height
    ? { ...element, attributes: { ...element.attributes, image_width: width, image_height: height } }
    : element;

/** What a shape's element or a `<tag>` says. */
export function annotationOf(element: XmlElement): Read {
  const { label, rotation } = element.attributes;
  const shape = shapeOf(element);
  if (typeof shape === 'string') return { problem: `${element.name}: ${shape}` };
  if (shape === null)
    return {
      unsupported: `<${element.name}> of "${label ?? ''}": boxes, polygons, ellipses, points, masks, skeletons and tags are read`,
    };
  if (!label) return { problem: `${element.name} has no label` };
  const attributes: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(element.attributes)) {
    if (!GEOMETRY.has(key)) attributes[key] = key === 'occluded' ? Number(value) : value;
  }
  if (rotation && (shape.type === 'obb' || element.name === 'ellipse')) attributes.rotation = Number(rotation);
  const stated = element.children.filter(({ name }) => name === 'attribute');
  if (stated.length > 0) {
    attributes.attributes = Object.fromEntries(stated.map(({ attributes: { name = '' }, text }) => [name, text]));
  }
  return { label, shape, attributes };
}

/** Null for an element that is no shape we read. */
function shapeOf({ name, attributes, children }: XmlElement): Shape | null | string {
  if (name === 'tag') return { type: 'classification', geometry: {} };
  if (name === 'polygon') {
    const ring = (attributes.points ?? '').split(/[;,]/).map(Number);
    return ring.length >= 6 && ring.length % 2 === 0 && ring.every(Number.isFinite)
      ? { type: 'polygon', geometry: { box: null, polygons: [ring] } }
      : `points "${(attributes.points ?? '').slice(0, 60)}" are no polygon`;
  }
  if (name === 'mask') return maskOf(attributes);
  if (name === 'points') {
    const numbers = (attributes.points ?? '').split(/[;,]/).map(Number);
    if (numbers.length < 2 || numbers.length % 2 !== 0 || !numbers.every(Number.isFinite))
      return 'points are not numbers';
    return { type: 'keypoints', geometry: { box: null, keypoints: withVisibility(numbers, () => 2) } };
  }
  if (name === 'skeleton') return skeletonOf(children);
  if (name === 'ellipse') return ellipseOf(attributes);
  if (name !== 'box') return null;
  const [left, top, right, bottom] = [attributes.xtl, attributes.ytl, attributes.xbr, attributes.ybr].map((text) =>
    Number(text ?? Number.NaN),
  );
  if (left === undefined || top === undefined || right === undefined || bottom === undefined) return 'no corners';
  const box: Box = [left, top, right - left, bottom - top];
  if (!box.every(Number.isFinite) || box[2] < 0 || box[3] < 0) return `corners ${left}, ${top} to ${right}, ${bottom}`;
  const degrees = Number(attributes.rotation ?? 0);
  if (!degrees) return { type: 'bbox', geometry: { box } };
  return { type: 'obb', geometry: { corners: rotatedCorners(box, degrees, [left + box[2] / 2, top + box[3] / 2]) } };
}

function ellipseOf(attributes: Record<string, string>): Shape | string {
  const [cx = 0, cy = 0, rx = 0, ry = 0] = ['cx', 'cy', 'rx', 'ry'].map((key) => Number(attributes[key] ?? Number.NaN));
  if (![cx, cy, rx, ry].every(Number.isFinite)) return 'cx, cy, rx and ry are not numbers';
  return ellipse({ cx, cy, rx, ry, theta: (Number(attributes.rotation ?? 0) * Math.PI) / 180 });
}

function maskOf(attributes: Record<string, string>): Shape | string {
  const [left = 0, top = 0, width = 0, height = 0, columns = 0, rows = 0] = [
    'left',
    'top',
    'width',
    'height',
    'image_width',
    'image_height',
  ].map((key) => Number(attributes[key] ?? Number.NaN));
  const runs = (attributes.rle ?? '').split(',').map(Number);
  if (![left, top, width, height, ...runs].every((value) => Number.isInteger(value) && value >= 0))
    return 'rle, left, top, width and height are not all whole numbers';
  if (!Number.isInteger(columns) || !Number.isInteger(rows)) return 'the image of the mask has no width and height';
  if (left + width > columns || top + height > rows) return 'the mask reaches beyond its image';
  const geometry = rleOf({ rle: runs, left, top, width, height }, [rows, columns]);
  return geometry ? { type: 'rle', geometry } : 'the runs of the mask do not fill its box';
}

/** The points in the order of their labels where these are numbers, as CVAT calls them. */
function skeletonOf(children: readonly XmlElement[]): Shape | string {
  const points = children.filter(({ name }) => name === 'points');
  const isNumbered = points.every(({ attributes: { label } }) => /^\d+$/.test(label ?? ''));
  const ordered = isNumbered
    ? [...points].sort((a, b) => Number(a.attributes.label) - Number(b.attributes.label))
    : points;
  const numbers = ordered.flatMap(({ attributes }) => (attributes.points ?? '').split(',').slice(0, 2).map(Number));
  if (numbers.length === 0 || numbers.length !== ordered.length * 2 || !numbers.every(Number.isFinite))
    return 'its points are not pairs of numbers';
  const seen = (i: number): number => {
    const { outside, occluded } = ordered[i]?.attributes ?? {};
    return outside === '1' ? 0 : occluded === '1' ? 1 : 2;
  };
  return { type: 'keypoints', geometry: { box: null, keypoints: withVisibility(numbers, seen) } };
}

const withVisibility = (numbers: readonly number[], seen: (i: number) => number): number[] =>
  numbers.flatMap((x, i) => (i % 2 === 0 ? [x, numbers[i + 1] ?? 0, seen(i / 2)] : []));

import type { Annotation, Box, Shape } from '../model.ts';
import { rotatedCorners } from '../rotation.ts';

export type Members = Record<string, unknown>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item));

/** What is written of an annotation beside its shape. */
const OWN = new Set(
  'id type label_id group attributes z_order object_id bbox points visibility rle caption segmentation area'.split(' '),
);

/**
 * The shape of an annotation; a text says what is wrong with it, `not supported` in front for a kind that is not read.
 * See https://open-edge-platform.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html
 */
export function shapeOf(element: Members): Shape | string {
  switch (element.type) {
    case 'label':
      return { type: 'classification', geometry: {} };
    case 'caption':
      return typeof element.caption === 'string'
        ? { type: 'caption', geometry: { caption: element.caption } }
        : 'a caption without a text';
    case 'bbox': {
      const box = boxOf(element.bbox);
      return box ? { type: 'bbox', geometry: { box } } : 'a bbox that is not four numbers';
    }
    case 'polygon': {
      const { points } = element;
      return isNumbers(points) && points.length >= 6 && points.length % 2 === 0
        ? { type: 'polygon', geometry: { box: null, polygons: [points] } }
        : 'a polygon of fewer than three points';
    }
    case 'points': {
      const { points, visibility } = element;
      if (!isNumbers(points) || points.length < 2 || points.length % 2 !== 0)
        return 'points that are not pairs of numbers';
      const seen = isNumbers(visibility) ? visibility : [];
      const keypoints = Array.from({ length: points.length / 2 }, (_, i) => [
        points[i * 2] ?? 0,
        points[i * 2 + 1] ?? 0,
        seen[i] ?? 2,
      ]).flat();
      return { type: 'keypoints', geometry: { box: null, keypoints } };
    }
    case 'mask': {
      const { rle } = element;
      const size = isMembers(rle) ? rle.size : undefined;
      const counts = isMembers(rle) ? rle.counts : undefined;
      const [height, width] = isNumbers(size) ? size : [];
      if (height === undefined || width === undefined || (typeof counts !== 'string' && !isNumbers(counts)))
        return 'a mask without run lengths';
      return { type: 'rle', geometry: { box: null, rle: { size: [height, width], counts } } };
    }
    case 'rotated_bbox': {
      const values = isNumbers(element.bbox) ? element.bbox : element.points;
      const [cx, cy, width, height, angle] = isNumbers(values) ? values : [];
      if (cx === undefined || cy === undefined || width === undefined || height === undefined || angle === undefined)
        return 'a rotated_bbox that is not five numbers';
      const corners = rotatedCorners([cx - width / 2, cy - height / 2, width, height], angle, [cx, cy]);
      return { type: 'obb', geometry: { corners } };
    }
    default:
      return `not supported: an annotation of the type "${String(element.type)}"`;
  }
}

function boxOf(value: unknown): Box | null {
  if (!isNumbers(value) || value.length !== 4) return null;
  const [x = 0, y = 0, width = 0, height = 0] = value;
  return width < 0 || height < 0 ? null : [x, y, width, height];
}

export function attributesOf(element: Members): Members {
  const { id, z_order, attributes } = element;
  const others = Object.entries(element).filter(([key]) => !OWN.has(key));
  return {
    ...(typeof id === 'number' && id !== 0 ? { id } : {}),
    ...(typeof z_order === 'number' && z_order !== 0 ? { z_order } : {}),
    ...Object.fromEntries(others),
    ...(isMembers(attributes) ? attributes : {}),
  };
}

/** An annotation with what joins it to others. */
export interface Grouped {
  annotation: Annotation;
  group: number;
}

/**
 * Objects in several annotations of one group, as Datumaro writes them: key points with their box, rings of one polygon.
 */
export function joined(list: readonly Grouped[]): Annotation[] {
  const byObject = Map.groupBy(list, ({ annotation, group }, i) =>
    group === 0 ? `alone ${i}` : `${group} ${annotation.classIndex}`,
  );
  return [...byObject.values()].flatMap((members) => {
    const annotations = members.map(({ annotation }) => annotation);
    const group = members[0]?.group ?? 0;
    return joinOne(annotations) ?? annotations.map((annotation) => withGroup(annotation, group));
  });
}

const withGroup = (annotation: Annotation, group: number): Annotation =>
  group === 0 ? annotation : { ...annotation, attributes: { ...annotation.attributes, group } };

function joinOne(annotations: readonly Annotation[]): Annotation[] | null {
  const [first, second] = annotations;
  if (!first || !second) return null;
  const points = annotations.find(({ type }) => type === 'keypoints');
  const box = annotations.find(({ type }) => type === 'bbox');
  if (annotations.length === 2 && points?.type === 'keypoints' && box?.type === 'bbox')
    return [{ ...points, geometry: { ...points.geometry, box: box.geometry.box } }];
  const rings = annotations.flatMap(({ type, geometry }) => (type === 'polygon' ? geometry.polygons : []));
  if (rings.length !== annotations.length || first.type !== 'polygon') return null;
  return [{ ...first, geometry: { box: null, polygons: rings } }];
}

import type { Box, Shape } from '../model.ts';
import type { CocoAnnotation } from './schemas.ts';

/** The shape of a COCO annotation: the most exact it has; null when it has no valid box and nothing else. */
export function shapeOf(annotation: CocoAnnotation): Shape | null {
  const box = annotation.bbox ? validBox(annotation.bbox) : null;
  const { keypoints, segmentation } = annotation;
  if (keypoints && keypoints.length >= 3 && keypoints.some((value) => value !== 0)) {
    return { type: 'keypoints', geometry: { box, keypoints } };
  }
  if (segmentation && !Array.isArray(segmentation)) {
    return { type: 'rle', geometry: { box, rle: segmentation } };
  }
  const polygons = segmentation?.filter((ring) => ring.length >= 6 && ring.length % 2 === 0) ?? [];
  if (polygons.length > 0) return { type: 'polygon', geometry: { box: box ?? boxAround(polygons), polygons } };
  return box ? { type: 'bbox', geometry: { box } } : null;
}

function validBox([x = Number.NaN, y = Number.NaN, width = 0, height = 0]: number[]): Box | null {
  return Number.isFinite(x) && Number.isFinite(y) && width > 0 && height > 0 ? [x, y, width, height] : null;
}

function boxAround(polygons: readonly number[][]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of polygons) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      left = Math.min(left, ring[i] ?? left);
      right = Math.max(right, ring[i] ?? right);
      top = Math.min(top, ring[i + 1] ?? top);
      bottom = Math.max(bottom, ring[i + 1] ?? bottom);
    }
  }
  return [left, top, right - left, bottom - top];
}

import type { Box, Shape } from '../model.ts';
import { rotatedCorners } from '../rotation.ts';
import type { XmlElement } from '../xml.ts';

type Read =
  | { label: string; shape: Shape; attributes: Record<string, unknown> }
  | { problem: string }
  | { unsupported: string };

const GEOMETRY = new Set(['label', 'xtl', 'ytl', 'xbr', 'ybr', 'points', 'rotation']);

/** What a `<box>`, `<polygon>` or `<tag>` says. */
export function annotationOf(element: XmlElement): Read {
  const { label, rotation } = element.attributes;
  const shape = shapeOf(element);
  if (typeof shape === 'string') return { problem: `${element.name}: ${shape}` };
  if (shape === null)
    return { unsupported: `<${element.name}> of "${label ?? ''}": boxes, polygons and tags are read` };
  if (!label) return { problem: `${element.name} has no label` };
  const attributes: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(element.attributes)) {
    if (!GEOMETRY.has(key)) attributes[key] = key === 'occluded' ? Number(value) : value;
  }
  if (rotation && shape.type === 'obb') attributes.rotation = Number(rotation);
  const stated = element.children.filter(({ name }) => name === 'attribute');
  if (stated.length > 0) {
    attributes.attributes = Object.fromEntries(stated.map(({ attributes: { name = '' }, text }) => [name, text]));
  }
  return { label, shape, attributes };
}

/** Null for an element that is no shape we read. */
function shapeOf({ name, attributes }: XmlElement): Shape | null | string {
  if (name === 'tag') return { type: 'classification', geometry: {} };
  if (name === 'polygon') {
    const ring = (attributes.points ?? '').split(/[;,]/).map(Number);
    return ring.length >= 6 && ring.length % 2 === 0 && ring.every(Number.isFinite)
      ? { type: 'polygon', geometry: { box: null, polygons: [ring] } }
      : `points "${(attributes.points ?? '').slice(0, 60)}" are no polygon`;
  }
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

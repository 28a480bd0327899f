import type { Box, Shape } from '../model.ts';
import { rotatedCorners } from '../rotation.ts';
import { childOf, numberOf, textOf, type XmlElement } from '../xml.ts';

/** Members that are numbers 0 or 1. */
const FLAGS = ['difficult', 'truncated', 'occluded'];
/** Members of an `<object>` that are its class and its shape. */
export const SHAPE_MEMBERS = new Set(['name', 'bndbox', 'polygon', 'robndbox']);

/**
 * What an `<object>` says. Corners are kept as they stand: the original challenge counts pixels from 1, most tools that
 * write the format count from 0, and no file says which.
 */
export function readObject(
  object: XmlElement,
):
  | { className: string; shape: Shape; attributes: Record<string, unknown>; turned: string | null }
  | { problem: string } {
  const className = textOf(object, 'name');
  if (className === null) return { problem: 'an object without a name' };
  const shape = readShape(object);
  if (typeof shape === 'string') return { problem: `${className}: ${shape}` };
  const attributes: Record<string, unknown> = {};
  for (const child of object.children) {
    if (SHAPE_MEMBERS.has(child.name)) continue;
    if (child.name === 'part') {
      const { parts } = attributes;
      attributes.parts = [...(Array.isArray(parts) ? parts : []), readPart(child)];
    } else if (child.name === 'actions') {
      attributes.actions = Object.fromEntries(child.children.map(({ name, text }) => [name, Number(text)]));
    } else if (child.children.length > 0) {
      attributes[child.name] = contentOf(child);
    } else {
      attributes[child.name] =
        FLAGS.includes(child.name) && /^[01]$/.test(child.text) ? Number(child.text) : child.text;
    }
  }
  return { className, shape, attributes, turned: turnedCorners(object) };
}

function readShape(object: XmlElement): Shape | string {
  const bounds = childOf(object, 'bndbox');
  const box = bounds ? readBox(bounds) : null;
  if (typeof box === 'string') return box;
  const outline = childOf(object, 'polygon');
  if (outline) {
    const ring = readRing(outline);
    return ring ? { type: 'polygon', geometry: { box, polygons: [ring] } } : 'the polygon has no pairs of numbers';
  }
  const rotated = childOf(object, 'robndbox');
  if (rotated && !box) return readRotated(rotated);
  return box ? { type: 'bbox', geometry: { box } } : 'there is no <bndbox>';
}

function readBox(bounds: XmlElement): Box | string {
  const [left, top, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map((name) => numberOf(bounds, name));
  if (left === undefined || top === undefined || right === undefined || bottom === undefined) return 'no corners';
  if (![left, top, right, bottom].every(Number.isFinite))
    return `corners ${left}, ${top} to ${right}, ${bottom} are not all numbers`;
  return [Math.min(left, right), Math.min(top, bottom), Math.abs(right - left), Math.abs(bottom - top)];
}

/** What is said of corners that were drawn from the right or from below, which are read the other way round. */
function turnedCorners(object: XmlElement): string | null {
  const bounds = childOf(object, 'bndbox');
  if (!bounds) return null;
  const [left = 0, top = 0, right = 0, bottom = 0] = ['xmin', 'ymin', 'xmax', 'ymax'].map((name) =>
    numberOf(bounds, name),
  );
  return right < left || bottom < top
    ? `corners ${left}, ${top} to ${right}, ${bottom} were the wrong way round, and were turned`
    : null;
}

/** `<x1>…</x1><y1>…</y1><x2>…` as Roboflow writes polygons, or `<pt><x/><y/></pt>` as LabelMe's converter does. */
function readRing(outline: XmlElement): number[] | null {
  const points = outline.children.filter(({ name }) => name === 'pt');
  const ring =
    points.length > 0
      ? points.flatMap((point) => [numberOf(point, 'x'), numberOf(point, 'y')])
      : outline.children.filter(({ name }) => /^[xy]\d+$/.test(name)).map(({ text }) => Number(text));
  return ring.length >= 6 && ring.length % 2 === 0 && ring.every(Number.isFinite) ? ring : null;
}

/** roLabelImg's box: centre, size, and an angle in radians, clockwise on the screen. */
function readRotated(rotated: XmlElement): Shape | string {
  const [cx = 0, cy = 0, w = 0, h = 0, angle = 0] = ['cx', 'cy', 'w', 'h', 'angle'].map((name) =>
    numberOf(rotated, name),
  );
  if (![cx, cy, w, h, angle].every(Number.isFinite)) return 'the rotated box is not all numbers';
  const corners = rotatedCorners([cx - w / 2, cy - h / 2, w, h], (angle * 180) / Math.PI, [cx, cy]);
  return { type: 'obb', geometry: { corners } };
}

function readPart(part: XmlElement): { name: string; box: Box | null } {
  const bounds = childOf(part, 'bndbox');
  const box = bounds ? readBox(bounds) : null;
  return { name: textOf(part, 'name') ?? '', box: typeof box === 'string' ? null : box };
}

function contentOf({ text, children }: XmlElement): unknown {
  if (children.length === 0) return text;
  return Object.fromEntries(children.map((child) => [child.name, contentOf(child)]));
}

import { parseLeniently } from '../json/parse.ts';
import type { Box } from '../model.ts';
import { isMembers } from './rows.ts';

/** An object of a row's `objects`: its box as it stands, and its class by name. */
export interface RowObject {
  box: Box | null;
  label: string;
  others: Record<string, unknown>;
}

const BOXES = ['bbox', 'bboxes', 'box', 'boxes'];
const CLASSES = ['categories', 'category', 'labels', 'label', 'classes', 'class', 'category_id', 'name', 'names'];

/**
 * The objects of a row: a list of objects, or an object of lists as the `datasets` library has sequences
 * (https://huggingface.co/docs/datasets/image_dataset#object-detection). Null for something else.
 */
export function objectsOf(value: unknown): RowObject[] | null {
  const given = typeof value === 'string' ? parseLeniently(value.replaceAll("'", '"')) : value;
  if (Array.isArray(given)) return given.map((item) => objectOf(isMembers(item) ? item : {}));
  if (!isMembers(given)) return null;
  const lists = Object.entries(given).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const count = Math.max(0, ...lists.map(([, list]) => list.length));
  return Array.from({ length: count }, (_, i) =>
    objectOf(Object.fromEntries(lists.map(([key, list]) => [key, list[i]]))),
  );
}

function objectOf(members: Record<string, unknown>): RowObject {
  const boxKey = BOXES.find((key) => members[key] !== undefined);
  const classKey = CLASSES.find((key) => members[key] !== undefined && members[key] !== null);
  const others = Object.fromEntries(
    Object.entries(members).filter(
      ([key, item]) => key !== boxKey && key !== classKey && item !== null && item !== undefined,
    ),
  );
  const box = boxKey === undefined ? null : boxOf(members[boxKey]);
  return { box, label: classKey === undefined ? 'object' : String(members[classKey]), others };
}

/** Left, top, width and height in pixels, as in COCO. */
function boxOf(value: unknown): Box | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [x, y, width, height] = value.map((item) => (typeof item === 'number' ? item : Number.NaN));
  if (x === undefined || y === undefined || width === undefined || height === undefined) return null;
  return [x, y, width, height].every(Number.isFinite) && width >= 0 && height >= 0 ? [x, y, width, height] : null;
}

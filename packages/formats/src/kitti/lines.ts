import type { Box } from '../model.ts';

/** An object of a line: type, truncated, occluded, alpha, box, dimensions, location, rotation, and a score in results. */
export interface KittiLine {
  label: string;
  box: Box;
  attributes: Record<string, unknown>;
}

/** Null for a line that is none; see the devkit's readme: https://www.cvlibs.net/datasets/kitti/eval_object.php */
export function kittiLineOf(line: string): KittiLine | null {
  const fields = line.trim().split(/\s+/);
  if (fields.length !== 15 && fields.length !== 16) return null;
  const [label = '', ...texts] = fields;
  const numbers = texts.map(Number);
  if (!numbers.every(Number.isFinite) || Number.isFinite(Number(label))) return null;
  const [truncated = 0, occluded = 0, alpha = 0, left = 0, top = 0, right = 0, bottom = 0] = numbers;
  const [dimensions, location] = [numbers.slice(7, 10), numbers.slice(10, 13)];
  const [rotation_y = 0, score] = numbers.slice(13);
  const has = (values: readonly number[]) => values.some((value) => value !== 0);
  return {
    label,
    box: [left, top, right - left, bottom - top],
    attributes: {
      ...(truncated ? { truncated } : {}),
      ...(occluded ? { occluded } : {}),
      ...(alpha ? { alpha } : {}),
      ...(has(dimensions) ? { dimensions } : {}),
      ...(has(location) ? { location } : {}),
      ...(rotation_y ? { rotation_y } : {}),
      ...(score === undefined ? {} : { score }),
    },
  };
}

export function isKitti(text: string, path: string): boolean {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) return /(^|\/)label_[23]\//i.test(path);
  return lines.slice(0, Math.max(1, lines.length - 1)).some((line) => kittiLineOf(line) !== null);
}

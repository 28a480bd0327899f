/** A line of an Ultralytics detection label: class, then centre and size relative to the image (0 to 1). */
export interface BoxLine {
  kind: 'box';
  line: number;
  classIndex: number;
  centerX: number;
  centerY: number;
  width: number;
  height: number;
}

export type LabelLine =
  | BoxLine
  /** More numbers than a box has: a polygon, key points, or an oriented box. */
  | { kind: 'other'; line: number; columns: number }
  | { kind: 'bad'; line: number; reason: string };

/** A label line has at most this many numbers; polygons have hundreds. */
const MAX_LINE_LENGTH = 1_000_000;

/** Reads a label file's lines, empty ones left out. Lines are counted from 1. */
export function parseLabelLines(text: string): LabelLine[] {
  const lines: LabelLine[] = [];
  text.split(/\r\n|\n|\r/).forEach((raw, i) => {
    const trimmed = raw.trim();
    if (trimmed !== '') lines.push(parseLine(trimmed, i + 1));
  });
  return lines;
}

function parseLine(text: string, line: number): LabelLine {
  if (text.length > MAX_LINE_LENGTH) return { kind: 'bad', line, reason: `a line of ${text.length} characters` };
  const fields = text.split(/\s+/);
  const numbers = fields.map(Number);
  const wrong = numbers.findIndex((number) => !Number.isFinite(number));
  if (wrong >= 0) return { kind: 'bad', line, reason: `"${fields[wrong]?.slice(0, 40)}" is not a number` };
  const [classIndex = Number.NaN, centerX, centerY, width, height] = numbers;
  if (!Number.isInteger(classIndex) || classIndex < 0) {
    return { kind: 'bad', line, reason: `"${fields[0]?.slice(0, 40)}" is not a class number` };
  }
  if (centerX === undefined || centerY === undefined || width === undefined || height === undefined) {
    return { kind: 'bad', line, reason: `${numbers.length} numbers instead of 5` };
  }
  if (numbers.length > 5) return { kind: 'other', line, columns: numbers.length };
  return { kind: 'box', line, classIndex, centerX, centerY, width, height };
}

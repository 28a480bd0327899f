import type { Annotation, Box } from '../model.ts';

const TASKS = ['detect', 'segment', 'pose', 'obb'] as const;
export type YoloTask = (typeof TASKS)[number];

export const isTask = (value: unknown): value is YoloTask => TASKS.some((task) => task === value);

/** What the label lines of a dataset mean: https://docs.ultralytics.com/datasets/ */
export interface LineLayout {
  task: YoloTask;
  /** How many key points an object has, and how many numbers each (2 or 3). */
  keypointShape: [count: number, dimensions: number] | null;
  /** Lines of so many numbers are boxes with columns of another meaning behind them, and no polygons. */
  boxLengths: ReadonlySet<number>;
}

/** More classes than that are not read, nor numbers that would need as many. */
export const MAX_CLASSES = 100_000;

/** A label line: a class, and numbers relative to the image (0 to 1). */
export type LabelLine =
  | { kind: 'numbers'; line: number; classIndex: number; values: number[] }
  | { kind: 'bad'; line: number; reason: string };

/** A label line has at most this many characters; polygons have thousands. */
const MAX_LINE_LENGTH = 1_000_000;

/** Five numbers or more with blanks between them, of which those behind the class have a comma before their fraction. */
const DECIMAL_COMMAS = /^\d+(\s+-?\d+(,\d+)?){4,}$/;

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
  if (text.length > MAX_LINE_LENGTH) {
    return { kind: 'bad', line, reason: `a line of ${text.length.toLocaleString('en')} characters` };
  }
  const fields = DECIMAL_COMMAS.test(text) ? text.replaceAll(',', '.').split(/\s+/) : text.split(/[\s,]+/);
  const numbers = fields.map(Number);
  const wrong = numbers.findIndex((number) => !Number.isFinite(number));
  if (wrong >= 0) return { kind: 'bad', line, reason: `"${fields[wrong]?.slice(0, 40)}" is not a number` };
  const [classIndex = Number.NaN, ...values] = numbers;
  if (!Number.isInteger(classIndex) || classIndex < 0) {
    return { kind: 'bad', line, reason: `"${fields[0]?.slice(0, 40)}" is not a class number` };
  }
  if (classIndex >= MAX_CLASSES) {
    return { kind: 'bad', line, reason: `class ${fields[0]?.slice(0, 40)}: no dataset has so many classes` };
  }
  if (values.length < 4) return { kind: 'bad', line, reason: `${numbers.length} numbers instead of 5` };
  return { kind: 'numbers', line, classIndex, values };
}

/**
 * What lines mean: what the configuration says, or else by their numbers behind the class. 4 are a box (5 with its score),
 * 8 in all lines an oriented box, and other pairs are polygons. Numbers outside of the image are no polygon's: they are
 * the visibilities of key points, where all lines have these, or else columns of their own behind a box.
 */
export function layoutOf(
  lines: readonly (readonly number[])[],
  config: { task: YoloTask | null; keypointShape: LineLayout['keypointShape'] } | null,
): LineLayout {
  const keypointShape = config?.keypointShape;
  const boxLengths = new Set(lines.filter(hasColumns).map(({ length }) => length));
  const none: ReadonlySet<number> = new Set();
  if (config?.task && config.task !== 'pose')
    return { keypointShape: null, task: config.task, boxLengths: config.task === 'detect' ? boxLengths : none };
  if (keypointShape) return { task: 'pose', keypointShape, boxLengths: none };
  const counts = new Map<number, number>();
  for (const { length } of lines) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [only] = counts.keys();
  if (counts.size === 1 && only !== undefined) {
    const shape = boxLengths.size > 0 ? poseShapeOf(lines, only) : null;
    if (shape) return { task: 'pose', keypointShape: shape, boxLengths: none };
    if (only === 8 && boxLengths.size === 0) return { task: 'obb', keypointShape: null, boxLengths };
  }
  const total = lines.length;
  const boxes = lines.filter(({ length }) => length <= 5 || boxLengths.has(length)).length;
  return { task: boxes * 2 >= total ? 'detect' : 'segment', keypointShape: null, boxLengths };
}

/** Rounding and careless drawing lead a little out of the image. */
const SLACK = 0.1;

const isShare = (value: number): boolean => value >= -SLACK && value <= 1 + SLACK;

/** Whether numbers behind a box can be no places in the image. */
const hasColumns = (values: readonly number[]): boolean =>
  values.length > 5 && values.slice(0, 4).every(isShare) && !values.slice(4).every(isShare);

/** Coordinates beyond twice the image are pixels: nothing else is so large where shares belong. */
export const arePixels = (values: readonly number[]): boolean => values.slice(0, 4).some((value) => value > 2);

/** Null unless every line is a box with key points in it, of which each has a visibility (0, 1 or 2). */
function poseShapeOf(lines: readonly (readonly number[])[], length: number): [number, number] | null {
  const count = (length - 4) / 3;
  if (!Number.isInteger(count) || count < 1) return null;
  return lines.every(isPose) ? [count, 3] : null;
}

function isPose(values: readonly number[]): boolean {
  const [centerX = 0, centerY = 0, width = 0, height = 0] = values;
  for (let i = 4; i < values.length; i += 3) {
    const [x = 0, y = 0, visibility = 2] = values.slice(i, i + 3);
    if (visibility !== 0 && visibility !== 1 && visibility !== 2) return false;
    const isAbsent = x === 0 && y === 0;
    // Some slack: a key point may stick out of its box.
    if (!isAbsent && (Math.abs(x - centerX) > width * 0.6 || Math.abs(y - centerY) > height * 0.6)) return false;
  }
  return true;
}

/** The annotation that a line means in an image of these dimensions, or why it means none. */
export function annotationOf(
  { values, classIndex, line }: { values: readonly number[]; classIndex: number; line: number },
  layout: LineLayout,
  width: number,
  height: number,
): { annotation: Annotation; isOfLayout: boolean } | { problem: string } {
  const [task, numUsed] = meaningOf(values, layout);
  if (!task) return { problem: `${values.length + 1} numbers, which no kind of label has` };
  const extra = values.slice(numUsed);
  const base = { classIndex, attributes: attributesOf(extra), at: line };
  const isOfLayout = task === layout.task;
  if (task === 'segment' || task === 'obb') {
    const points = values.slice(0, numUsed).map((value, i) => value * (i % 2 === 0 ? width : height));
    return task === 'obb'
      ? { annotation: { ...base, type: 'obb', geometry: { corners: points } }, isOfLayout }
      : { annotation: { ...base, type: 'polygon', geometry: { box: null, polygons: [points] } }, isOfLayout };
  }
  const [centerX = 0, centerY = 0, relativeWidth = 0, relativeHeight = 0] = values;
  if (relativeWidth < 0 || relativeHeight < 0) return { problem: `width ${relativeWidth}, height ${relativeHeight}` };
  const [boxWidth, boxHeight] = [relativeWidth * width, relativeHeight * height];
  const box: Box = [centerX * width - boxWidth / 2, centerY * height - boxHeight / 2, boxWidth, boxHeight];
  if (task === 'detect') return { annotation: { ...base, type: 'bbox', geometry: { box } }, isOfLayout };
  const dimensions = layout.keypointShape?.[1] ?? 3;
  const keypoints: number[] = [];
  for (let i = 4; i < numUsed; i += dimensions) {
    const [x = 0, y = 0, visibility] = values.slice(i, i + dimensions);
    keypoints.push(x * width, y * height, visibility ?? (x === 0 && y === 0 ? 0 : 2));
  }
  return { annotation: { ...base, type: 'keypoints', geometry: { box, keypoints } }, isOfLayout };
}

/** A single share behind the shape is the score of a prediction; what other columns mean is not known. */
function attributesOf(extra: readonly number[]): Annotation['attributes'] {
  const [first] = extra;
  if (first === undefined) return {};
  return extra.length === 1 && isScore(first) ? { score: first } : { extra };
}

export const isScore = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

/** The task of a line by its numbers, and how many of them belong to the shape. */
function meaningOf(
  values: readonly number[],
  { task, keypointShape, boxLengths }: LineLayout,
): [YoloTask | null, number] {
  const { length } = values;
  const poseLength = keypointShape ? 4 + keypointShape[0] * keypointShape[1] : 0;
  if (task === 'pose' && length >= poseLength && length <= poseLength + 1) return ['pose', poseLength];
  if (task === 'obb' && (length === 8 || length === 9)) return ['obb', 8];
  if (length <= 5 || boxLengths.has(length)) return ['detect', 4];
  if (task !== 'segment' && hasColumns(values)) return ['detect', 4];
  if (length < 6) return [null, 0];
  return ['segment', length - (length % 2)];
}

/** Enough digits to give a text's numbers back, and few enough to hide what the way over pixels adds. */
const DIGITS = 12;

const relative = (pixels: number, size: number): string => String(Number((pixels / size).toPrecision(DIGITS)));

/** The line of an annotation, the inverse of {@link annotationOf}; null for a shape that no kind of label has. */
export function lineOf(
  annotation: Annotation,
  classIndex: number,
  layout: LineLayout,
  width: number,
  height: number,
): string | null {
  const numbers = numbersOf(annotation, layout, width, height);
  if (!numbers) return null;
  const { extra, score } = annotation.attributes;
  const more = Array.isArray(extra) ? extra : isScore(score) ? [score] : [];
  return [classIndex, ...numbers, ...more].join(' ');
}

function numbersOf(
  annotation: Annotation,
  { task, keypointShape }: LineLayout,
  width: number,
  height: number,
): string[] | null {
  const points = (values: readonly number[]) => values.map((value, i) => relative(value, i % 2 === 0 ? width : height));
  const centered = ([x, y, boxWidth, boxHeight]: Box) => [
    relative(x + boxWidth / 2, width),
    relative(y + boxHeight / 2, height),
    relative(boxWidth, width),
    relative(boxHeight, height),
  ];
  switch (annotation.type) {
    case 'bbox':
      return centered(annotation.geometry.box);
    case 'polygon':
      return annotation.geometry.polygons.length === 1 ? points(annotation.geometry.polygons[0] ?? []) : null;
    case 'obb':
      return points(annotation.geometry.corners);
    case 'keypoints': {
      const { box, keypoints } = annotation.geometry;
      if (!box || task !== 'pose' || keypoints.length / 3 !== keypointShape?.[0]) return null;
      const numbers = centered(box);
      for (let i = 0; i + 2 < keypoints.length; i += 3) {
        numbers.push(relative(keypoints[i] ?? 0, width), relative(keypoints[i + 1] ?? 0, height));
        if (keypointShape[1] === 3) numbers.push(String(keypoints[i + 2] ?? 0));
      }
      return numbers;
    }
    default:
      return null;
  }
}

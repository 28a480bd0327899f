import { columnsOf } from '../csv/columns.ts';
import { isImagePath, splitName } from '../paths.ts';

/** What a table of classes has in its columns; -1 for what no column says. */
export interface ClassTable {
  hasHeader: boolean;
  name: number;
  split: number;
  labels:
    | {
        kind: 'column';
        at: number /** Between several labels of one cell; null for a single one. */;
        separator: string | null;
      }
    /** What is said of the image in words. */
    | { kind: 'caption'; at: number }
    /** A column per class, 1 where the image has it. */
    | { kind: 'hot'; at: number[] };
}

const NAMES =
  /^(file_?names?|files?|images?|image_?(names?|paths?|files?|ids?|urls?|index)|img(_?(names?|paths?|ids?))?|(file_?)?paths?|id_?code|ids?|names?)$/;
const SINGLE =
  /^(labels?_?names?|label|class(_?names?)?|category(_?names?)?|target|species|breed|diagnosis|label_?id|class_?id|category_?id)$/;
const SEVERAL = /^(labels|classes|categories|tags|targets|(finding|disease|attribute)_?labels?)$/;
const CAPTION = /^(captions?|captions?_text|text_caption|comments?|sentences?)$/;
/** Beside one of these a class is not all that the table says. */
const SHAPES = /(^|_)(encoded_?pixels|rle|masks?|polygons?|segmentations?|bbox(es)?|outline|key_?points?)(_|$)/;
const SPLITS = /^(split|set|subset|partition|data_?set|fold_?name)$/;

/** How a table says the classes of images; null for one that says boxes, or something else. */
export function classTableOf(rows: readonly (readonly string[])[]): ClassTable | null {
  const [first = [], ...others] = rows;
  if (first.length < 2 || columnsOf(rows) !== null) return null;
  if (isImagePath(first[0] ?? '')) return withoutHeader(rows);
  const titles = first.map((title) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '_')
      .replace(/^_|_$/g, ''),
  );
  const name = nameColumn(titles, others);
  if (name < 0 || titles.some((title) => SHAPES.test(title))) return null;
  const split = titles.findIndex((title, at) => at !== name && SPLITS.test(title));
  const base = { hasHeader: true, name, split };
  const single = titles.findIndex((title, at) => at !== name && SINGLE.test(title));
  if (single >= 0) return { ...base, labels: { kind: 'column', at: single, separator: null } };
  const several = titles.findIndex((title, at) => at !== name && SEVERAL.test(title));
  if (several >= 0)
    return { ...base, labels: { kind: 'column', at: several, separator: separatorOf(others, several) } };
  const caption = titles.findIndex((title, at) => at !== name && CAPTION.test(title));
  if (caption >= 0) return { ...base, labels: { kind: 'caption', at: caption } };
  const hot = titles.flatMap((_, at) => (at === name || at === split ? [] : [at])).filter((at) => isHot(others, at));
  const isAll = hot.length === first.length - (split < 0 ? 1 : 2);
  return hot.length >= 2 && isAll ? { ...base, labels: { kind: 'hot', at: hot } } : null;
}

/** The first that is called so and has names of images, or else the first that is called so. */
function nameColumn(titles: readonly string[], rows: readonly (readonly string[])[]): number {
  const called = titles.flatMap((title, at) => (NAMES.test(title) ? [at] : []));
  return called.find((at) => rows.some((row) => isImagePath(row[at] ?? ''))) ?? called[0] ?? -1;
}

/** `a.jpg,cat` in every row. */
function withoutHeader(rows: readonly (readonly string[])[]): ClassTable | null {
  const fits = rows.every((row) => row.length === 2 && isImagePath(row[0] ?? '') && (row[1] ?? '') !== '');
  const isSplit = rows.every((row) => splitName(row[1] ?? '') !== null);
  if (!fits || isSplit) return null;
  return { hasHeader: false, name: 0, split: -1, labels: { kind: 'column', at: 1, separator: null } };
}

/** Blanks separate labels only where the same words come in several combinations. */
function separatorOf(rows: readonly (readonly string[])[], at: number): string | null {
  const values = new Set(rows.map((row) => row[at] ?? ''));
  const mark = ['|', ';', ','].find((candidate) => [...values].some((value) => value.includes(candidate)));
  if (mark) return mark;
  const words = new Set([...values].flatMap((value) => value.split(' ')));
  return words.size < values.size ? ' ' : null;
}

const isHot = (rows: readonly (readonly string[])[], at: number): boolean =>
  rows.length > 0 && rows.every((row) => /^([01](\.0*)?|-1(\.0*)?|)$/.test(row[at] ?? ''));

/** The class names in a row. */
export function labelsOfRow(row: readonly string[], titles: readonly string[], { labels }: ClassTable): string[] {
  if (labels.kind === 'hot') return labels.at.filter((at) => Number(row[at]) === 1).map((at) => titles[at] ?? '');
  const value = row[labels.at] ?? '';
  if (labels.kind === 'caption') return value.trim() === '' ? [] : [value];
  const parts = labels.separator === null ? [value] : value.split(labels.separator);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

import type { ReadContext } from '../format.ts';
import { filesOf } from '../listing.ts';
import { baseName } from '../paths.ts';

/** The names of a mask's values, where a file of the dataset says them. */
export interface PixelClasses {
  byColor: Map<number, string>;
  byIndex: Map<number, string>;
  /** In the order of the file. */
  names: string[];
  /** The files that say it. */
  files: string[];
}

const NAMED = /^(label_?map|label_?colors?|color_?map|class_?dict|_?classes|class_?names|labels?|palette)\.(txt|csv)$/i;
const BACKGROUND = /^(_*background_*|_+ignore_+|bg)$/i;

export const isBackground = (name: string): boolean => BACKGROUND.test(name);

/** The first 20 classes of Pascal VOC, in the order of their numbers from 1 (devkit_doc, 2.1). */
export const VOC_CLASSES =
  'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
    ' ',
  );

/** What the lists of classes say, merged: a dataset has one for each split at most, and these agree. */
export async function pixelClassesOf({ source, listing }: ReadContext): Promise<PixelClasses> {
  const classes: PixelClasses = { byColor: new Map(), byIndex: new Map(), names: [], files: [] };
  const paths = filesOf(listing, 'txt', 'csv').flatMap(({ path }) => (NAMED.test(baseName(path)) ? [path] : []));
  for (const [path, text] of await source.texts(paths)) {
    if (text === null) continue;
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    const read = lines.filter((line) => line !== '' && !line.startsWith('#')).map(readLine);
    const isNames = !path.toLowerCase().endsWith('.csv') && read.every((item) => item === null);
    if (isNames)
      addNames(
        lines.filter((line) => line !== ''),
        classes,
      );
    for (const item of read) if (item) add(item, classes);
    if (isNames || read.some((item) => item !== null)) classes.files.push(path);
  }
  return classes;
}

type Line = { name: string; color: number } | { name: string; index: number };

/** `cat:128,0,0::`, `128 0 0 cat`, `cat,128,0,0`, `2, cat` or `cat, 2`. */
function readLine(line: string): Line | null {
  const number = String.raw`\s*(\d{1,5})\s*`;
  const labelMap = new RegExp(`^([^:]+):${number},${number},${number}(:|$)`).exec(line);
  if (labelMap) return colored(labelMap[1], labelMap.slice(2, 5));
  const colorsFirst = /^(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\D.*)$/.exec(line);
  if (colorsFirst) return colored(colorsFirst[4], colorsFirst.slice(1, 4));
  const nameFirst = new RegExp(`^(.*[^\\d\\s,].*?),${number},${number},${number}$`).exec(line);
  if (nameFirst) return colored(nameFirst[1], nameFirst.slice(2, 5));
  const indexFirst = new RegExp(`^${number}[,;:\\t]\\s*(.*\\D.*)$`).exec(line);
  if (indexFirst) return { name: (indexFirst[2] ?? '').trim(), index: Number(indexFirst[1]) };
  return null;
}

function colored(name = '', parts: readonly string[]): Line | null {
  const [red = 0, green = 0, blue = 0] = parts.map(Number);
  if (red > 255 || green > 255 || blue > 255) return null;
  return { name: name.trim(), color: (red << 16) | (green << 8) | blue };
}

function add(item: Line, { byColor, byIndex, names }: PixelClasses): void {
  if ('color' in item) {
    if (!byColor.has(item.color)) byColor.set(item.color, item.name);
  } else if (!byIndex.has(item.index)) {
    byIndex.set(item.index, item.name);
  }
  if (!names.includes(item.name)) names.push(item.name);
}

/** A name per line, the first of them 0; LabelMe's lists put what is to be ignored before that. */
function addNames(lines: readonly string[], classes: PixelClasses): void {
  const from = /^_+ignore_+$/i.test(lines[0] ?? '') ? 1 : 0;
  lines.slice(from).forEach((name, index) => void add({ name, index }, classes));
}

/** The colour of a number in Pascal VOC's palette: its bits, spread over red, green and blue from the highest. */
export function vocColor(index: number): number {
  let [red, green, blue] = [0, 0, 0];
  for (let bit = 7, rest = index; rest > 0; bit--, rest >>= 3) {
    red |= (rest & 1) << bit;
    green |= ((rest >> 1) & 1) << bit;
    blue |= ((rest >> 2) & 1) << bit;
  }
  return (red << 16) | (green << 8) | blue;
}

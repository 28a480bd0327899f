import type { PixelClasses } from './classes.ts';
import { isBackground, VOC_CLASSES, vocColor } from './classes.ts';
import type { MaskPixels } from './png.ts';

/** What the values of a dataset's masks stand for, told from a sample of them and its lists of classes. */
export interface Meaning {
  classes: PixelClasses;
  /** Two values only: background, and one class whatever its number. */
  isBinary: boolean;
  /** Greys between the two come from smoothed edges: what is bright is set. */
  isSmooth: boolean;
  isVoc: boolean;
}

/** What a value names; null for background and for what belongs to no class, undefined for one that no list names. */
export type ClassOfValue = (value: number) => string | null | undefined;

/** 255 among small numbers marks pixels that belong to no class, as Pascal VOC and Cityscapes have it. */
export const VOID = 255;
export const VOID_COLOR = 0xe0e0c0;
const FOREGROUND = 'foreground';

export function meaningOf(samples: readonly MaskPixels[], paths: readonly string[], classes: PixelClasses): Meaning {
  const values = new Set<number>();
  let isSmooth = samples.length > 0;
  for (const { values: pixels, isColored } of samples) {
    const histogram = new Map<number, number>();
    for (let i = 0; i < pixels.length; i++) histogram.set(pixels[i] ?? 0, (histogram.get(pixels[i] ?? 0) ?? 0) + 1);
    for (const value of histogram.keys()) values.add(value);
    const extremes = (histogram.get(0) ?? 0) + (histogram.get(VOID) ?? 0);
    if (isColored || histogram.size < 3 || extremes < pixels.length * 0.8) isSmooth = false;
  }
  const others = [...values].filter((value) => value !== 0);
  const isNamed = classes.byIndex.size > 0 || classes.byColor.size > 0;
  return {
    classes,
    isBinary: !isNamed && others.length === 1,
    isSmooth: !isNamed && isSmooth && others.length > 2,
    isVoc: paths.some((path) => /(^|\/)VOC(devkit|20\d\d)?\//i.test(path)),
  };
}

/** Whether pixels are a mask's at all: a photograph in colours has more of them than any mask. */
export function looksLikeMask({ values, isColored, palette }: MaskPixels): boolean {
  if (palette || !isColored) return true;
  const seen = new Set<number>();
  const step = Math.max(1, Math.floor(values.length / 50_000));
  for (let i = 0; i < values.length; i += step) seen.add(values[i] ?? 0);
  return seen.size <= 256;
}

/** How the values of one mask are named. */
export function namesFor(mask: MaskPixels, meaning: Meaning, folderClass: string | null): ClassOfValue {
  const { classes, isBinary, isSmooth, isVoc } = meaning;
  if (isBinary || isSmooth)
    return (value) => (value === 0 || (isSmooth && value < 128) ? null : (folderClass ?? FOREGROUND));
  const named = (name: string | undefined) => (name === undefined || isBackground(name) ? null : name);
  if (classes.byColor.size > 0 && (mask.isColored || mask.palette)) {
    return (value) => {
      const color = mask.isColored ? value : (mask.palette?.[value] ?? value);
      if (classes.byColor.has(color)) return named(classes.byColor.get(color));
      return color === 0 || color === VOID_COLOR ? null : undefined;
    };
  }
  if (mask.isColored) {
    const numberOf = isVoc ? new Map(VOC_CLASSES.map((name, i) => [vocColor(i + 1), name])) : new Map<number, string>();
    return (value) => (value === 0 || value === VOID_COLOR ? null : (numberOf.get(value) ?? hex(value)));
  }
  if (classes.byColor.size > 0 && classes.byIndex.size === 0) {
    // A list of colours for masks of numbers names these by its order.
    return (value) =>
      value === VOID ? null : value < classes.names.length ? named(classes.names[value]) : `class_${value}`;
  }
  return (value) => {
    if (classes.byIndex.has(value)) return named(classes.byIndex.get(value));
    if (value === 0 || value === VOID) return null;
    if (classes.byIndex.size > 0) return undefined;
    return isVoc ? (VOC_CLASSES[value - 1] ?? `class_${value}`) : `class_${value}`;
  };
}

export const hex = (color: number): string => `#${color.toString(16).padStart(6, '0')}`;

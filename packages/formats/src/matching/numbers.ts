import type { ImageEntry } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import type { DatasetSource } from '../source.ts';
import type { OpenName } from './open-name.ts';

/** Whether a name is a mere number. One with an extension is a file's name, if not of a file that is there. */
export const isNumber = (name: string): boolean => /^\d{1,9}$/.test(name);

/** More images than these are not put in order in memory for the sake of a guess. */
const MAX_IMAGES = 300_000;

/**
 * Names that are mere numbers ('1', '2', …) where files are called otherwise: some exporters write an index where the
 * name belongs. The numbers mean the files that carry them ("img_0007.png" for '7'), or else the images in the natural
 * order of their paths, masks left out if there are as many names as other images; dimensions, where the annotations
 * state them, must bear the order out or set it right.
 *
 * @returns one answer per name, or null when the names are no such numbers or nothing fits
 */
export async function matchNumbers(
  source: DatasetSource,
  names: readonly OpenName[],
  isTaken: (path: string) => boolean,
): Promise<({ image: ImageEntry; isSafe: boolean } | null)[] | null> {
  const numbers = names.map(({ name }) => (isNumber(name) ? Number.parseInt(name, 10) : Number.NaN));
  if (names.length === 0 || numbers.some(Number.isNaN) || new Set(numbers).size !== numbers.length) return null;
  const images: ImageEntry[] = [];
  for await (const batch of source.images()) {
    for (const image of batch) if (!isTaken(image.path)) images.push(image);
    if (images.length > MAX_IMAGES) return null;
  }
  if (images.length === 0) return null;
  const { compare } = new Intl.Collator('en', { numeric: true });
  images.sort((a, b) => compare(a.path, b.path));
  const pictures = images.filter(({ path }) => !isMask(path));
  const meant = pictures.length === numbers.length ? pictures : images;
  const named = byNumberInName(numbers, meant);
  const ordered = named ?? byPosition(numbers, meant);
  if (!ordered) return null;
  if (ordered.every((image, i) => agrees(names[i], image))) {
    // Of more images than names, the first ones are no more than likely.
    const isSafe = named !== null || meant.length === numbers.length;
    return ordered.map((image) => ({ image, isSafe }));
  }
  return byDimensions(names, numbers, meant);
}

/** Masks lie among the images of some datasets, and are none that an annotation would name. */
const isMask = (path: string): boolean =>
  /(^|\/)(ground_truth|masks?|Segmentation(Class|Object))\/|_mask\.[a-z]+$/i.test(path);

/** The number at the end of each file's name, when every number asked for is that of exactly one file. */
function byNumberInName(numbers: readonly number[], images: readonly ImageEntry[]): ImageEntry[] | null {
  const byNumber = Map.groupBy(images, (image) =>
    Number(/(\d+)\D*$/.exec(baseName(stemOf(image.path)))?.[1] ?? Number.NaN),
  );
  const found = numbers.map((number) => byNumber.get(number));
  if (!found.every((fits) => fits?.length === 1)) return null;
  return found.flatMap((fits) => fits ?? []);
}

/** By rank when there are as many names as images; otherwise the number counts images, from 0 or 1. */
function byPosition(numbers: readonly number[], images: readonly ImageEntry[]): ImageEntry[] | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const first = sorted[0] ?? 0;
  const rankOf = new Map(sorted.map((number, rank) => [number, rank]));
  const base = first === 0 ? 0 : 1;
  const places = numbers.map((number) =>
    numbers.length === images.length ? (rankOf.get(number) ?? -1) : number - base,
  );
  const found = places.map((place) => images[place]);
  return found.every((image) => image !== undefined) ? found : null;
}

/** Within each group of equal dimensions by order, when every group has as many names as images. */
function byDimensions(
  names: readonly OpenName[],
  numbers: readonly number[],
  images: readonly ImageEntry[],
): { image: ImageEntry; isSafe: boolean }[] | null {
  const imagesBy = Map.groupBy(images, ({ width, height }) => `${width}x${height}`);
  const namesBy = Map.groupBy(names.keys(), (i) => `${names[i]?.width}x${names[i]?.height}`);
  const matched = new Map<number, { image: ImageEntry; isSafe: boolean }>();
  for (const [dimensions, group] of namesBy) {
    const fits = imagesBy.get(dimensions) ?? [];
    if (fits.length !== group.length) return null;
    const inOrder = [...group].sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
    inOrder.forEach((i, k) => {
      const image = fits[k];
      if (image) matched.set(i, { image, isSafe: group.length === 1 });
    });
  }
  return names.flatMap((_, i) => matched.get(i) ?? []);
}

function agrees(name: OpenName | undefined, image: ImageEntry): boolean {
  if (!name || name.width === null || image.width === null) return true;
  return name.width === image.width && name.height === image.height;
}

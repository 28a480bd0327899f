import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import type { Listing } from '../listing.ts';
import type { ImageRecord } from '../model.ts';
import { folderOf, splitName } from '../paths.ts';

/** Folder names that group images without being classes. */
export const NEUTRAL = new Set([
  'images',
  'image',
  'img',
  'imgs',
  'data',
  'jpegimages',
  'annotations',
  'labels',
  'ground_truth',
]);

/**
 * One folder per class, as torchvision's ImageFolder reads it: `[top/]{split}/{class}/…` or `[top/]{class}/…`; folders
 * inside a class folder belong to it.
 */
export const imageFolder: FormatReader = {
  format: 'imagefolder',
  readsByImage: true,

  async detect(_source, listing) {
    const layout = layoutOf(listing);
    if (typeof layout === 'string') return { confidence: 0, reasons: [layout] };
    const { classes, hasSplits } = layout;
    const names = classes.slice(0, 3).join(', ');
    return {
      confidence: hasSplits ? 0.75 : 0.6,
      reasons: [
        `Every image lies in one of ${classes.length} class folders (${names}${classes.length > 3 ? ', …' : ''}).`,
        ...(hasSplits ? ['The class folders lie in split folders.'] : []),
      ],
    };
  },

  async *read({ source, listing }: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const found = layoutOf(listing, 1);
    const layout = typeof found === 'string' ? null : found;
    const classes = layout?.classes ?? [];
    const indexOf = new Map(classes.map((name, index) => [name, index]));
    for await (const batch of source.images()) {
      const images = batch.map((image): ImageRecord => {
        const { split, className } = placeOf(image.path, layout?.top ?? '');
        const classIndex = className === null ? undefined : indexOf.get(className);
        return {
          ...image,
          split,
          className,
          isLabeled: classIndex !== undefined,
          annotations:
            classIndex === undefined ? [] : [{ type: 'classification', classIndex, geometry: {}, attributes: {} }],
        };
      });
      yield { images, roles: [] };
    }
    return {
      classes: classes.map((name) => ({ name, source: {} })),
      taskType: classes.length > 0 ? 'image_classification' : null,
    };
  },
};

interface Layout {
  /** The folder around everything, or ''. */
  top: string;
  /** In the byte order of their names, as torchvision numbers them. */
  classes: string[];
  hasSplits: boolean;
}

/** Every folder with images must be, or be inside, a class folder, of so many classes or more; else the reason in words. */
function layoutOf(listing: Listing, minClasses = 2): Layout | string {
  const folders = [...listing.folders].filter(([, stats]) => stats.images > 0).map(([folder]) => folder);
  const around = commonTop(folders);
  // Of a single class, the folder around everything is the class.
  const isClass = minClasses === 1 && folders.every((folder) => folder === around);
  const top = isClass ? folderOf(around.slice(0, -1)) : around;
  const classes = new Set<string>();
  let hasSplits = false;
  for (const folder of folders) {
    const { split, className } = placeOf(folder, top);
    if (className === null) return `Images lie outside of class folders, in "${folder || '/'}".`;
    if (NEUTRAL.has(className.toLowerCase())) return `The folder "${className}" is no class.`;
    if (split !== null) hasSplits = true;
    classes.add(className);
  }
  if (classes.size < minClasses) return 'There are not two class folders or more.';
  return { top, classes: [...classes].sort(byCodePoint), hasSplits };
}

/** Single folders around everything (`imagenet10/data/…`), as long as they are not themselves a split. */
function commonTop(folders: readonly string[]): string {
  let top = '';
  for (;;) {
    const [first = '', ...others] = folders.map((folder) => folder.slice(top.length).split('/')[0] ?? '');
    if (first === '' || splitName(first) !== null || others.some((other) => other !== first)) return top;
    top += `${first}/`;
  }
}

function placeOf(path: string, top: string): { split: string | null; className: string | null } {
  const [first = '', second = ''] = folderOf(path).slice(top.length).split('/');
  const split = splitName(first);
  const name = split === null ? first : second;
  return { split, className: name === '' ? null : name };
}

function byCodePoint(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

import type { Listing } from '../listing.ts';
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

/** Folders of known layouts that hold images, or what was made of them, side by side with others of the same images. */
const NO_CLASS =
  /^(originals?|ground[ _-]?truths?|gt|gt(fine|coarse)|annotations?|labels?|label(ids?|txt)|targets|depth|disparity|(left|right)img8bit.*|segmentation(class|object|s)?|instances|panoptic|rgb|inputs?|outputs?|img\d|((bin|binary|color|gt|seg|segmentation|label|panoptic|instance|semantic)[ _-]?masks?|masks)([ _-]?(png|images?|train|val|test))?)$/i;
/** Among many classes one may be called like a folder of a layout. */
const MAX_STRANGE_SHARE = 0.2;

/** Folders that a recording, and not a person, has divided images into. */
const RECORDING =
  /^((cam|camera|seq|sequence|scene|clip|video|session|batch|part|chunk|shard|drive|run|take|view)[ _-]?\d+|(image|cam|camera|view)?[ _-]?(left|right|front|rear|back|center|centre|top|bottom)[ _-]?(cam|camera|view|images?)?)$/i;

/** Images that are told nothing of, in the words of those who put them into a folder of their own. */
const UNLABELED = /^(pred|preds|prediction|predictions|unlabell?ed|unsup|holdout|infer|inference)$/i;

/** Beside folders of splits, the one of images that are in none. */
export const WITHOUT_SPLIT = 'data';

export interface Layout {
  /** The folder around everything, or ''. */
  top: string;
  /** In the byte order of their names, as torchvision numbers them. */
  classes: string[];
  hasSplits: boolean;
  /** Whether the outermost folders are sets that are called like no split, each with the same classes: folds, sources. */
  hasSets: boolean;
  /** Outermost folders that an archive of their own name was unpacked into: `seg_train/seg_train/…`. */
  doubled: ReadonlySet<string>;
  /** Folders between that of a split and those of classes (`train/images/cat`). */
  between: string;
  /** Images that lie in no class folder. */
  numOutside: number;
}

export interface Place {
  split: string | null;
  /** Null for an image, or a folder, outside of the class folders. */
  className: string | null;
}

type Folder = { path: string; images: number };

/**
 * The class folders of a dataset, or in words why it has none: the same classes in one split or several, or a set of
 * folders side by side of which none is called like what is no class.
 *
 * @param minClasses of how many classes it must be; for 1, folders are read as classes whatever they are called
 */
export function layoutOf(listing: Listing, minClasses = 2): Layout | string {
  const folders = [...listing.folders].flatMap(([path, { images }]) => (images > 0 ? [{ path, images }] : []));
  const around = commonTop(folders);
  // Of a single class, the folder around everything is the class.
  const isClass = minClasses === 1 && folders.every(({ path }) => path === around);
  const top = isClass ? folderOf(around.slice(0, -1)) : around;
  const below = folders.map(({ path, images }) => ({ path: path.slice(top.length), images }));
  const doubled = doubledIn(below);
  const hasSplits = areSplits(below, doubled);
  const layout: Layout = {
    top,
    classes: [],
    hasSplits,
    hasSets: !hasSplits && areSets(below),
    doubled,
    between: betweenIn(below, hasSplits, doubled),
    numOutside: 0,
  };
  const classes = new Set<string>();
  let numInside = 0;
  for (const { path, images } of folders) {
    const { split, className } = placeIn(path, layout);
    if (className !== null) {
      classes.add(className);
      numInside += images;
    } else if (!hasSplits || split === null) layout.numOutside += images;
  }
  layout.classes = [...classes].sort(byCodePoint);
  if (classes.size < minClasses) return 'There are fewer than two class folders.';
  if (minClasses > 1) {
    const doubt = doubtOf(below, layout, numInside) ?? mixtureIn(listing);
    if (doubt !== null) return doubt;
  }
  return layout;
}

/** What speaks against folders being classes. */
function doubtOf(
  folders: readonly Folder[],
  { classes, hasSplits, numOutside }: Layout,
  numInside: number,
): string | null {
  if (numOutside > numInside) return 'Most images are outside of class folders.';
  const strange = classes.filter((name) => !mayBeClass(name));
  if (strange.length > classes.length * MAX_STRANGE_SHARE) return `The folder "${strange[0]}" is no class.`;
  if (!hasSplits && classes.every((name) => RECORDING.test(name))) return 'The folders are parts of recordings.';
  const inner = innerFolder(folders, classes);
  return inner === null
    ? null
    : `The images of every folder lie in "${inner}": these are parts of recordings, and no classes.`;
}

/** Recordings, volumes and arrays: beside many of them, images are what happens to lie there. */
const OTHER_MEDIA = new Set('mp4 avi mov mkv webm npy npz dcm dicom nii exr raw mp3 wav'.split(' '));

/** A folder of images that holds half as many files of other media. */
function mixtureIn({ folders }: Listing): string | null {
  for (const [path, { images, others }] of folders) {
    const count = [...others].reduce((sum, [extension, files]) => sum + (OTHER_MEDIA.has(extension) ? files : 0), 0);
    if (images > 0 && count * 2 >= images) return `${path} holds files of other kinds, too.`;
  }
  return null;
}

/** Whether a folder is not called as folders of known layouts are. */
export const mayBeClass = (name: string): boolean => !NEUTRAL.has(name.toLowerCase()) && !NO_CLASS.test(name);

/** Whether folders of these names alone would be taken for parts of a recording. */
export const isPartOfRecording = (name: string): boolean => RECORDING.test(name);

/** The one folder of frames or the like that holds all images of each class folder; null when it is not so. */
function innerFolder(folders: readonly Folder[], classes: readonly string[]): string | null {
  const inner = new Set<string>();
  for (const { path } of folders) {
    const segments = path.split('/').slice(0, -1);
    const at = segments.findIndex((segment) => classes.includes(segment));
    if (at < 0) continue;
    const name = segments[at + 1];
    if (name === undefined || mayBeClass(name)) return null;
    inner.add(name);
  }
  return inner.size === 1 ? ([...inner][0] ?? null) : null;
}

/** The split that a folder is called by: `train`, and `seg_train`, `training_set`, `train2017` among others of their kind. */
export function splitOfFolder(name: string): string | null {
  const exact = splitName(name) ?? (UNLABELED.test(name) ? 'unlabeled' : null);
  if (exact !== null) return exact;
  const words = name.split(/[^\p{L}]+/u).filter((word) => word !== '');
  const splits = words.flatMap((word) => splitName(word) ?? (UNLABELED.test(word) ? 'unlabeled' : []));
  // A lone word has been told above; with digits (`train2017`) or others beside it, it is still the split.
  return splits.length === 1 && (words.length > 1 || /\d/.test(name)) ? (splits[0] ?? null) : null;
}

/**
 * Whether the outermost folders are splits: all of them, or those that have folders with images of their own. A class
 * may be called `train`, among others that are called like no split.
 */
function areSplits(folders: readonly Folder[], doubled: ReadonlySet<string>): boolean {
  const inner = new Map<string, Set<string>>();
  for (const { path } of folders) {
    const [first, second] = undoubled(path.split('/').slice(0, -1), doubled);
    if (first === undefined) continue;
    const known = inner.get(first) ?? new Set<string>();
    inner.set(first, known);
    if (second !== undefined) known.add(second);
  }
  const names = [...inner.keys()];
  const splits = names.filter((name) => splitOfFolder(name) !== null);
  if (splits.length === 0) return false;
  const isDivided = splits.some((name) => (inner.get(name)?.size ?? 0) > 0);
  return splits.length === names.length ? true : isDivided && splits.length * 2 >= names.length;
}

/** `train/images/cat`, `val/images/cat`: a folder of no meaning that all splits have between theirs and those of classes. */
function betweenIn(folders: readonly Folder[], hasSplits: boolean, doubled: ReadonlySet<string>): string {
  if (!hasSplits) return '';
  const second = new Set<string>();
  for (const { path } of folders) {
    const [, name, third] = undoubled(path.split('/').slice(0, -1), doubled);
    if (name === undefined || third === undefined || !NEUTRAL.has(name.toLowerCase())) return '';
    second.add(name);
  }
  return second.size === 1 ? ([...second][0] ?? '') : '';
}

/** The split and the class of an image, or of a folder with its slash. */
export function placeIn(
  path: string,
  { top, hasSplits, hasSets, doubled, between }: Omit<Layout, 'classes' | 'numOutside'>,
): Place {
  if (!path.startsWith(top)) return { split: null, className: null };
  const segments = folderOf(path).slice(top.length).split('/').slice(0, -1);
  if (hasSets) return { split: null, className: segments[1] ?? null };
  if (!hasSplits) {
    const [className = null, inner = ''] = segments;
    return { split: splitName(inner), className };
  }
  const [first, ...others] = undoubled(segments, doubled);
  const split = first === undefined ? null : splitOfFolder(first);
  const [className = null] = between !== '' && others[0] === between ? others.slice(1) : others;
  const hasClass = split === null ? first === WITHOUT_SPLIT : split !== 'unlabeled';
  return { split, className: hasClass ? className : null };
}

/** Outermost folders with nothing in them but one of their own name; beside others, that is a class. */
function doubledIn(folders: readonly Folder[]): Set<string> {
  const inner = new Map<string, Set<string>>();
  for (const { path } of folders) {
    const [first = '', second = ''] = path.split('/').slice(0, -1);
    inner.set(first, (inner.get(first) ?? new Set()).add(second));
  }
  return new Set([...inner].flatMap(([name, names]) => (names.size === 1 && names.has(name) ? [name] : [])));
}

const undoubled = (segments: readonly string[], doubled: ReadonlySet<string>): readonly string[] =>
  segments[0] === segments[1] && doubled.has(segments[0] ?? '') ? segments.slice(1) : segments;

/** Whether all outermost folders hold nothing but the same folders, two at least that may be classes. */
function areSets(folders: readonly Folder[]): boolean {
  const inner = new Map<string, Set<string>>();
  for (const { path } of folders) {
    const [first = '', second] = path.split('/').slice(0, -1);
    if (second === undefined) return false;
    inner.set(first, (inner.get(first) ?? new Set()).add(second));
  }
  const [names = new Set<string>(), ...others] = inner.values();
  const mayBe = (name: string) => mayBeClass(name) && splitOfFolder(name) === null && !RECORDING.test(name);
  const shared = [...names].filter((name) => mayBe(name) && others.every((other) => other.has(name)));
  const all = new Set([...inner.values()].flatMap((set) => [...set]));
  return others.length > 0 && shared.length > 1 && shared.length * 2 >= all.size;
}

/** Single folders around everything (`imagenet10/data/…`), as long as they are not themselves a split. */
function commonTop(folders: readonly Folder[]): string {
  let top = '';
  for (;;) {
    const [first = '', ...others] = folders.map(({ path }) => path.slice(top.length).split('/')[0] ?? '');
    if (first === '' || splitOfFolder(first) !== null || others.some((other) => other !== first)) return top;
    top += `${first}/`;
  }
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

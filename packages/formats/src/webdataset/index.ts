import type { FormatReader } from '../format.ts';
import { isMembers } from '../json/lines.ts';
import { parseLeniently } from '../json/parse.ts';
import { filesOf, type Listing, spread } from '../listing.ts';
import { baseName, extensionOf, folderOf, stemOf } from '../paths.ts';
import {
  annotationOf,
  type ImageLabels,
  imageFilesReader,
  type Reading,
  withExtensions,
} from '../reading/label-files.ts';
import { MirrorFolders } from '../reading/mirrors.ts';
import type { DatasetSource } from '../source.ts';
import { detectSamples, readRows } from '../tables/index.ts';
import { readMasks } from './masks.ts';

/** A class is a number or a word; anything longer is something else. */
const CLASS = /^\s*[^\r\n]{1,200}\s*$/;
/** Members of the JSON of a sample that say what is on its image, in the order in which they are looked for. */
const CAPTIONS = ['caption', 'captions', 'text', 'txt'];
const CLASSES = ['cls', 'label', 'labels', 'class', 'class_name'];
const SAMPLED = 20;

/**
 * WebDataset, unpacked: the files of a sample lie side by side and differ in their extension. Without images, samples are
 * rows; see https://github.com/webdataset/webdataset
 */
export const webDataset: FormatReader = {
  format: 'webdataset',
  detect: async (source, listing) => (await detectSamples(source, listing)) ?? ofImages.detect(source, listing),
  read: (context) => (context.listing.numImages > 0 ? ofImages.read(context) : readRows(context)),
};

/** Beside images, `.cls` is a class, `.txt` a caption, `.json` has either as members, `.seg.png` is a mask. */
const ofImages = imageFilesReader({
  format: 'webdataset',
  what: 'is what WebDataset has beside an image: a class, a caption, or JSON with one of them',
  extensions: ['cls', 'txt', 'json'],
  fits: (text, path) => {
    const extension = extensionOf(path);
    if (extension === 'cls') return CLASS.test(text);
    return extension === 'txt' ? isCaption(text) : saidIn(text) !== null;
  },
  isNamedSo: (path) => /\.cls$/i.test(path),
  // Texts and JSON have other uses: of these, only what lies beside an image speaks of one.
  isOnlyBeside: (path) => extensionOf(path) !== 'cls',
  confidenceOf: (share, { counts }) => Math.min(counts.has('cls') ? 0.95 : 0.7, 0.45 + 0.5 * share),
  isRuledOut,
  stemsOf: (path) => [baseName(stemOf(path))],
  before: readMasks,
  read: labelsOf,
});

/** Words, and no lines of numbers as labels have. */
function isCaption(text: string): boolean {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  return lines.length > 0 && lines.every((line) => /\p{L}{2}/u.test(line) && (line.match(NUMBER) ?? []).length < 4);
}

const NUMBER = /(?<=^|[\s,])-?\d+(\.\d+)?(?=[\s,]|$)/g;

interface Said {
  captions: string[];
  classes: (string | number)[];
}

/** Null for JSON that says neither. */
function saidIn(text: string): Said | null {
  const value = parseLeniently(text.replace(/^\ufeff/, ''));
  if (!isMembers(value)) return null;
  const captions = listOf(value, CAPTIONS)
    .filter((item) => typeof item === 'string')
    .filter((item) => item.trim() !== '');
  const classes = listOf(value, CLASSES).filter(
    (item): item is string | number => (typeof item === 'string' && CLASS.test(item)) || Number.isInteger(item),
  );
  return captions.length + classes.length > 0 ? { captions, classes } : null;
}

function listOf(value: Record<string, unknown>, names: readonly string[]): unknown[] {
  const said = names.map((name) => value[name]).find((item) => item !== undefined && item !== null);
  return said === undefined ? [] : Array.isArray(said) ? said : [said];
}

/** Texts and JSON make a dataset one of samples only where nearly each lies beside an image. */
async function isRuledOut(source: DatasetSource, listing: Listing): Promise<string | null> {
  if (listing.counts.has('cls')) return null;
  const paths = spread(filesOf(listing, 'txt', 'json'), 5, SAMPLED);
  const mirrors = new MirrorFolders(listing);
  const images = paths.map((path) => withExtensions(folderOf(path) + baseName(stemOf(path)), mirrors).slice(1));
  const found = await source.findImages(images.flat());
  const beside = images.filter((names) => names.some((name) => found.has(name))).length;
  return beside > paths.length / 2 ? null : 'Half of the texts or more do not lie beside an image of the same name.';
}

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const { captions, classes } = saidBy(path, text.replace(/^\ufeff/, ''), reading.listing);
  const annotations = [
    ...classes.map((label) =>
      annotationOf(
        reading,
        typeof label === 'number' ? `class_${label}` : label,
        { type: 'classification', geometry: {} },
        {},
        1,
      ),
    ),
    ...captions.map((caption) => {
      reading.types.add('caption');
      return { type: 'caption' as const, geometry: { caption }, classIndex: null, attributes: {}, at: 1 };
    }),
  ];
  return { name: null, annotate: () => annotations, source: { file: path }, unit: 'line' };
}

/** What JSON repeats of the other files of its sample is said once. */
function saidBy(path: string, text: string, { counts }: Listing): Said {
  const extension = extensionOf(path);
  if (extension === 'txt') return { captions: [text.trim()], classes: [] };
  if (extension === 'cls') {
    const name = text.trim();
    return { captions: [], classes: [/^\d+$/.test(name) ? Number(name) : name] };
  }
  const { captions, classes } = saidIn(text) ?? { captions: [], classes: [] };
  return { captions: counts.has('txt') ? [] : captions, classes: counts.has('cls') ? [] : classes };
}

import { ClassList } from '../classes.ts';
import type { Detection, FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import type { Listing } from '../listing.ts';
import type { Annotation, ImageEntry, ImageRecord } from '../model.ts';
import { baseName, folderOf, splitOf, stemOf } from '../paths.ts';
import { imagesBeside, MirrorFolders } from '../reading/mirrors.ts';
import type { Example } from '../report.ts';
import { ContentUnavailable, type DatasetSource, type FileRole } from '../source.ts';
import { ImageSets } from '../voc/image-sets.ts';
import { pixelClassesOf } from './classes.ts';
import { isPng, type MaskPath, maskFolders, maskPathOf } from './layout.ts';
import { hex, looksLikeMask, type Meaning, meaningOf, namesFor, VOID, VOID_COLOR } from './meaning.ts';
import { decodeMask, type MaskPixels } from './png.ts';
import { regionsOf } from './regions.ts';

const SAMPLED = 12;
/** Images whose names are looked at for a mask, in a dataset without folders of masks. */
const MAX_LOOKED_AT = 20_000;
const MASKS_AT_ONCE = 8;
const MAX_MASK_BYTES = 64 * 1024 * 1024;

/** Masks of pixels in PNG files: a value or a colour for each class, in folders or beside their images. */
export const masks: FormatReader = {
  format: 'masks',
  detect,

  async *read(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const { source, listing } = context;
    const mirrors = new MirrorFolders(listing);
    const sample = await sampleMasks(source, listing, mirrors);
    const pixelClasses = await pixelClassesOf(context);
    const sets = await ImageSets.open(source, listing);
    const reading: MaskReading = {
      ...context,
      sets,
      classes: new ClassList(),
      meaning: meaningOf(sample.pixels, sample.paths, pixelClasses),
      hasObjects: false,
    };
    for (const name of pixelClasses.names) if (namedOf(name)) reading.classes.indexOf(name);
    yield {
      images: [],
      roles: [...pixelClasses.files, ...sets.files].map((path) => ({ path, kind: 'annotation', split: null })),
    };
    for await (const batch of source.images()) {
      const placed = await placeMasks(batch, source, mirrors);
      for (let at = 0; at < placed.length; at += MASKS_AT_ONCE) {
        const some = placed.slice(at, at + MASKS_AT_ONCE);
        const read = await Promise.all(some.map((mask) => readMask(mask, reading)));
        const roles = some.map(({ path }): FileRole => ({ path, kind: 'annotation', split: null }));
        yield { images: read.filter((record) => record !== null), roles };
      }
    }
    return {
      classes: reading.classes.classes,
      taskType: reading.hasObjects ? 'instance_segmentation' : 'semantic_segmentation',
      splitOf: (path) => sets.splitOf(path) ?? splitOf(path),
    };
  },
};

const namedOf = (name: string): boolean => !/^(_*background_*|_+ignore_+|bg)$/i.test(name);

interface MaskReading extends ReadContext {
  classes: ClassList;
  sets: ImageSets;
  meaning: Meaning;
  hasObjects: boolean;
}

interface PlacedMask extends MaskPath {
  path: string;
  /** The masked image; null when there is none. */
  image: ImageEntry | null;
}

/**
 * The masks among some images. An image in a folder of masks that masks no other image is a mask where the folder is
 * Pascal VOC's, and an image like others elsewhere.
 */
async function placeMasks(
  batch: readonly ImageEntry[],
  source: DatasetSource,
  mirrors: MirrorFolders,
): Promise<PlacedMask[]> {
  const possible = batch.flatMap(({ path }) => {
    const said = maskPathOf(path);
    return said ? [{ path, ...said }] : [];
  });
  const stems = new Map(possible.map((mask) => [mask.path, mask.stems]));
  const images = await imagesBeside(
    source,
    mirrors,
    possible.map(({ path }) => path),
    (path) => stems.get(path) ?? [],
    (image, path) => isPictureOf(image, path),
  );
  return possible.flatMap((mask) => {
    const image = images.get(mask.path) ?? null;
    return image || /(^|\/)Segmentation(Class|Object)/i.test(mask.path) ? [{ ...mask, image }] : [];
  });
}

/** Not another mask, and not of the same kind of name. */
function isPictureOf(image: string, mask: string): boolean {
  const said = maskPathOf(image);
  if (said === null) return true;
  // `labels/img/a.png` and `labels/mask/a.png`: both lie in folders that may be of masks.
  return folderOf(image) === folderOf(mask) && baseName(stemOf(image)).length < baseName(stemOf(mask)).length;
}

/** The first masks that there are, decoded, with how many were looked at. */
async function sampleMasks(
  source: DatasetSource,
  listing: Listing,
  mirrors: MirrorFolders,
): Promise<{ pixels: MaskPixels[]; paths: string[]; placed: number; isUnseen: boolean }> {
  const sample = { pixels: [] as MaskPixels[], paths: [] as string[], placed: 0, isUnseen: false };
  const { masks: folders } = maskFolders(listing);
  let looked = 0;
  for await (const batch of source.images()) {
    for (const { path, image } of await placeMasks(batch, source, mirrors)) {
      sample.placed++;
      if (sample.paths.length >= SAMPLED || !isPng(path)) continue;
      if (image) sample.paths.push(path);
    }
    looked += batch.length;
    if (sample.paths.length >= SAMPLED || (folders.length === 0 && looked >= MAX_LOOKED_AT)) break;
  }
  for (const path of sample.paths) {
    const bytes = await bytesOf(source, path);
    if (bytes === null) sample.isUnseen = true;
    const pixels = bytes === null ? 'not at hand' : decodeMask(bytes);
    if (typeof pixels !== 'string' && looksLikeMask(pixels)) sample.pixels.push(pixels);
  }
  return sample;
}

async function detect(source: DatasetSource, listing: Listing): Promise<Detection> {
  if (listing.numImages < 2) return { confidence: 0, reasons: ['There are no images with masks.'] };
  const { pixels, paths, placed, isUnseen } = await sampleMasks(source, listing, new MirrorFolders(listing));
  const [first] = paths;
  if (placed === 0) return { confidence: 0, reasons: ['No image is named like a mask of another one.'] };
  if (first === undefined)
    return { confidence: 0.3, reasons: ['There are images named like masks, but none is a PNG.'] };
  if (pixels.length === 0 && !isUnseen) return { confidence: 0, reasons: [`${first} has no values of a mask.`] };
  return {
    confidence: isUnseen ? 0.65 : 0.5 + 0.29 * (pixels.length / paths.length),
    reasons: [`${first} is a mask of the image with that name.`],
  };
}

async function readMask(mask: PlacedMask, reading: MaskReading): Promise<ImageRecord | null> {
  const { path, image, kind, folderClass } = mask;
  const { report, source } = reading;
  if (image === null) {
    report.add('label_without_image', { path });
    return null;
  }
  if (kind === 'object' && (await classMaskOf(path, source)) !== null) return null;
  const objectMask = objectMaskOf(path);
  const objects = objectMask === path ? null : await pixelsOf(objectMask, source);
  const pixels = await pixelsOf(path, source);
  if (pixels === null) return null;
  if (typeof pixels === 'string') {
    const code =
      pixels === NOT_GIVEN ? 'content_not_given' : isPng(path) ? 'image_unreadable' : 'unsupported_annotation';
    report.add(code, { path, image: image.path, detail: pixels });
    return code === 'content_not_given' ? null : recordOf(mask, image, [], 1, reading);
  }
  if (image.width !== null && (image.width !== pixels.width || image.height !== pixels.height)) {
    const detail = `the mask is ${pixels.width} × ${pixels.height}, its image ${image.width} × ${image.height}`;
    report.add('bad_annotation', { path, image: image.path, detail });
    return recordOf(mask, image, [], 1, reading);
  }
  const before = report.numRefused;
  const place = { path, image: image.path };
  const isSameSize = objects !== null && typeof objects !== 'string' && objects.values.length === pixels.values.length;
  const annotations = isSameSize
    ? objectsIn(place, pixels, objects, reading)
    : kind === 'object'
      ? objectsIn(place, null, pixels, reading)
      : classesIn(place, pixels, folderClass, reading);
  if (typeof annotations === 'string') {
    report.add('unsupported_annotation', { path, image: image.path, detail: annotations });
    return recordOf(mask, image, [], 1, reading);
  }
  const numRefused = report.numRefused - before;
  if (annotations.length === 0 && numRefused === 0) report.add('mask_empty', place);
  return recordOf(mask, image, annotations, numRefused, reading);
}

function recordOf(
  { path }: PlacedMask,
  image: ImageEntry,
  annotations: Annotation[],
  numRefused: number,
  { sets }: MaskReading,
): ImageRecord {
  return {
    ...image,
    split: sets.splitOf(image.path) ?? splitOf(image.path),
    className: null,
    isLabeled: true,
    annotations,
    ...(numRefused > 0 ? { numRefused } : {}),
    source: { mask: path },
    origin: { path, unit: 'values' },
  };
}

const objectMaskOf = (path: string): string =>
  path.replace(/(^|\/)SegmentationClass([^/]*\/)/i, '$1SegmentationObject$2');

async function classMaskOf(path: string, source: DatasetSource): Promise<string | null> {
  const other = path.replace(/(^|\/)SegmentationObject([^/]*\/)/i, '$1SegmentationClass$2');
  return other !== path && (await source.findImages([other])).has(other) ? other : null;
}

/** One mask for each class. */
function classesIn(place: Example, pixels: MaskPixels, folderClass: string | null, reading: MaskReading): Read {
  const nameOf = namesFor(pixels, reading.meaning, folderClass);
  const indexOf = new Map<number, number>();
  const { values, width, height } = pixels;
  const classOf = (index: number): number => {
    const value = values[index] ?? 0;
    const known = indexOf.get(value);
    if (known !== undefined) return known;
    const name = nameOf(value);
    if (name === undefined) reportUnnamed(place, value, pixels, reading);
    const classIndex = typeof name === 'string' ? reading.classes.indexOf(name) : -1;
    indexOf.set(value, classIndex);
    return classIndex;
  };
  const regions = looksLikeMask(pixels) ? regionsOf(width, height, classOf) : null;
  if (regions === null) return TOO_MANY;
  return [...regions].map(([classIndex, { rle, box, area }]) => ({
    type: 'rle',
    geometry: { box, rle },
    classIndex,
    attributes: { area },
  }));
}

type Read = Annotation[] | string;

const TOO_MANY = 'a picture with too many colors to be a mask';

function reportUnnamed(place: Example, value: number, { isColored, palette }: MaskPixels, reading: MaskReading): void {
  const color = isColored ? value : palette?.[value];
  const said = color === undefined ? `the value ${value}` : `the colour ${hex(color)}`;
  const { files } = reading.meaning.classes;
  reading.report.add('bad_annotation', { ...place, detail: `${said} is not in ${files[0] ?? 'the list of classes'}` });
}

/** One mask for each object, of the class that most of its pixels have. */
function objectsIn(place: Example, classes: MaskPixels | null, objects: MaskPixels, reading: MaskReading): Read {
  reading.hasObjects = true;
  const { values, width, height, isColored } = objects;
  const isNone = (value: number) => value === 0 || value === (isColored ? VOID_COLOR : VOID);
  const regions = regionsOf(width, height, (i) => (isNone(values[i] ?? 0) ? -1 : (values[i] ?? 0)));
  if (regions === null) return TOO_MANY;
  const votes = classes ? votesOf(values, classes.values) : new Map<number, number[]>();
  const nameOf = classes ? namesFor(classes, reading.meaning, null) : () => 'object';
  return [...regions].flatMap(([value, { rle, box, area }]): Annotation[] => {
    const candidates = votes.get(value) ?? [0];
    const name = candidates.map(nameOf).find((candidate) => typeof candidate === 'string');
    if (name) {
      return [{ type: 'rle', geometry: { box, rle }, classIndex: reading.classes.indexOf(name), attributes: { area } }];
    }
    if (classes && candidates.map(nameOf).includes(undefined))
      reportUnnamed(place, candidates[0] ?? 0, classes, reading);
    else reading.report.add('bad_annotation', { ...place, detail: `object ${value} lies where no class is` });
    return [];
  });
}

/** For each object the values of its pixels in the mask of classes, the most frequent first. */
function votesOf(objects: ArrayLike<number>, classes: ArrayLike<number>): Map<number, number[]> {
  const votes = new Map<number, Map<number, number>>();
  for (let i = 0; i < objects.length; i++) {
    const counts = votes.get(objects[i] ?? 0) ?? new Map<number, number>();
    votes.set(objects[i] ?? 0, counts);
    counts.set(classes[i] ?? 0, (counts.get(classes[i] ?? 0) ?? 0) + 1);
  }
  return new Map(
    [...votes].map(([object, counts]) => [object, [...counts].sort(([, a], [, b]) => b - a).map(([value]) => value)]),
  );
}

const NOT_GIVEN = 'the content is not available';

/** Null when there is no such file. */
async function pixelsOf(path: string, source: DatasetSource): Promise<MaskPixels | string | null> {
  const found = await source.findImages([path]);
  if (!found.has(path)) return null;
  if (!isPng(path)) return 'a mask that is not a PNG';
  const bytes = await bytesOf(source, path);
  return bytes === null ? NOT_GIVEN : decodeMask(bytes);
}

/** Null when the content is not available. */
export async function bytesOf(source: DatasetSource, path: string): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of source.stream(path)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_MASK_BYTES) break;
    }
  } catch (error) {
    if (error instanceof ContentUnavailable) return null;
    throw error;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

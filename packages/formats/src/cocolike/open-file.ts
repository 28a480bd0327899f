import type { ClassList } from '../classes.ts';
import { Fingerprints } from '../fingerprints.ts';
import type { ReadBatch, ReadContext } from '../format.ts';
import type { ElementBatch } from '../json/read.ts';
import type { ImageFinder } from '../matching/finder.ts';
import type { ImagePlacer, NamedImage } from '../matching/place.ts';
import type { Annotation, ImageEntry, ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { type CocoId, type Element, idOf, isElement } from './elements.ts';
import type { AnnotationFile } from './survey.ts';

/** Lists beside the three, such as `licenses`, are kept up to this length. */
const MAX_KEPT_ELEMENTS = 1000;

/** What the files have told so far. */
export interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
  /** Annotations by the number of the file they came from; only where several files may repeat each other. */
  placed: Fingerprints | null;
  finder: ImageFinder;
  numFiles: number;
  /** Keeps what a file says beside its lists. */
  keep(file: OpenFile): void;
}

export interface OpenFile extends AnnotationFile {
  number: number;
  origin: { path: string; unit: string };
  /** By image id; null for an image that is not among the files. */
  images: Map<CocoId, PlacedImage | null>;
  /** By category id, the position in the dataset's class list. */
  categories: Map<CocoId, number>;
  annotationIds: Fingerprints;
  /** What the file says beside images, annotations and categories. */
  members: Element;
  /**
   * Images of which the annotations are read now: all of them, unless some wait for a repair of their name. Null stands
   * for what names no image.
   */
  isAskedFor(id: CocoId | null): boolean;
}

export interface PlacedImage {
  entry: ImageEntry;
  split: string | null;
  /** The record of the batch at hand, where the image has one. */
  record: ImageRecord | null;
}

/** An element of `images`, and the file that it stands in. */
export interface ListedImage {
  file: OpenFile;
  id: CocoId;
  element: Element;
}

const MAX_FILE_NUMBER = 255;

export function openFile(file: AnnotationFile, reading: Reading): OpenFile {
  return {
    ...file,
    number: (reading.numFiles++ % MAX_FILE_NUMBER) + 1,
    origin: { path: file.path, unit: 'annotations' },
    images: new Map(),
    categories: new Map(),
    annotationIds: new Fingerprints(),
    members: {},
    isAskedFor: () => true,
  };
}

/** `licenses` and whatever else a short list says, for the writer. */
export function keepList(file: OpenFile, { key, elements, firstIndex }: ElementBatch, { report }: Reading): void {
  if (firstIndex + elements.length > MAX_KEPT_ELEMENTS) {
    if (key in file.members)
      report.add('not_lossless', { path: file.path, pointer: key, detail: 'a long list that COCO does not know' });
    delete file.members[key];
    return;
  }
  const known = file.members[key];
  file.members[key] = Array.isArray(known) ? [...known, ...elements] : elements;
}

/** The images that a batch of `images` lists, by the names they are looked for. */
export function namedImages(
  file: OpenFile,
  { elements, firstIndex }: ElementBatch,
  { report }: Pick<Reading, 'report'>,
): { named: NamedImage; payload: ListedImage }[] {
  return elements.flatMap((element, i) => {
    if (element === undefined) return [];
    const pointer = `images[${firstIndex + i}]`;
    const id = isElement(element) ? idOf(element.id) : null;
    const stated = isElement(element) ? statedName(element) : null;
    if (!isElement(element) || id === null || stated === null) {
      report.add('unmatched_image', { path: file.path, pointer, detail: 'has no id or no file_name' });
      return [];
    }
    const { name, member } = stated;
    if (file.images.has(id)) {
      const detail = `id ${id}, again for ${name}: annotations of this id go to the first image that has it`;
      report.add('duplicate_image_id', { path: file.path, pointer: `${pointer}.id`, detail });
      return [];
    }
    file.images.set(id, null);
    const [width, height] = [element.width, element.height].map((value) => (typeof value === 'number' ? value : null));
    const at = { path: file.path, pointer: `${pointer}.${member}` };
    return [
      {
        named: { name, split: file.split, width: width ?? null, height: height ?? null, at },
        payload: { file, id, element },
      },
    ];
  });
}

/** Members that name an image, the format's own first; exporters of cloud storage give nothing but its address. */
const NAMING = ['file_name', 'coco_url', 'flickr_url', 'path', 'url'];

function statedName(element: Element): { name: string; member: string } | null {
  for (const member of NAMING) {
    const name = element[member];
    if ((typeof name === 'string' && name !== '') || typeof name === 'number') return { name: String(name), member };
  }
  return null;
}

/** Records of the images that were found. */
export function placedBatch(
  placed: readonly ({ image: ImageEntry; payload: ListedImage } | null)[],
  { report }: Reading,
): ReadBatch {
  const images: ImageRecord[] = [];
  const paths = new Set<string>();
  for (const item of placed) {
    if (!item) continue;
    const { file, id, element } = item.payload;
    const known = placedImage(file, item.image);
    file.images.set(id, known);
    const key = `${file.path}\0${item.image.path}`;
    if (paths.has(key)) {
      report.add('duplicate_image_name', { path: file.path, image: item.image.path, detail: `again with id ${id}` });
      continue;
    }
    paths.add(key);
    images.push(listedRecord(file, known, element));
  }
  return { images, roles: [] };
}

/** Images whose names a repair has matched. */
export async function settleImages(placer: ImagePlacer<ListedImage>): Promise<ReadBatch> {
  const images: ImageRecord[] = [];
  for (const { image, payload } of await placer.settle()) {
    if (image) images.push(settledRecord(image, payload));
  }
  return { images, roles: [] };
}

export function settledRecord(image: ImageEntry, { file, id, element }: ListedImage): ImageRecord {
  const placed = placedImage(file, image);
  file.images.set(id, placed);
  return listedRecord(file, placed, { ...element, file_name: image.path });
}

const placedImage = (file: OpenFile, entry: ImageEntry): PlacedImage => ({
  entry,
  split: splitOf(entry.path) ?? file.split,
  record: null,
});

function listedRecord(file: OpenFile, image: PlacedImage, element: Element): ImageRecord {
  return { ...bareRecord(file, image), source: { ...element, file: file.path } };
}

export function bareRecord(file: OpenFile, { entry, split }: PlacedImage): ImageRecord {
  return {
    ...entry,
    split,
    className: null,
    isLabeled: true,
    annotations: [],
    origin: file.origin,
  };
}

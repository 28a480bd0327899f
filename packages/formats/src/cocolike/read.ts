import { ClassList } from '../classes.ts';
import { Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { type ElementBatch, readJson } from '../json/read.ts';
import { ImagePlacer } from '../matching/place.ts';
import { type Annotation, type ImageEntry, type ImageRecord, taskTypeOf } from '../model.ts';
import { splitOf } from '../paths.ts';
import type { IssueCode } from '../report.ts';
import {
  addCategories,
  checkCategoryIds,
  ID_MEMBERS,
  readClassesFirst,
  readLastCategories,
  renumbered,
  reportBroken,
} from './categories.ts';
import {
  type CocoId,
  type Element,
  elementOf,
  idOf,
  isElement,
  isVerbatim,
  lostMember,
  readElement,
} from './elements.ts';
import { type AnnotationFile, surveyFiles } from './survey.ts';

/** Lists beside the three, such as `licenses`, are kept up to this length. */
const MAX_KEPT_ELEMENTS = 1000;

/** What the files have told so far. */
export interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
  /** Annotations by the number of the file they came from; only where several files may repeat each other. */
  placed: Fingerprints | null;
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
}

interface PlacedImage {
  entry: ImageEntry;
  split: string | null;
  /** The record of the batch at hand, where the image has one. */
  record: ImageRecord | null;
}

interface ListedImage {
  id: CocoId;
  element: Element;
}

/**
 * Reads files of COCO's structure (https://cocodataset.org/#format-data): those that lie side by side are merged, and an
 * annotation that several of them hold is read once, from the file that says most about it.
 */
export async function* readCocoLike(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
  const files = await surveyFiles(context.source, context.listing);
  const reading: Reading = {
    ...context,
    classes: new ClassList(),
    types: new Set(),
    placed: files.length > 1 ? new Fingerprints() : null,
  };
  const kept: Element[] = [];
  await readClassesFirst(files, reading);
  for (const [i, file] of inOrderOfDetail(files).entries()) {
    yield { images: [], roles: [{ path: file.path, kind: 'annotation', split: file.split }] };
    if (file.holds === 'panoptic') {
      context.report.add('unsupported_annotation', {
        path: file.path,
        detail: 'panoptic segments (segments_info and PNG maps); bring the instances file of the same images instead',
      });
      continue;
    }
    const open: OpenFile = {
      ...file,
      number: Math.min(i + 1, 255),
      origin: { path: file.path, unit: 'annotations' },
      images: new Map(),
      categories: new Map(),
      annotationIds: new Fingerprints(),
      members: {},
    };
    try {
      yield* readFile(open, reading);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      context.report.add('annotation_file_unreadable', { path: file.path, detail: error.message });
    }
    kept.push({ path: file.path, split: file.split, members: open.members });
  }
  const { classes } = reading.classes;
  return { classes: renumbered(classes, context), taskType: taskTypeOf(reading.types), source: { files: kept } };
}

const DETAIL: AnnotationFile['holds'][] = ['keypoints', 'objects', 'captions', 'panoptic'];

/** A person's key points come with the outline that the instances file has of the same person, too. */
const inOrderOfDetail = (files: readonly AnnotationFile[]): AnnotationFile[] =>
  [...files].sort((a, b) => DETAIL.indexOf(a.holds) - DETAIL.indexOf(b.holds));

/**
 * The lists may stand in any order: annotations that come before what they point to are passed over, and read in a
 * second pass.
 */
async function* readFile(file: OpenFile, reading: Reading): AsyncGenerator<ReadBatch> {
  const placer = new ImagePlacer<ListedImage>(reading);
  const seen = new Set<string>();
  const needed = file.holds === 'captions' ? ['images'] : ['images', 'categories'];
  let hasPassedOver = false;
  let areImagesSettled = false;
  const isWanted = (key: string) => {
    if (key === '') return false;
    if (key === 'annotations' && !needed.every((list) => seen.has(list))) {
      hasPassedOver = true;
      return false;
    }
    seen.add(key);
    return true;
  };
  if (needed.includes('categories') && (await readLastCategories(file, reading))) seen.add('categories');
  const hasCategories = seen.has('categories');
  for await (const item of readJson(reading.source.stream(file.path), isWanted, ID_MEMBERS)) {
    if (item.kind === 'value') {
      file.members[item.key] = item.value;
      continue;
    }
    reportBroken(file, item, reading);
    if (item.key === 'categories') {
      if (hasCategories) continue;
      addCategories(file, item, reading);
    } else if (item.key === 'images') {
      yield await imageBatch(file, item, placer, reading);
    } else if (item.key === 'annotations') {
      if (!areImagesSettled) yield await settleImages(file, placer);
      areImagesSettled = true;
      yield annotationBatch(file, item, reading);
    } else {
      keepList(file, item, reading);
    }
  }
  if (!areImagesSettled) yield await settleImages(file, placer);
  checkCategoryIds(file, reading);
  if (!hasPassedOver) return;
  const again = readJson(reading.source.stream(file.path), (key) => key === 'annotations', ID_MEMBERS);
  for await (const item of again) {
    if (item.kind !== 'elements') continue;
    reportBroken(file, item, reading);
    yield annotationBatch(file, item, reading);
  }
}

/** `licenses` and whatever else a short list says, for the writer. */
function keepList(file: OpenFile, { key, elements, firstIndex }: ElementBatch, { report }: Reading): void {
  if (firstIndex + elements.length > MAX_KEPT_ELEMENTS) {
    if (key in file.members)
      report.add('not_lossless', { path: file.path, pointer: key, detail: 'a long list that COCO does not know' });
    delete file.members[key];
    return;
  }
  const known = file.members[key];
  file.members[key] = Array.isArray(known) ? [...known, ...elements] : elements;
}

async function imageBatch(
  file: OpenFile,
  { elements, firstIndex }: ElementBatch,
  placer: ImagePlacer<ListedImage>,
  { report }: Reading,
): Promise<ReadBatch> {
  const named = elements.flatMap((element, i) => {
    if (element === undefined) return [];
    const pointer = `images[${firstIndex + i}]`;
    const id = isElement(element) ? idOf(element.id) : null;
    const name = isElement(element) ? element.file_name : undefined;
    if (!isElement(element) || id === null || (typeof name !== 'string' && typeof name !== 'number') || name === '') {
      report.add('unmatched_image', { path: file.path, pointer, detail: 'has no id or no file_name' });
      return [];
    }
    if (file.images.has(id)) {
      const detail = `id ${id}, again for ${name}: annotations of this id go to the first image that has it`;
      report.add('duplicate_image_id', { path: file.path, pointer: `${pointer}.id`, detail });
      return [];
    }
    file.images.set(id, null);
    const [width, height] = [element.width, element.height].map((value) => (typeof value === 'number' ? value : null));
    const at = { path: file.path, pointer: `${pointer}.file_name` };
    return [
      {
        named: { name: String(name), split: file.split, width: width ?? null, height: height ?? null, at },
        payload: { id, element },
      },
    ];
  });
  const placed = await placer.place(file.path, file.split, named);
  const images: ImageRecord[] = [];
  const paths = new Set<string>();
  for (const item of placed) {
    if (!item) continue;
    const known = placedImage(file, item.image);
    file.images.set(item.payload.id, known);
    if (paths.has(item.image.path)) {
      report.add('duplicate_image_name', {
        path: file.path,
        image: item.image.path,
        detail: `again with id ${item.payload.id}`,
      });
      continue;
    }
    paths.add(item.image.path);
    images.push(listedRecord(file, known, item.payload.element));
  }
  return { images, roles: [] };
}

/** Images whose names a repair has matched. */
async function settleImages(file: OpenFile, placer: ImagePlacer<ListedImage>): Promise<ReadBatch> {
  const images: ImageRecord[] = [];
  for (const { image, payload } of await placer.settle()) {
    if (!image) continue;
    const placed = placedImage(file, image);
    file.images.set(payload.id, placed);
    images.push(listedRecord(file, placed, { ...payload.element, file_name: image.path }));
  }
  return { images, roles: [] };
}

const placedImage = (file: OpenFile, entry: ImageEntry): PlacedImage => ({
  entry,
  split: splitOf(entry.path) ?? file.split,
  record: null,
});

function listedRecord(file: OpenFile, image: PlacedImage, element: Element): ImageRecord {
  return { ...bareRecord(file, image), source: { ...element, file: file.path } };
}

function bareRecord(file: OpenFile, { entry, split }: PlacedImage): ImageRecord {
  return {
    ...entry,
    split,
    className: null,
    isLabeled: true,
    annotations: [],
    origin: file.origin,
  };
}

function annotationBatch(file: OpenFile, { elements, firstIndex }: ElementBatch, reading: Reading): ReadBatch {
  const touched: PlacedImage[] = [];
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i];
    if (element !== undefined) placeAnnotation(file, element, firstIndex + i, reading, touched);
  }
  const images = touched.flatMap(({ record }) => record ?? []);
  for (const image of touched) image.record = null;
  return { images, roles: [] };
}

/** Reads an element and adds it to the record of its image, or reports why it is left out. */
function placeAnnotation(
  file: OpenFile,
  element: unknown,
  index: number,
  reading: Reading,
  touched: PlacedImage[],
): void {
  const leaveOut = (code: IssueCode, detail?: string, image?: PlacedImage) =>
    reportLeftOut(file, index, reading, { code, detail, image });
  if (!isElement(element)) {
    leaveOut('bad_annotation', 'not an object');
    return;
  }
  const imageId = idOf(element.image_id);
  const image = imageId === null ? undefined : file.images.get(imageId);
  if (!image) {
    const code = image === null ? 'unplaced_annotation' : 'dangling_annotation';
    leaveOut(code, `image_id ${String(element.image_id)}`);
    return;
  }
  const categoryId = idOf(element.category_id);
  const classIndex = categoryId === null ? undefined : file.categories.get(categoryId);
  const annotation = readElement(element, classIndex ?? null, index);
  if ('problem' in annotation) {
    leaveOut(annotation.problem, annotation.detail, image);
    return;
  }
  if (classIndex === undefined && annotation.type !== 'caption') {
    leaveOut('dangling_category', `category_id ${String(element.category_id)}`, image);
    return;
  }
  const { placed, classes } = reading;
  if (placed && isInOtherFile(placed, file, image.entry, annotation, classes)) {
    leaveOut('merged_annotation', undefined, image);
    return;
  }
  checkId(file, annotation, index, reading.report);
  checkLossless(file, element, annotation, index, reading.report);
  reading.types.add(annotation.type);
  if (!image.record) {
    image.record = bareRecord(file, image);
    touched.push(image);
  }
  image.record.annotations.push(annotation);
}

function reportLeftOut(
  { path }: OpenFile,
  index: number,
  { report }: Reading,
  { code, detail, image }: { code: IssueCode; detail: string | undefined; image: PlacedImage | undefined },
): void {
  report.add(code, {
    path,
    pointer: `annotations[${index}]`,
    ...(image ? { image: image.entry.path } : {}),
    ...(detail === undefined ? {} : { detail }),
  });
}

/** The same object is annotated with the same id and the same box in the files that speak of it. */
function isInOtherFile(
  placed: Fingerprints,
  file: OpenFile,
  image: ImageEntry,
  { attributes, classIndex, geometry }: Annotation,
  { classes }: ClassList,
): boolean {
  const hash = Hash.of(image.path, String(attributes.id), classIndex === null ? '' : (classes[classIndex]?.name ?? ''));
  if ('caption' in geometry) hash.text(geometry.caption);
  if ('box' in geometry && geometry.box) for (const value of geometry.box) hash.number(value);
  const other = placed.add(hash, file.number);
  return other !== 0 && other !== file.number;
}

function checkId(
  { path, annotationIds }: OpenFile,
  { attributes: { id } }: Annotation,
  index: number,
  report: Reading['report'],
): void {
  if (typeof id !== 'number' && typeof id !== 'string') return;
  if (annotationIds.add(Hash.of(id)) === 0) return;
  report.add('duplicate_annotation_id', { path, pointer: `annotations[${index}].id`, detail: `id ${id}` });
}

function checkLossless(
  { path }: OpenFile,
  element: Element,
  annotation: Annotation,
  index: number,
  report: Reading['report'],
): void {
  const hasPlainIds = typeof element.image_id === 'number' && typeof element.category_id === 'number';
  if (hasPlainIds && isVerbatim(element, annotation)) return;
  const ids = {
    id: (element.id ?? index) as CocoId,
    imageId: element.image_id as CocoId,
    categoryId: (element.category_id ?? null) as CocoId | null,
  };
  const lost = lostMember(element, elementOf(annotation, ids));
  if (lost !== null) report.add('not_lossless', { path, pointer: `annotations[${index}].${lost}` });
}

import type { ClassList } from '../classes.ts';
import { type Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadBatch } from '../format.ts';
import type { ElementBatch } from '../json/read.ts';
import type { Annotation, ImageEntry, ImageRecord } from '../model.ts';
import type { IssueCode } from '../report.ts';
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
import { bareRecord, type OpenFile, type PlacedImage, type Reading } from './open-file.ts';

/** The records that a batch of `annotations` adds up to. */
export function annotationBatch(file: OpenFile, { elements, firstIndex }: ElementBatch, reading: Reading): ReadBatch {
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
  const leaveOut = (code: IssueCode, detail?: string, image?: PlacedImage) => {
    reportLeftOut(file, index, reading, { code, detail, image });
    if (!image || code === 'merged_annotation') return;
    const record = recordOf(file, image, touched);
    record.numRefused = (record.numRefused ?? 0) + 1;
  };
  const imageId = isElement(element) ? idOf(element.image_id) : null;
  if (!file.isAskedFor(imageId)) return;
  if (!isElement(element)) {
    leaveOut('bad_annotation', 'not an object');
    return;
  }
  const image = imageId === null ? undefined : file.images.get(imageId);
  if (!image) {
    const code = image === null ? 'unplaced_annotation' : 'dangling_annotation';
    leaveOut(code, `image_id ${String(element.image_id)}`);
    return;
  }
  const categoryId = idOf(element.category_id);
  const classIndex = categoryId === null ? undefined : file.categories.get(categoryId);
  const read = readElement(element, classIndex ?? null, index, image.entry);
  if ('problem' in read) {
    leaveOut(read.problem, read.detail, image);
    return;
  }
  const { annotation, dropped } = read;
  if (classIndex === undefined && annotation.type !== 'caption') {
    leaveOut('dangling_category', `category_id ${String(element.category_id)}`, image);
    return;
  }
  const { placed, classes } = reading;
  if (placed && !reading.isOverriding(file.path) && isInOtherFile(placed, file, image.entry, annotation, classes)) {
    leaveOut('merged_annotation', undefined, image);
    return;
  }
  if (dropped !== null) reportLeftOut(file, index, reading, { code: 'bad_outline', detail: dropped, image });
  checkId(file, annotation, index, reading.report);
  checkLossless(file, element, annotation, index, reading.report);
  reading.types.add(annotation.type);
  recordOf(file, image, touched).annotations.push(annotation);
}

/** The image's record of the batch at hand. */
function recordOf(file: OpenFile, image: PlacedImage, touched: PlacedImage[]): ImageRecord {
  if (!image.record) {
    image.record = bareRecord(file, image);
    touched.push(image);
  }
  return image.record;
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

import { Fingerprints, Hash } from '../fingerprints.ts';
import type { OutputFile, WritableDataset } from '../format.ts';
import type { ClassDefinition, ImageRecord } from '../model.ts';
import { nameOf, splitsOf } from '../writing/shapes.ts';
import { type CocoId, type Element, elementOf, idOf } from './elements.ts';

/** How one of the formats of COCO's structure differs from the others. */
export interface CocoLikeTarget {
  /** Formats whose images, classes and annotations keep what COCO's structure says of them. */
  isOwn: boolean;
  /** The file of a split's images, when the dataset does not say. */
  fileOf(split: string | null): string;
  /** What stands in a file beside images, annotations and categories, when the dataset does not say. */
  members: Element;
}

/** COCO's structure has a place for all shapes; tools differ in what they take. */
export function* cocoLikeLosses(image: ImageRecord): Generator<string> {
  for (const { type } of image.annotations) {
    if (type === 'obb') yield 'oriented boxes become polygons';
    if (type === 'classification')
      yield `${nameOf(type)} become annotations without a box, which other tools may refuse`;
  }
}

interface Numbers {
  /** Ids are kept as they were, unless two images or annotations share one, or some have none. */
  keepsImageIds: boolean;
  keepsAnnotationIds: boolean;
  /** The most key points that an annotation of a class has. */
  keypoints: Map<number, number>;
}

/** A file for each of those that the dataset was read from, or else for each split. */
export async function* writeCocoLike(dataset: WritableDataset, target: CocoLikeTarget): AsyncGenerator<OutputFile> {
  const files = await filesOf(dataset, target);
  for (const [path, members] of files) {
    const isInFile = (image: ImageRecord) => fileOfImage(image, dataset, target) === path;
    yield { path, text: textOf(dataset, target, isInFile, members) };
  }
  for await (const batch of dataset.images()) {
    for (const image of batch) yield { path: image.path, copyOf: image.path };
  }
}

async function filesOf(dataset: WritableDataset, target: CocoLikeTarget): Promise<Map<string, Element>> {
  const files = new Map<string, Element>();
  const known = new Map<string, Element>();
  if (target.isOwn && Array.isArray(dataset.source.files)) {
    for (const { path, members } of dataset.source.files as { path: string; members: Element }[])
      known.set(path, members);
  }
  for await (const batch of dataset.images()) {
    for (const image of batch) {
      const path = fileOfImage(image, dataset, target);
      files.set(path, known.get(path) ?? target.members);
    }
  }
  if (files.size === 0) for (const split of await splitsOf(dataset)) files.set(target.fileOf(split), target.members);
  return files;
}

function fileOfImage(image: ImageRecord, dataset: WritableDataset, { isOwn, fileOf }: CocoLikeTarget): string {
  if (isOwn && typeof image.source?.file === 'string') return image.source.file;
  const [first] =
    isOwn && Array.isArray(dataset.source.files)
      ? (dataset.source.files as { path: string; split: string | null }[])
      : [];
  return first && first.split === image.split ? first.path : fileOf(image.split);
}

async function* textOf(
  dataset: WritableDataset,
  target: CocoLikeTarget,
  isInFile: (image: ImageRecord) => boolean,
  members: Element,
): AsyncGenerator<string> {
  const numbers = await survey(dataset, target, isInFile);
  const categoryIds = categoryIdsOf(dataset.classes, target);
  yield '{\n';
  for (const [key, value] of Object.entries(members)) yield `${JSON.stringify(key)}: ${JSON.stringify(value)},\n`;
  yield '"images": [';
  yield* listOf(dataset, isInFile, function* (image, number) {
    yield imageElement(image, imageIdOf(image, number, numbers), target);
  });
  yield '],\n"annotations": [';
  let number = 0;
  yield* listOf(dataset, isInFile, function* (image, imageNumber) {
    const imageId = imageIdOf(image, imageNumber, numbers);
    for (const annotation of image.annotations) {
      number++;
      const { id } = annotation.attributes;
      const ids = {
        id: numbers.keepsAnnotationIds ? (id as CocoId) : number,
        imageId,
        categoryId:
          annotation.classIndex === null ? null : (categoryIds[annotation.classIndex] ?? annotation.classIndex + 1),
      };
      yield elementOf(target.isOwn ? annotation : withNestedAttributes(annotation), ids);
    }
  });
  yield '],\n"categories": [\n';
  yield dataset.classes
    .map((definition, index) =>
      JSON.stringify(categoryElement(definition, index, categoryIds[index] ?? index + 1, numbers, target)),
    )
    .join(',\n');
  yield '\n]\n}\n';
}

/** One element per line, of all images of the file. */
async function* listOf(
  dataset: WritableDataset,
  isInFile: (image: ImageRecord) => boolean,
  elementsOf: (image: ImageRecord, number: number) => Iterable<Element>,
): AsyncGenerator<string> {
  let number = 0;
  let separator = '\n';
  for await (const batch of dataset.images()) {
    let text = '';
    for (const image of batch) {
      if (!isInFile(image)) continue;
      number++;
      for (const element of elementsOf(image, number)) {
        text += separator + JSON.stringify(element);
        separator = ',\n';
      }
    }
    if (text !== '') yield text;
  }
  yield '\n';
}

async function survey(
  dataset: WritableDataset,
  { isOwn }: CocoLikeTarget,
  isInFile: (image: ImageRecord) => boolean,
): Promise<Numbers> {
  const numbers: Numbers = { keepsImageIds: isOwn, keepsAnnotationIds: isOwn, keypoints: new Map() };
  const imageIds = new Fingerprints();
  const annotationIds = new Fingerprints();
  const isNew = (id: unknown, seen: Fingerprints) => idOf(id) !== null && seen.add(Hash.of(idOf(id) ?? '')) === 0;
  for await (const batch of dataset.images()) {
    for (const image of batch) {
      if (!isInFile(image)) continue;
      if (!isNew(image.source?.id, imageIds)) numbers.keepsImageIds = false;
      for (const annotation of image.annotations) {
        if (!isNew(annotation.attributes.id, annotationIds)) numbers.keepsAnnotationIds = false;
        if (annotation.type !== 'keypoints' || annotation.classIndex === null) continue;
        const count = annotation.geometry.keypoints.length / 3;
        const known = numbers.keypoints.get(annotation.classIndex) ?? 0;
        if (count > known) numbers.keypoints.set(annotation.classIndex, count);
      }
    }
  }
  return numbers;
}

const imageIdOf = ({ source }: ImageRecord, number: number, { keepsImageIds }: Numbers): CocoId =>
  keepsImageIds ? (source?.id as CocoId) : number;

function imageElement({ path, width, height, source }: ImageRecord, id: CocoId, { isOwn }: CocoLikeTarget): Element {
  const { file, ...members } = isOwn && source?.file_name !== undefined ? (source ?? {}) : { file_name: path };
  return { ...(width === null ? {} : { width, height }), ...members, id };
}

/** What another format says of an annotation goes into a member of its own, as COCO's tools do it. */
function withNestedAttributes(annotation: ImageRecord['annotations'][number]): ImageRecord['annotations'][number] {
  const { iscrowd, area, score, ...attributes } = annotation.attributes;
  const known = {
    ...(iscrowd === undefined ? {} : { iscrowd }),
    ...(area === undefined ? {} : { area }),
    ...(score === undefined ? {} : { score }),
  };
  return { ...annotation, attributes: Object.keys(attributes).length > 0 ? { ...known, attributes } : known };
}

/** The ids that classes had, where each has one of its own; else numbers from 1. */
function categoryIdsOf(classes: readonly ClassDefinition[], { isOwn }: CocoLikeTarget): CocoId[] {
  const ids = classes.map(({ source }) => idOf(source.id));
  const areKept = isOwn && ids.every((id) => id !== null) && new Set(ids).size === ids.length;
  return classes.map(({ source }, index) => (areKept ? (source.id as CocoId) : index + 1));
}

function categoryElement(
  { name, source }: ClassDefinition,
  index: number,
  id: CocoId,
  { keypoints }: Numbers,
  { isOwn }: CocoLikeTarget,
): Element {
  const { file, ...members } = isOwn ? source : {};
  const count = keypoints.get(index) ?? 0;
  const names =
    count > 0 && members.keypoints === undefined
      ? { keypoints: Array.from({ length: count }, (_, i) => String(i + 1)), skeleton: [] }
      : {};
  return { ...names, ...members, id, name };
}

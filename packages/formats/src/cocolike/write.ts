import { extentOf, ringArea } from '../checks/geometry.ts';
import { Fingerprints, Hash } from '../fingerprints.ts';
import type { OutputFile, WritableDataset } from '../format.ts';
import type { Annotation, ClassDefinition, ImageRecord } from '../model.ts';
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
export function* cocoLikeLosses(image: ImageRecord, { format }: WritableDataset): Generator<string> {
  if (!image.isLabeled && !isOfFamily(format)) yield 'images without labels are listed as empty images';
  for (const { type } of image.annotations) {
    if (type === 'obb') yield 'oriented boxes become polygons';
    if (type === 'classification' && !isOfFamily(format))
      yield `${nameOf(type)} become annotations without a box, which other tools may refuse`;
  }
}

/** Formats that say of annotations what COCO's structure says of them. */
const isOfFamily = (format: WritableDataset['format']): boolean => format === 'coco' || format === 'dice';

interface Numbers {
  /** Ids are kept as they were, unless two share one; those that have none get numbers above all others. */
  images: Ids;
  annotations: Ids;
  /** The most key points that an annotation of a class has. */
  keypoints: Map<number, number>;
}

interface Ids {
  areKept: boolean;
  /** The highest number that is an id. */
  highest: number;
}

/** A file for each of those that the dataset was read from, or else for each split. */
export async function* writeCocoLike(dataset: WritableDataset, target: CocoLikeTarget): AsyncGenerator<OutputFile> {
  const files = await filesOf(dataset, target);
  for (const [path, members] of files) {
    const isInFile = (image: ImageRecord) => isListed(image, dataset) && fileOfImage(image, dataset, target) === path;
    yield { path, text: textOf(dataset, target, isInFile, members) };
  }
  for await (const batch of dataset.images()) {
    for (const image of batch) yield { path: image.path, copyOf: image.path };
  }
}

/** An image of which the files said nothing goes on being one of which they say nothing. */
const isListed = ({ isLabeled, source }: ImageRecord, { format }: WritableDataset): boolean =>
  !isOfFamily(format) || isLabeled || source?.file !== undefined;

async function filesOf(dataset: WritableDataset, target: CocoLikeTarget): Promise<Map<string, Element>> {
  const files = new Map<string, Element>();
  const known = new Map<string, Element>();
  if (target.isOwn && Array.isArray(dataset.source.files)) {
    for (const { path, members } of dataset.source.files as { path: string; members: Element }[])
      known.set(path, members);
  }
  for await (const batch of dataset.images()) {
    for (const image of batch) {
      if (!isListed(image, dataset)) continue;
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
  const listed = numbering(numbers.images);
  yield* listOf(dataset, isInFile, function* (image) {
    yield imageElement(image, listed(image.source?.id), target);
  });
  yield '],\n"annotations": [';
  const meant = numbering(numbers.images);
  const numbered = numbering(numbers.annotations);
  yield* listOf(dataset, isInFile, function* (image) {
    const imageId = meant(image.source?.id);
    for (const annotation of image.annotations) {
      const ids = {
        id: numbered(annotation.attributes.id),
        imageId,
        categoryId:
          annotation.classIndex === null ? null : (categoryIds[annotation.classIndex] ?? annotation.classIndex + 1),
      };
      yield elementOf(isOfFamily(dataset.format) ? annotation : completed(annotation), ids);
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
  elementsOf: (image: ImageRecord) => Iterable<Element>,
): AsyncGenerator<string> {
  let separator = '\n';
  for await (const batch of dataset.images()) {
    let text = '';
    for (const image of batch) {
      if (!isInFile(image)) continue;
      for (const element of elementsOf(image)) {
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
  const numbers: Numbers = {
    images: { areKept: isOwn, highest: 0 },
    annotations: { areKept: isOwn, highest: 0 },
    keypoints: new Map(),
  };
  const imageIds = new Fingerprints();
  const annotationIds = new Fingerprints();
  const note = (stated: unknown, ids: Ids, seen: Fingerprints) => {
    const id = idOf(stated);
    if (id === null) return;
    if (seen.add(Hash.of(id)) !== 0) ids.areKept = false;
    if (typeof id === 'number' && id > ids.highest) ids.highest = id;
  };
  for await (const batch of dataset.images()) {
    for (const image of batch) {
      if (!isInFile(image)) continue;
      note(image.source?.id, numbers.images, imageIds);
      for (const annotation of image.annotations) {
        note(annotation.attributes.id, numbers.annotations, annotationIds);
        if (annotation.type !== 'keypoints' || annotation.classIndex === null) continue;
        const count = annotation.geometry.keypoints.length / 3;
        const known = numbers.keypoints.get(annotation.classIndex) ?? 0;
        if (count > known) numbers.keypoints.set(annotation.classIndex, count);
      }
    }
  }
  return numbers;
}

/** The ids of a list in its order: those that are stated, or the next number. */
function numbering({ areKept, highest }: Ids): (stated: unknown) => CocoId {
  let last = areKept ? highest : 0;
  return (stated) => (areKept && idOf(stated) !== null ? (stated as CocoId) : ++last);
}

function imageElement({ path, width, height, source }: ImageRecord, id: CocoId, { isOwn }: CocoLikeTarget): Element {
  const { file, ...members } = isOwn && source?.file_name !== undefined ? (source ?? {}) : { file_name: path };
  return { ...(width === null ? {} : { width, height }), ...members, id };
}

/**
 * An annotation of another format, with the box and the area that COCO's tools expect. What that format says besides goes
 * into a member of its own, as those tools do it.
 */
function completed(annotation: Annotation): Annotation {
  const { iscrowd, area, score, ...others } = annotation.attributes;
  const covered =
    annotation.type === 'polygon' ? annotation.geometry.polygons.reduce((sum, ring) => sum + ringArea(ring), 0) : area;
  const attributes = {
    ...(iscrowd === undefined ? {} : { iscrowd }),
    ...(covered === undefined ? {} : { area: covered }),
    ...(score === undefined ? {} : { score }),
    ...(Object.keys(others).length > 0 ? { attributes: others } : {}),
  };
  const needsBox = 'box' in annotation.geometry && annotation.geometry.box === null;
  const geometry = needsBox ? { ...annotation.geometry, box: extentOf(annotation) } : annotation.geometry;
  return { ...annotation, geometry, attributes } as Annotation;
}

/** The ids that classes had, where no two share one, and numbers above them for new ones; else numbers from 1. */
function categoryIdsOf(classes: readonly ClassDefinition[], { isOwn }: CocoLikeTarget): CocoId[] {
  const ids = classes.flatMap(({ source }) => idOf(source.id) ?? []);
  const areKept = isOwn && ids.length > 0 && new Set(ids).size === ids.length;
  const next = numbering({ areKept, highest: Math.max(0, ...ids.filter((id) => typeof id === 'number')) });
  return classes.map(({ source }) => next(source.id));
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

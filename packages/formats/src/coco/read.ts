import type { ReadBatch, ReadSummary } from '../format.ts';
import { FormatError, readTopLevelArrays } from '../json-stream.ts';
import type { Listing } from '../listing.ts';
import type { Annotation, ClassDefinition, ImageRecord, TaskType } from '../model.ts';
import { baseName, splitName, splitOf } from '../paths.ts';
import type { ReportBuilder } from '../report.ts';
import type { DatasetSource, ImageEntry } from '../source.ts';
import { cocoFiles } from './detect.ts';
import { shapeOf } from './geometry.ts';
import { ImageFinder } from './image-finder.ts';
import { type CocoCategory, type CocoId, cocoAnnotation, cocoCategory, cocoImage } from './schemas.ts';

/** What one annotation file has told so far. */
interface CocoFile {
  path: string;
  split: string | null;
  /** By image id; null for an image that is not among the files. */
  images: Map<CocoId, ImageEntry | null>;
  /** By category id, the position in the dataset's class list. */
  categories: Map<CocoId, number>;
}

/** The classes of all files together: categories of one name are one class. */
class ClassList {
  readonly classes: ClassDefinition[] = [];
  readonly #indexOf = new Map<string, number>();

  add(category: CocoCategory): number {
    const known = this.#indexOf.get(category.name);
    if (known !== undefined) return known;
    const index = this.classes.length;
    const { name, ...source } = category;
    this.classes.push({ name, source });
    this.#indexOf.set(name, index);
    return index;
  }
}

export async function* readCoco(
  source: DatasetSource,
  listing: Listing,
  report: ReportBuilder,
): AsyncGenerator<ReadBatch, ReadSummary> {
  const classes = new ClassList();
  const finder = new ImageFinder(source, listing);
  const types = new Set<Annotation['type']>();
  for (const { path } of await cocoFiles(source, listing)) {
    const split = splitOf(path) ?? splitOfFileName(path);
    const file: CocoFile = { path, split, images: new Map(), categories: new Map() };
    yield { images: [], roles: [{ path, kind: 'annotation', split }] };
    try {
      yield* readFile(file, { source, finder, classes, types, report });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      report.add('annotation_file_unreadable', { path, detail: error.message });
    }
  }
  return { classes: classes.classes, taskType: taskTypeOf(types) };
}

interface Reading {
  source: DatasetSource;
  finder: ImageFinder;
  classes: ClassList;
  types: Set<Annotation['type']>;
  report: ReportBuilder;
}

/**
 * The lists may stand in any order: annotations that come before what they point to are passed over, and read in a
 * second pass.
 */
async function* readFile(file: CocoFile, reading: Reading): AsyncGenerator<ReadBatch> {
  const seen = new Set<string>();
  let hasPassedOver = false;
  const isWanted = (key: string) => {
    if (key === 'annotations' && !(seen.has('images') && seen.has('categories'))) {
      hasPassedOver = true;
      return false;
    }
    seen.add(key);
    return key === 'images' || key === 'categories' || key === 'annotations';
  };
  for await (const { key, elements, firstIndex } of readTopLevelArrays(reading.source.stream(file.path), isWanted)) {
    if (key === 'categories') addCategories(file, elements, reading);
    else if (key === 'images') yield await imageBatch(file, elements, firstIndex, reading);
    else yield annotationBatch(file, elements, firstIndex, reading);
  }
  if (!hasPassedOver) return;
  const again = readTopLevelArrays(reading.source.stream(file.path), (key) => key === 'annotations');
  for await (const { elements, firstIndex } of again) yield annotationBatch(file, elements, firstIndex, reading);
}

function addCategories(file: CocoFile, elements: readonly unknown[], { classes, report }: Reading): void {
  for (const element of elements) {
    const category = cocoCategory.safeParse(element);
    if (category.success) file.categories.set(category.data.id, classes.add(category.data));
    else report.add('annotation_file_unreadable', { path: file.path, detail: 'a category without id or name' });
  }
}

async function imageBatch(
  file: CocoFile,
  elements: readonly unknown[],
  firstIndex: number,
  { finder, report }: Reading,
): Promise<ReadBatch> {
  const named = elements.flatMap((element, i) => {
    const image = cocoImage.safeParse(element);
    if (image.success) return [image.data];
    report.add('unmatched_image', { path: file.path, detail: `images[${firstIndex + i}] has no id or file_name` });
    return [];
  });
  const found = await finder.find(
    file.path,
    file.split,
    named.map((image) => image.file_name),
  );
  const images: ImageRecord[] = [];
  named.forEach((image, i) => {
    const match = found[i];
    if (file.images.has(image.id)) {
      report.add('duplicate_image_id', { path: file.path, detail: `id ${image.id}, again for ${image.file_name}` });
      if (file.images.get(image.id)?.path !== (match && 'path' in match ? match.path : undefined)) return;
    }
    if (!match || !('path' in match)) {
      report.add(match ? 'ambiguous_image' : 'unmatched_image', {
        path: file.path,
        detail: match ? `${image.file_name}: ${match.ambiguous.join(', ')}` : image.file_name,
      });
      file.images.set(image.id, null);
      return;
    }
    file.images.set(image.id, match);
    const split = splitOf(match.path) ?? file.split;
    images.push({ path: match.path, split, className: null, isLabeled: true, annotations: [] });
  });
  return { images, roles: [] };
}

function annotationBatch(
  file: CocoFile,
  elements: readonly unknown[],
  firstIndex: number,
  { report, types }: Reading,
): ReadBatch {
  const byImage = new Map<string, ImageRecord>();
  elements.forEach((element, i) => {
    const at = `annotations[${firstIndex + i}]`;
    const parsed = cocoAnnotation.safeParse(element);
    if (!parsed.success) {
      const [problem] = parsed.error.issues;
      const detail = `${at}.${problem?.path.join('.') ?? ''}: ${problem?.message ?? 'not an annotation'}`;
      report.add('bad_box', { path: file.path, detail });
      return;
    }
    const image = file.images.get(parsed.data.image_id);
    if (!image) {
      // An unmatched image is reported once, with its name; here only ids that the file does not list at all.
      if (image === undefined) {
        report.add('dangling_annotation', { path: file.path, detail: `${at}: image_id ${parsed.data.image_id}` });
      }
      return;
    }
    const classIndex = file.categories.get(parsed.data.category_id);
    if (classIndex === undefined) {
      report.add('dangling_category', { path: file.path, detail: `${at}: category_id ${parsed.data.category_id}` });
      return;
    }
    const shape = shapeOf(parsed.data);
    if (!shape) {
      report.add('bad_box', { path: file.path, detail: `${at}: bbox ${JSON.stringify(parsed.data.bbox)}` });
      return;
    }
    types.add(shape.type);
    const record = byImage.get(image.path) ?? {
      path: image.path,
      split: splitOf(image.path) ?? file.split,
      className: null,
      isLabeled: true,
      annotations: [],
    };
    record.annotations.push({ ...shape, classIndex, attributes: attributesOf(parsed.data) });
    byImage.set(image.path, record);
  });
  return { images: [...byImage.values()], roles: [] };
}

/** All that an annotation says beside its shape, its image and its class. */
function attributesOf(annotation: Record<string, unknown>): Record<string, unknown> {
  const { image_id, category_id, bbox, segmentation, keypoints, ...attributes } = annotation;
  return attributes;
}

/** `instances_train2017.json`, `val.json`: the split may stand in the file's name. */
function splitOfFileName(path: string): string | null {
  for (const word of baseName(path).split(/[^a-zA-Z]+/)) {
    const split = splitName(word);
    if (split) return split;
  }
  return null;
}

function taskTypeOf(types: ReadonlySet<Annotation['type']>): TaskType | null {
  if (types.has('keypoints')) return 'keypoint_detection';
  if (types.has('polygon') || types.has('rle')) return 'instance_segmentation';
  return types.has('bbox') ? 'object_detection' : null;
}

import type { FormatWriter, WritableDataset } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { jsonElements, splitFiles, statedName } from '../writing/split-files.ts';
import { isMembers, type Members } from './annotations.ts';
import { itemIdOf, type KeptFile } from './read.ts';

const RESERVED = new Set(['id', 'z_order', 'group']);

/** `annotations/{split}.json`, or `default.json` for images of no split. */
export const datumaroWriter: FormatWriter = {
  format: 'datumaro',

  *losses(image, dataset) {
    if (image.split !== null && !image.isLabeled && splitOf(image.path) !== image.split)
      yield 'the splits of images without labels are left out';
    const isOwn = dataset.format === 'datumaro';
    for (const { type, geometry, classIndex, attributes } of image.annotations) {
      if (classIndex === null && type !== 'caption') yield 'annotations without a class are left out';
      if (classIndex !== null && type === 'caption') yield 'the classes of captions are left out';
      if (type === 'obb') yield 'oriented boxes become polygons';
      if (type === 'keypoints' && (geometry.polygons || geometry.rle))
        yield 'outlines of objects with keypoints are left out';
      if (type === 'rle' && geometry.box && !isOwn) yield 'boxes beside masks are left out';
      for (const [key, value] of Object.entries(attributes))
        if (RESERVED.has(key) && (!isOwn || typeof value !== 'number'))
          yield `the attribute "${key}" is left out: a member of the format is called so`;
    }
  },

  write(dataset) {
    const isOwn = dataset.format === 'datumaro';
    return splitFiles(dataset, {
      fileOf: (split) => `annotations/${split ?? 'default'}.json`,
      isOwn,
      textOf: (path, isInFile) => textOf(path, dataset, isInFile, isOwn),
    });
  },
};

async function* textOf(
  path: string,
  dataset: WritableDataset,
  isInFile: (image: ImageRecord) => boolean,
  isOwn: boolean,
): AsyncGenerator<string> {
  const files = isOwn && Array.isArray(dataset.source.files) ? (dataset.source.files as KeptFile[]) : [];
  const { categories, ...members } = files.find((file) => file.path === path)?.members ?? { info: {} };
  for (const [i, [key, value]] of Object.entries(members).entries())
    yield `${i === 0 ? '{' : ','}${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  yield `${Object.keys(members).length === 0 ? '{' : ','}"categories": ${JSON.stringify(categoriesOf(dataset, categories))},\n"items": [`;
  yield* jsonElements(dataset, isInFile, function* (image) {
    const { width, height, source } = image;
    yield JSON.stringify({
      id: isOwn && source?.id !== undefined ? source.id : itemIdOf(image.path),
      ...(isOwn && isMembers(source?.others) ? source.others : {}),
      annotations: elementsOf(image),
      image: { path: statedName(image, isOwn), ...(width === null ? {} : { size: [height, width] }) },
    });
  });
  yield ']}\n';
}

function categoriesOf({ classes }: WritableDataset, kept: unknown): Members {
  const labels = classes.map(({ name, source: { keypoints, skeleton, ...source } }) => ({
    name,
    parent: typeof source.parent === 'string' ? source.parent : '',
    attributes: Array.isArray(source.attributes) ? source.attributes : [],
  }));
  const items = classes.flatMap(({ source }, label_id) =>
    Array.isArray(source.keypoints)
      ? [{ label_id, labels: source.keypoints, joints: Array.isArray(source.skeleton) ? source.skeleton : [] }]
      : [],
  );
  const before = isMembers(kept) ? kept : {};
  const label = isMembers(before.label) ? before.label : { attributes: [] };
  return { ...before, label: { ...label, labels }, points: { items } };
}

/** Several annotations of one object share a group of their own. */
function elementsOf({ annotations }: ImageRecord): Members[] {
  let group = Math.max(
    0,
    ...annotations.map(({ attributes }) => (typeof attributes.group === 'number' ? attributes.group : 0)),
  );
  return annotations.flatMap((annotation, i) => {
    if (annotation.classIndex === null && annotation.type !== 'caption') return [];
    const { id, z_order, group: own, ...attributes } = annotation.attributes;
    const shapes = shapesOf(annotation);
    if (shapes.length > 1) group++;
    const base = {
      id: typeof id === 'number' ? id : i + 1,
      attributes,
      group: shapes.length > 1 ? group : typeof own === 'number' ? own : 0,
      ...(annotation.classIndex === null ? {} : { label_id: annotation.classIndex }),
      z_order: typeof z_order === 'number' ? z_order : 0,
    };
    return shapes.map((shape) => ({ ...base, ...shape }));
  });
}

function shapesOf(annotation: Annotation): Members[] {
  const { type, geometry } = annotation;
  switch (type) {
    case 'classification':
      return [{ type: 'label' }];
    case 'caption':
      return [{ type: 'caption', caption: geometry.caption }];
    case 'bbox':
      return [{ type: 'bbox', bbox: geometry.box }];
    case 'polygon':
      return geometry.polygons.map((points) => ({ type: 'polygon', points }));
    case 'obb':
      return [{ type: 'polygon', points: geometry.corners }];
    case 'rle':
      return [{ type: 'mask', rle: geometry.rle }];
    case 'keypoints': {
      const { keypoints, box } = geometry;
      const points = keypoints.filter((_, i) => i % 3 !== 2);
      const visibility = keypoints.filter((_, i) => i % 3 === 2);
      return [{ type: 'points', points, visibility }, ...(box ? [{ type: 'bbox', bbox: box }] : [])];
    }
  }
}

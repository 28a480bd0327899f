import { extentOf } from '../checks/geometry.ts';
import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import { encodeColors } from '../masks/png.ts';
import { eachPixelOf } from '../masks/raster.ts';
import { overlap } from '../masks/write.ts';
import type { Annotation, ClassDefinition, ImageRecord } from '../model.ts';
import { baseName, folderOf, splitOf, stemOf } from '../paths.ts';
import { flatName, UniquePaths } from '../writing/names.ts';
import { nameOf } from '../writing/shapes.ts';
import { splitFiles, statedName } from '../writing/split-files.ts';
import { isMembers, type Members } from './segments.ts';

/** `panoptic_{split}.json` beside a folder `panoptic_{split}` of PNG files whose colours are the ids of segments. */
export const cocoPanopticWriter: FormatWriter = {
  format: 'coco_panoptic',

  *losses(image, { format }) {
    if (image.isLabeled && image.width === null) yield 'images without readable dimensions lose their labels';
    if (image.split !== null && !image.isLabeled && splitOf(image.path) !== image.split)
      yield 'the splits of images without labels are left out';
    const shapes = image.annotations.filter(isSegment);
    for (const annotation of image.annotations) {
      if (!isSegment(annotation)) yield `${nameOf(annotation.type)} are left out`;
      else if (annotation.type !== 'rle') yield `${nameOf(annotation.type)} become masks of pixels`;
      if ('id' in annotation.attributes && format !== 'coco_panoptic') yield 'ids are renumbered';
    }
    if (shapes.length > 1 && overlap(image, shapes)) yield 'where masks overlap, the last one covers the others';
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    const isOwn = dataset.format === 'coco_panoptic';
    const names = await UniquePaths.open(dataset, ({ path }) => flatName(path));
    const fileOf = (split: string | null) => `annotations/panoptic_${split ?? 'all'}.json`;
    const mapOf = (image: ImageRecord): string => {
      if (isOwn && typeof image.source?.map === 'string') return image.source.map;
      return `${stemOf(fileOf(image.split))}/${stemOf(names.of(image))}.png`;
    };
    yield* splitFiles(dataset, {
      fileOf,
      isOwn,
      textOf: (path, isInFile) => textOf(path, dataset, isInFile, mapOf),
    });
    for await (const batch of dataset.images()) {
      for (const image of batch) {
        const { width, height } = image;
        if (!image.isLabeled || width === null || height === null) continue;
        yield { path: mapOf(image), bytes: encodeColors(width, height, paint(image, width, height)) };
      }
    }
  },
};

function isSegment({ type, classIndex, geometry }: Annotation): boolean {
  if (classIndex === null) return false;
  if (type === 'keypoints') return geometry.rle !== undefined || geometry.polygons !== undefined;
  return type === 'rle' || type === 'polygon' || type === 'bbox' || type === 'obb';
}

/** The ids of an image's segments: their own where these are numbers of 24 bits, each once; else from 1. */
function idsOf(shapes: readonly Annotation[]): number[] {
  const own = shapes.map(({ attributes }) => attributes.id);
  const areIds = own.every((id) => typeof id === 'number' && Number.isInteger(id) && id > 0 && id < 1 << 24);
  return areIds && new Set(own).size === own.length ? own.map(Number) : shapes.map((_, i) => i + 1);
}

function paint(image: ImageRecord, width: number, height: number): Uint32Array {
  const colors = new Uint32Array(width * height);
  const shapes = image.annotations.filter(isSegment);
  const ids = idsOf(shapes);
  shapes.forEach((shape, i) => {
    const id = ids[i] ?? 0;
    const color = ((id & 0xff) << 16) | (id & 0xff00) | (id >> 16);
    eachPixelOf(shape, width, height, (index) => {
      colors[index] = color;
    });
  });
  return colors;
}

async function* textOf(
  path: string,
  dataset: WritableDataset,
  isInFile: (image: ImageRecord) => boolean,
  mapOf: (image: ImageRecord) => string,
): AsyncGenerator<string> {
  const isOwn = dataset.format === 'coco_panoptic';
  const files = isOwn && Array.isArray(dataset.source.files) ? dataset.source.files : [];
  const kept: unknown = files.find((file) => isMembers(file) && file.path === path);
  const members =
    isMembers(kept) && isMembers(kept.members) ? kept.members : { info: { description: 'Written by Granary' } };
  const ids = categoryIdsOf(dataset.classes);
  yield '{\n';
  for (const [key, value] of Object.entries(members)) yield `${JSON.stringify(key)}: ${JSON.stringify(value)},\n`;
  for (const list of ['images', 'annotations'] as const) {
    yield `"${list}": [`;
    let number = 0;
    for await (const batch of dataset.images()) {
      const elements = batch
        .filter((image) => isInFile(image) && image.isLabeled && image.width !== null)
        .map((image) => {
          const own = isOwn && isMembers(image.source?.others) ? image.source.others : {};
          const id = typeof own.id === 'number' || typeof own.id === 'string' ? own.id : number + 1;
          const element =
            list === 'images' ? imageElement(image, id, own, isOwn) : segmentsElement(image, id, mapOf(image), ids);
          return `${number++ === 0 ? '\n' : ',\n'}${JSON.stringify(element)}`;
        });
      if (elements.length > 0) yield elements.join('');
    }
    yield '\n],\n';
  }
  const categories = dataset.classes.map(({ name, source }, i) => ({ isthing: 1, ...source, id: ids[i], name }));
  yield `"categories": ${JSON.stringify(categories)}\n}\n`;
}

const imageElement = (image: ImageRecord, id: number | string, own: Members, isOwn: boolean): Members => ({
  width: image.width,
  height: image.height,
  ...own,
  id,
  file_name: statedName(image, isOwn),
});

function segmentsElement(
  image: ImageRecord,
  image_id: number | string,
  map: string,
  categoryIds: readonly unknown[],
): Members {
  const shapes = image.annotations.filter(isSegment);
  const ids = idsOf(shapes);
  const segments_info = shapes.map((shape, i) => {
    const { id, area, iscrowd, ...others } = shape.attributes;
    let pixels = 0;
    eachPixelOf(shape, image.width ?? 0, image.height ?? 0, () => {
      pixels++;
    });
    return {
      ...others,
      id: ids[i],
      category_id: categoryIds[shape.classIndex ?? -1],
      iscrowd: iscrowd ?? 0,
      area: pixels,
      bbox: extentOf(shape) ?? [0, 0, 0, 0],
    };
  });
  return { image_id, file_name: baseName(map) === map ? map : map.slice(folderOf(map).length), segments_info };
}

/** The ids that classes had, where each has one of its own; else numbers from 1. */
function categoryIdsOf(classes: readonly ClassDefinition[]): unknown[] {
  const ids = classes.map(({ source }) => source.id);
  const areOwn = ids.every((id) => typeof id === 'number') && new Set(ids).size === ids.length;
  return areOwn ? ids : classes.map((_, i) => i + 1);
}

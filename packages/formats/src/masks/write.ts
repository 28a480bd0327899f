import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import { flatName, UniquePaths } from '../writing/names.ts';
import { lostAttributes, nameOf, splitsOf, textOfImages, wholeText } from '../writing/shapes.ts';
import { isBackground, vocColor } from './classes.ts';
import { encodeColors, encodeIndexed } from './png.ts';
import { eachPixelOf } from './raster.ts';

const KEPT = new Set(['area']);
/** Colours of a palette; the last one is that of no class. */
const MAX_INDEXED = 254;

/**
 * Pascal VOC's layout for segmentation, as CVAT and others write it, too: a mask of classes for each image, one of objects
 * where objects were told apart, and `labelmap.txt` with the colour of each class.
 */
export const masksWriter: FormatWriter = {
  format: 'masks',

  *losses(image, dataset) {
    if (image.isLabeled && (image.width === null || image.height === null))
      yield 'images without readable dimensions lose their labels';
    const shapes = image.annotations.filter(coversPixels);
    for (const annotation of image.annotations) {
      if (!coversPixels(annotation)) yield `${nameOf(annotation.type)} are left out`;
      else {
        if (annotation.type !== 'rle') yield `${nameOf(annotation.type)} become masks of pixels`;
        yield* lostAttributes(annotation, KEPT);
      }
    }
    for (const { classIndex } of shapes) {
      const name = dataset.classes[classIndex ?? -1]?.name ?? '';
      if (listedName(name) !== name) yield `the class "${name}" is called "${listedName(name)}"`;
    }
    if (shapes.length > 1 && overlap(image, shapes)) yield 'where masks overlap, the last one covers the others';
    if (!hasObjects(dataset) && new Set(shapes.map(({ classIndex }) => classIndex)).size < shapes.length)
      yield 'masks of one class become one mask';
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    const names = await UniquePaths.open(dataset, ({ path }) => flatName(path));
    const stem = (image: ImageRecord) => stemOf(names.of(image));
    const colors = dataset.classes.map((_, index) => colorOf(index + 1));
    for await (const batch of dataset.images()) {
      for (const image of batch) {
        yield { path: `JPEGImages/${names.of(image)}`, copyOf: image.path };
        const { width, height } = image;
        if (!image.isLabeled || width === null || height === null) continue;
        const { classes, objects } = paint(image, width, height);
        yield { path: `SegmentationClass/${stem(image)}.png`, bytes: pngOf(classes, width, height) };
        if (hasObjects(dataset))
          yield { path: `SegmentationObject/${stem(image)}.png`, bytes: pngOf(objects, width, height) };
      }
    }
    const lines = dataset.classes.map(({ name }, index) => {
      const color = colors[index] ?? 0;
      return `${listedName(name)}:${color >> 16},${(color >> 8) & 0xff},${color & 0xff}::\n`;
    });
    yield {
      path: 'labelmap.txt',
      text: wholeText(`# label:color_rgb:parts:actions\nbackground:0,0,0::\n${lines.join('')}`),
    };
    for (const split of await splitsOf(dataset)) {
      if (split === null) continue;
      const line = (image: ImageRecord) => (image.split === split ? `${baseName(stem(image))}\n` : '');
      yield { path: `ImageSets/Segmentation/${split}.txt`, text: textOfImages(dataset, line) };
    }
  },
};

const hasObjects = ({ taskType }: WritableDataset): boolean => taskType !== 'semantic_segmentation';

const coversPixels = ({ type, geometry, classIndex }: Annotation): boolean =>
  classIndex !== null &&
  (type === 'rle' ||
    type === 'polygon' ||
    type === 'obb' ||
    type === 'bbox' ||
    (type === 'keypoints' && (geometry.rle !== undefined || geometry.polygons !== undefined)));

/** A name that a line of the list gives back. */
function listedName(name: string): string {
  const plain = name.replace(/[:\r\n]/g, '_').trim();
  return plain === '' || plain.startsWith('#') || isBackground(plain) ? `_${plain}_` : plain;
}

/** The numbers of classes and of objects for each pixel, from 1; 0 where there is none. */
function paint(image: ImageRecord, width: number, height: number): { classes: Uint32Array; objects: Uint32Array } {
  const classes = new Uint32Array(width * height);
  const objects = new Uint32Array(width * height);
  image.annotations.filter(coversPixels).forEach((annotation, number) => {
    eachPixelOf(annotation, width, height, (index) => {
      classes[index] = (annotation.classIndex ?? -1) + 1;
      objects[index] = number + 1;
    });
  });
  return { classes, objects };
}

export function overlap({ width, height }: ImageRecord, shapes: readonly Annotation[]): boolean {
  if (width === null || height === null) return false;
  const seen = new Uint8Array(width * height);
  let isTwice = false;
  for (const [number, shape] of shapes.entries()) {
    const own = (number % 255) + 1;
    eachPixelOf(shape, width, height, (index) => {
      if (seen[index] !== 0 && seen[index] !== own) isTwice = true;
      seen[index] = own;
    });
  }
  return isTwice;
}

/** Indices of Pascal VOC's palette, or its colours where there are more numbers than a palette has. */
function pngOf(numbers: Uint32Array, width: number, height: number): Uint8Array {
  let most = 0;
  for (const number of numbers) if (number > most) most = number;
  if (most <= MAX_INDEXED) return encodeIndexed(width, height, Uint8Array.from(numbers), PALETTE);
  return encodeColors(width, height, numbers.map(colorOf));
}

/** Pascal VOC's colours, but for the 255th, which is that of no class. */
const colorOf = (number: number): number => vocColor(number >= 255 ? number + 1 : number);

const PALETTE = Array.from({ length: 256 }, (_, index) => vocColor(index));

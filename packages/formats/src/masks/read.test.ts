import fc from 'fast-check';
import { decode, encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { contentOf, differenceOf, type Model, writeAll } from '../../fixtures/write.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { runsOf } from '../rle.ts';
import { decodeMask } from './png.ts';
import { regionsOf } from './regions.ts';

const COLORS: [number, number, number][] = [
  [0, 0, 0],
  [128, 0, 0],
  [0, 128, 0],
  [224, 224, 192],
];

/** A mask of digits: a PNG of grey values, or of the colours that the digits number. */
function mask(rows: string[], kind: 'grey' | 'rgb' | 'palette' | 'black and white' = 'grey'): Uint8Array {
  const width = rows[0]?.length ?? 0;
  const digits = [...rows.join('')].map(Number);
  const base = { width, height: rows.length };
  if (kind === 'rgb')
    return encode({ ...base, channels: 3, data: Uint8Array.from(digits.flatMap((digit) => COLORS[digit] ?? [])) });
  if (kind === 'palette') return encode({ ...base, channels: 1, data: Uint8Array.from(digits), palette: COLORS });
  const data = Uint8Array.from(digits, (digit) => (kind === 'grey' ? digit : digit * 255));
  return encode({ ...base, channels: 1, data });
}

const image = pngBytes(4, 3);
const GRID = ['0110', '0120', '0022'];

async function maskOf(files: Record<string, string | Uint8Array>, path: string) {
  const read = await readAll(files);
  const shapes = read.images.get(path)?.annotations.map((annotation) => {
    if (annotation.type !== 'rle') return annotation.type;
    const { box, rle } = annotation.geometry;
    return { name: read.classNames[annotation.classIndex ?? -1], box, runs: runsOf(rle), size: rle.size };
  });
  return { read, shapes };
}

const ONES = { box: [1, 0, 2, 2], runs: [3, 2, 1, 1], size: [3, 4] };
const TWOS = { box: [2, 1, 2, 2], runs: [7, 2, 2, 1], size: [3, 4] };

describe('masks of pixels', () => {
  test('in two folders, one value: foreground, whatever its number', async () => {
    const { read, shapes } = await maskOf(
      {
        'Original/1.png': image,
        'Original/2.png': image,
        'Ground Truth/1.png': mask(['0110', '0100', '0000'], 'black and white'),
        'Ground Truth/2.png': mask(['0000', '0000', '0000'], 'black and white'),
      },
      'Original/1.png',
    );
    expect(read).toMatchObject({
      format: 'masks',
      taskType: 'semantic_segmentation',
      classNames: ['foreground'],
      counts: { images: 2, annotations: 1 },
    });
    expect(shapes).toEqual([{ name: 'foreground', box: [1, 0, 2, 2], runs: [3, 2, 1, 1], size: [3, 4] }]);
    expect(read.images.get('Original/2.png')).toMatchObject({ isLabeled: true, annotations: [] });
    expect(codes(read.report)).toEqual({ mask_empty: 1 });
  });

  test('beside their images, with the names of the values in a table', async () => {
    const { read, shapes } = await maskOf(
      {
        'train/x_jpg.rf.0.jpg': image,
        'train/x_jpg.rf.0_mask.png': mask(GRID),
        'train/_classes.csv': 'Pixel Value, Class\n0, background\n1, road\n2, car\n',
      },
      'train/x_jpg.rf.0.jpg',
    );
    expect(read).toMatchObject({
      format: 'masks',
      classNames: ['road', 'car'],
      counts: { images: 1 },
      splits: { train: 1 },
    });
    expect(shapes).toEqual([
      { name: 'road', ...ONES },
      { name: 'car', ...TWOS },
    ]);
  });

  test.each(['rgb', 'palette'] as const)(
    'of colours (%s) that a list names, and those that it does not',
    async (kind) => {
      const { read, shapes } = await maskOf(
        {
          'default/x.png': image,
          'defaultannot/x.png': mask(GRID, kind),
          'label_colors.txt': '0 0 0 Background\n128 0 0 road\n',
        },
        'default/x.png',
      );
      expect(read).toMatchObject({ format: 'masks', classNames: ['road'] });
      expect(shapes).toEqual([{ name: 'road', ...ONES }]);
      expect(read.report.issues).toMatchObject([
        {
          code: 'bad_annotation',
          count: 1,
          examples: [{ path: 'defaultannot/x.png', detail: expect.stringContaining('#008000') }],
        },
      ]);
    },
  );

  test('of classes and of objects, as Pascal VOC has them, with splits and without the void', async () => {
    const { read, shapes } = await maskOf(
      {
        'VOC2012/JPEGImages/x.jpg': image,
        'VOC2012/JPEGImages/y.jpg': image,
        'VOC2012/SegmentationClass/x.png': mask(['0113', '0113', '0003'], 'rgb'),
        'VOC2012/SegmentationObject/x.png': mask(['0123', '0123', '0003'], 'rgb'),
        'VOC2012/ImageSets/Segmentation/val.txt': 'x\n',
      },
      'VOC2012/JPEGImages/x.jpg',
    );
    expect(read).toMatchObject({
      format: 'masks',
      taskType: 'instance_segmentation',
      classNames: ['aeroplane'],
      counts: { images: 2, annotations: 2 },
    });
    expect(shapes).toEqual([
      { name: 'aeroplane', box: [1, 0, 1, 2], runs: [3, 2], size: [3, 4] },
      { name: 'aeroplane', box: [2, 0, 1, 2], runs: [6, 2], size: [3, 4] },
    ]);
    expect(read.images.get('VOC2012/JPEGImages/x.jpg')?.split).toBe('val');
    expect(codes(read.report)).toEqual({ image_without_labels: 1 });
  });

  test('that do not fit, are no PNG, or mask nothing are said', async () => {
    const { read } = await maskOf(
      {
        'images/a.jpg': image,
        'images/b.jpg': image,
        'images/c.jpg': image,
        'masks/a.png': mask(GRID),
        'masks/b.png': mask(['01']),
        'masks/c.bmp': pngBytes(4, 3),
        'masks/d.png': mask(GRID),
      },
      'images/a.jpg',
    );
    expect(read.format).toBe('masks');
    expect(codes(read.report)).toEqual({
      bad_annotation: 1,
      unsupported_annotation: 1,
      image_without_labels: 1,
      labels_lost: 2,
    });
    expect(read.counts.images).toBe(4);
  });

  test('many binary masks of one image: its objects', async () => {
    const { shapes } = await maskOf(
      {
        'stage1/abc/images/abc.png': image,
        'stage1/abc/masks/1f.png': mask(['1000', '0000', '0000'], 'black and white'),
        'stage1/abc/masks/2f.png': mask(['0001', '0000', '0000'], 'black and white'),
      },
      'stage1/abc/images/abc.png',
    );
    expect(shapes).toMatchObject([{ runs: [0, 1] }, { runs: [9, 1] }]);
  });

  test('smoothed edges are cut at the half', async () => {
    const data = Uint8Array.from([
      ...Array.from({ length: 40 }, () => 255),
      200,
      130,
      120,
      30,
      ...Array.from({ length: 56 }, () => 0),
    ]);
    const smooth = encode({ width: 100, height: 1, channels: 1, data });
    const { shapes } = await maskOf({ 'images/a.png': pngBytes(100, 1), 'masks/a.png': smooth }, 'images/a.png');
    expect(shapes).toMatchObject([{ name: 'foreground', box: [0, 0, 42, 1] }]);
  });

  test('photographs in a folder that is called so are no masks', async () => {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 2654435761) >>> 24);
    const photo = encode({ width: 64, height: 64, channels: 3, data });
    const read = await readAll({ 'labels/a.png': photo, 'other/a.png': photo });
    expect(read.format).not.toBe('masks');
    expect(read.counts.images).toBe(2);
  });
});

test.each([1, 2, 4, 8, 16] as const)('a PNG of %i bits is decoded', (depth) => {
  const top = 2 ** Math.min(depth, 9) - 1;
  const wanted = Array.from({ length: 15 }, (_, i) => i % (top + 1));
  const perRow = Math.ceil((5 * depth) / 8);
  const packed = new Uint8Array(perRow * 3);
  wanted.forEach((value, i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)];
    const at = y * perRow + Math.floor((x * depth) / 8);
    if (depth < 8) packed[at] = (packed[at] ?? 0) | (value << (8 - depth - ((x * depth) % 8)));
  });
  const data = depth === 16 ? Uint16Array.from(wanted) : depth === 8 ? Uint8Array.from(wanted) : packed;
  const decoded = decodeMask(encode({ width: 5, height: 3, channels: 1, depth, data }));
  expect(typeof decoded === 'string' ? decoded : [...decoded.values]).toEqual(wanted);
});

test('what is no PNG, or would fill the memory, is refused in words', () => {
  const bomb = encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(0) });
  const padded = new Uint8Array(200_000);
  padded.set(bomb);
  expect(decodeMask(padded)).toBe('more data than its pixels have');
  expect(decodeMask(new Uint8Array(100))).toBe('not a PNG');
  expect(decodeMask(pngBytes(60_000, 60_000))).toContain('60000 × 60000');
  expect(typeof decodeMask(bomb.subarray(0, 50))).toBe('string');
});

/** Images with masks that do not overlap: a class for each pixel, or an object for each. */
const models = (hasObjects: boolean) => {
  const picture = fc
    .record({ width: fc.integer({ min: 1, max: 8 }), height: fc.integer({ min: 1, max: 8 }) })
    .chain((size) =>
      fc.record({
        width: fc.constant(size.width),
        height: fc.constant(size.height),
        pixels: fc.array(fc.integer({ min: -1, max: 4 }), {
          minLength: size.width * size.height,
          maxLength: size.width * size.height,
        }),
        split: fc.constantFrom('train', 'val', null),
        name: fc.stringMatching(/^[a-z]{1,4}(\/[a-z]{1,4})?$/),
      }),
    );
  return fc
    .uniqueArray(picture, { selector: ({ name }) => name, minLength: 1, maxLength: 5 })
    .map((pictures): Model => {
      const images = pictures.map(({ width, height, pixels, split, name }): ImageRecord => {
        const regions = regionsOf(width, height, (i) => pixels[i] ?? -1) ?? new Map();
        const annotations = [...regions].map(
          ([value, { rle, box }]): Annotation => ({
            type: 'rle',
            geometry: { box, rle },
            classIndex: hasObjects ? value % 2 : value,
            attributes: {},
          }),
        );
        return { path: `${name}.jpg`, width, height, split, className: null, isLabeled: true, annotations };
      });
      return {
        format: null,
        taskType: hasObjects ? 'instance_segmentation' : 'semantic_segmentation',
        classes: ['cat', 'dog', 'tree house', '고양이', '9'].map((name) => ({ name, source: {} })),
        source: {},
        images: new Map(images.map((record) => [record.path, record])),
      };
    });
};

test.each([true, false])('random masks come back pixel by pixel; objects told apart: %s', async (hasObjects) => {
  await fc.assert(
    fc.asyncProperty(models(hasObjects), async (model) => {
      const contents = new Map(
        [...model.images.values()].map(({ path, width, height }) => [path, pngBytes(width ?? 0, height ?? 0)]),
      );
      const { files, pathOf, losses } = await writeAll(model, contents, 'masks');
      expect(losses).toEqual([]);
      const read = await readAll(files, { formatHint: 'masks' });
      expect(differenceOf(contentOf(model, pathOf), contentOf(read))).toBeNull();
      expect(read.report.issues.filter(({ code }) => code !== 'mask_empty')).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('more objects than a palette has colours come back', async () => {
  const annotations = Array.from(
    { length: 300 },
    (_, x): Annotation => ({
      type: 'rle',
      geometry: { box: [x, 0, 1, 1], rle: { size: [1, 300], counts: [x, 1] } },
      classIndex: 0,
      attributes: {},
    }),
  );
  const record: ImageRecord = {
    path: 'a.jpg',
    width: 300,
    height: 1,
    split: null,
    className: null,
    isLabeled: true,
    annotations,
  };
  const model: Model = {
    format: null,
    taskType: 'instance_segmentation',
    classes: [{ name: 'c', source: {} }],
    source: {},
    images: new Map([['a.jpg', record]]),
  };
  const { files } = await writeAll(model, new Map([['a.jpg', pngBytes(300, 1)]]), 'masks');
  expect(decode(files.get('SegmentationObject/a.png') ?? new Uint8Array()).channels).toBe(3);
  expect((await readAll(files)).counts.annotations).toBe(300);
});

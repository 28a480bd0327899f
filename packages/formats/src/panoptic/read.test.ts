import fc from 'fast-check';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { contentOf, differenceOf, type Model, writeAll } from '../../fixtures/write.ts';
import { regionsOf } from '../masks/regions.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { runsOf } from '../rle.ts';

/** A PNG whose colours are ids: red + 256 green + 65,536 blue. */
const mapOf = (width: number, ids: number[]): Uint8Array =>
  encode({
    width,
    height: ids.length / width,
    channels: 3,
    data: Uint8Array.from(ids.flatMap((id) => [id & 0xff, (id >> 8) & 0xff, id >> 16])),
  });

const document = {
  info: { year: 2017 },
  annotations: [
    {
      image_id: 7,
      file_name: 'a.png',
      segments_info: [
        { id: 70000, category_id: 3, area: 2, bbox: [1, 0, 1, 2], iscrowd: 0 },
        { id: 5, category_id: 1, area: 1, bbox: [0, 1, 1, 1], iscrowd: 1 },
        { id: 6, category_id: 1 },
        { id: 5, category_id: 99 },
      ],
    },
    { image_id: 8, file_name: 'none.png', segments_info: [{ id: 1, category_id: 1 }] },
    { image_id: 9, file_name: 'a.png', segments_info: [{ id: 1, category_id: 1 }] },
  ],
  images: [
    { id: 7, file_name: 'a.jpg', width: 2, height: 2, license: 1 },
    { id: 8, file_name: 'b.jpg', width: 2, height: 2 },
  ],
  categories: [
    { id: 1, name: 'cat', isthing: 1, supercategory: 'animal' },
    { id: 3, name: 'sky', isthing: 0 },
  ],
};

test('COCO panoptic: segments by the colours of a PNG, in a file of any order', async () => {
  const read = await readAll({
    'val2017/a.jpg': pngBytes(2, 2),
    'val2017/b.jpg': pngBytes(2, 2),
    'annotations/panoptic_val2017/a.png': mapOf(2, [0, 70000, 5, 70000]),
    'annotations/panoptic_val2017.json': JSON.stringify(document),
  });
  expect(read).toMatchObject({
    format: 'coco_panoptic',
    classNames: ['cat', 'sky'],
    counts: { images: 2, annotations: 2 },
    splits: { val: 2 },
  });
  expect(read.classes[1]?.source).toMatchObject({ id: 3, isthing: 0 });
  const [sky, cat] = read.images.get('val2017/a.jpg')?.annotations ?? [];
  expect(sky).toMatchObject({ classIndex: 1, geometry: { box: [1, 0, 1, 2] }, attributes: { id: 70000 } });
  expect(cat).toMatchObject({ classIndex: 0, geometry: { box: [0, 1, 1, 1] }, attributes: { iscrowd: 1 } });
  expect(sky?.type === 'rle' && runsOf(sky.geometry.rle)).toEqual([2, 2]);
  expect(codes(read.report)).toEqual({
    bad_box: 1,
    dangling_category: 1,
    bad_annotation: 1,
    dangling_annotation: 1,
    labels_lost: 1,
  });
});

test('beside a file of objects, COCO is the format', async () => {
  const read = await readAll({
    'a.jpg': pngBytes(2, 2),
    'panoptic_val.json': JSON.stringify(document),
    'instances_val.json': JSON.stringify({ images: [], annotations: [], categories: [], info: {} }),
  });
  expect(read.format).toBe('coco');
});

const model = fc
  .array(
    fc.record({
      pixels: fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 12, maxLength: 12 }),
      split: fc.constantFrom('train', 'val', null),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((pictures): Model => {
    const images = pictures.map(({ pixels, split }, number): ImageRecord => {
      const regions = regionsOf(4, 3, (i) => pixels[i] ?? -1) ?? new Map();
      const annotations = [...regions].map(
        ([value, { rle, box }]): Annotation => ({
          type: 'rle',
          geometry: { box, rle },
          classIndex: value % 2,
          attributes: value === 3 ? { iscrowd: 1 } : {},
        }),
      );
      return { path: `in/${number}.jpg`, width: 4, height: 3, split, className: null, isLabeled: true, annotations };
    });
    return {
      format: null,
      taskType: 'instance_segmentation',
      classes: ['cat', '하늘'].map((name) => ({ name, source: {} })),
      source: {},
      images: new Map(images.map((image) => [image.path, image])),
    };
  });

test('random segments come back pixel by pixel', async () => {
  await fc.assert(
    fc.asyncProperty(model, async (dataset) => {
      const contents = new Map([...dataset.images.keys()].map((path) => [path, pngBytes(4, 3)]));
      const { files, losses } = await writeAll(dataset, contents, 'coco_panoptic');
      expect(losses).toEqual([]);
      const read = await readAll(files);
      expect(differenceOf(contentOf(dataset), withoutAreas(contentOf(read)))).toBeNull();
      expect(read.report.issues).toEqual([]);
      const again = await readAll((await writeAll(read, files, 'coco_panoptic')).files);
      expect(differenceOf(contentOf(read), contentOf(again))).toBeNull();
    }),
    { numRuns: 40 },
  );
}, 60_000);

const withoutAreas = (content: unknown): unknown =>
  JSON.parse(JSON.stringify(content, (key, value) => (key === 'area' ? undefined : value)));

test('segments behind a list of images that is longer than any sample are found', async () => {
  const images = Array.from({ length: 1000 }, (_, id) => ({
    id,
    file_name: `${id}.png`,
    width: 2,
    height: 2,
    note: 'x'.repeat(60),
  }));
  const read = await readAll({
    'images/7.png': pngBytes(2, 2),
    'masks/7.png': mapOf(2, [0, 5, 5, 0]),
    'val.json': JSON.stringify({
      images,
      annotations: [{ image_id: 7, file_name: '7.png', segments_info: [{ id: 5, category_id: 1 }] }],
      categories: [{ id: 1, name: 'cat' }],
    }),
  });
  expect(read).toMatchObject({ format: 'coco_panoptic', counts: { images: 1, annotations: 1 } });
});

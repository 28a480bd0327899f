import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../fixtures/read.ts';
import type { Format } from './index.ts';

/** What is left out of one image each; the codes that are counted per annotation. */
const OF_ANNOTATIONS = ['bad_label_line', 'bad_annotation', 'bad_box', 'unsupported_annotation', 'dangling_category'];

const png = pngBytes(200, 100);
const json = (value: unknown) => JSON.stringify(value);
const lines = (...values: unknown[]) => values.map((value) => `${json(value)}\n`).join('');

interface Case {
  format: Format;
  /** Beside `good.png` and `bad.png` where the labels look for them. */
  labels: Record<string, string>;
  images?: [good: string, bad: string];
  /** How many annotations the files state: one of the good image, and the rest are broken. */
  stated: number;
}

const square = [
  [1, 1],
  [9, 1],
  [9, 9],
];
const bdd = { category: 'cat', box2d: { x1: 1, y1: 1, x2: 9, y2: 9 } };
const person = { tag: 'person', fbox: [1, 1, 9, 9] };
const darwin = (annotations: unknown[], name: string) => ({
  schema_ref: 'https://darwin-public.s3.amazonaws.com/darwin_json/2.0/schema.json',
  item: { name },
  annotations,
});
const rectangle = {
  classTitle: 'cat',
  geometryType: 'rectangle',
  points: {
    exterior: [
      [1, 1],
      [9, 9],
    ],
  },
};
const manifest = (name: string, annotations: unknown[]) => ({
  'source-ref': `s3://b/${name}`,
  boxes: { annotations },
  'boxes-metadata': { 'class-map': { 0: 'cat' } },
});
const row = (external_id: string, objects: unknown[]) => ({
  data_row: { external_id },
  projects: { p: { labels: [{ annotations: { objects } }] } },
});
const viaRegion = {
  shape_attributes: { name: 'rect', x: 1, y: 1, width: 9, height: 9 },
  region_attributes: { kind: 'cat' },
};
const datumaroItem = (id: string, annotations: unknown[]) => ({ id, image: { path: `${id}.png` }, annotations });
const kitti = 'Car 0 0 0 1 1 9 9 0 0 0 0 0 0 0';

const CASES: Case[] = [
  {
    format: 'bdd100k',
    labels: {
      'l.json': json([
        { name: 'good.png', labels: [bdd] },
        { name: 'bad.png', labels: [null, 'x', { ...bdd, box2d: { x1: 'a' } }, { box2d: bdd.box2d }] },
      ]),
    },
    stated: 5,
  },
  {
    format: 'cityscapes',
    images: ['good.png', 'bad.png'],
    labels: {
      'good_polygons.json': json({ imgHeight: 100, imgWidth: 200, objects: [{ label: 'cat', polygon: square }] }),
      'bad_polygons.json': json({ imgHeight: 100, imgWidth: 200, objects: [{ label: 'cat', polygon: [] }, null, {}] }),
    },
    stated: 4,
  },
  {
    format: 'createml',
    labels: {
      'l.json': json([
        { image: 'good.png', annotations: [{ label: 'cat', coordinates: { x: 9, y: 9, width: 2, height: 2 } }] },
        { image: 'bad.png', annotations: [null, { label: 'cat', coordinates: { x: 'a' } }, {}] },
      ]),
    },
    stated: 4,
  },
  {
    format: 'crowdhuman',
    labels: { 'l.odgt': lines({ ID: 'good', gtboxes: [person] }, { ID: 'bad', gtboxes: [null, { tag: 'person' }] }) },
    stated: 3,
  },
  {
    format: 'darwin',
    labels: {
      'good.json': json(darwin([{ name: 'cat', bounding_box: { x: 1, y: 1, w: 9, h: 9 } }], 'good.png')),
      'bad.json': json(darwin([null, { name: 'cat', bounding_box: {} }, { name: 'cat', line: {} }, {}], 'bad.png')),
    },
    stated: 5,
  },
  {
    format: 'datumaro',
    labels: {
      'annotations/l.json': json({
        categories: { label: { labels: [{ name: 'cat' }] } },
        items: [
          datumaroItem('good', [{ type: 'bbox', label_id: 0, bbox: [1, 1, 9, 9] }]),
          datumaroItem('bad', [null, { type: 'bbox', label_id: 0 }, { type: 'bbox', label_id: 9, bbox: [1, 1, 9, 9] }]),
        ],
      }),
    },
    stated: 4,
  },
  {
    format: 'dota',
    labels: { 'labelTxt/good.txt': '1 1 9 1 9 9 1 9 cat 0\n', 'labelTxt/bad.txt': '1 1 9 1 9 9 1 cat 0\nx\n' },
    images: ['images/good.png', 'images/bad.png'],
    stated: 3,
  },
  {
    format: 'kitti',
    labels: { 'label_2/good.txt': `${kitti}\n`, 'label_2/bad.txt': `${kitti.replace('9 9', '0 0')}\nx\n` },
    images: ['image_2/good.png', 'image_2/bad.png'],
    stated: 3,
  },
  {
    format: 'labelbox',
    labels: {
      'l.ndjson': lines(
        row('good.png', [{ name: 'cat', bounding_box: { left: 1, top: 1, width: 9, height: 9 } }]),
        row('bad.png', [null, { name: 'cat', bounding_box: {} }, { name: 'cat', mask: {} }]),
      ),
    },
    stated: 4,
  },
  {
    format: 'mot',
    labels: { 'train/s/gt/gt.txt': '1,1,1,1,9,9,1,1,1\n2,1,1,1,-9,9,1,1,1\n' },
    images: ['train/s/img1/000001.png', 'train/s/img1/000002.png'],
    stated: 2,
  },
  {
    format: 'sagemaker',
    labels: {
      'l.manifest': lines(
        manifest('good.png', [{ class_id: 0, left: 1, top: 1, width: 9, height: 9 }]),
        manifest('bad.png', [null, { class_id: 0 }]),
      ),
    },
    stated: 3,
  },
  {
    format: 'supervisely',
    images: ['img/good.png', 'img/bad.png'],
    labels: {
      'ann/good.png.json': json({ size: { width: 200, height: 100 }, objects: [rectangle] }),
      'ann/bad.png.json': json({
        size: { width: 200, height: 100 },
        objects: [null, { ...rectangle, points: null }, {}],
        tags: [{}],
      }),
    },
    stated: 5,
  },
  {
    format: 'ultralytics_ndjson',
    labels: {
      'l.ndjson': lines(
        { type: 'dataset', class_names: { 0: 'cat' } },
        { type: 'image', file: 'good.png', annotations: { boxes: [[0, 0.5, 0.5, 0.1, 0.1]] } },
        { type: 'image', file: 'bad.png', annotations: { boxes: [[0], null], cubes: [[0, 1]] } },
      ),
    },
    stated: 4,
  },
  {
    format: 'via',
    labels: {
      'l.json': json({
        'good.png1': { filename: 'good.png', size: 1, regions: [viaRegion] },
        'bad.png1': { filename: 'bad.png', size: 1, regions: [null, { shape_attributes: { name: 'rect' } }, {}] },
      }),
    },
    stated: 4,
  },
  {
    format: 'visdrone',
    images: ['images/good.png', 'images/bad.png'],
    labels: { 'annotations/good.txt': '1,1,9,9,1,1,0,0\n', 'annotations/bad.txt': '1,1,-9,9,1,1,0,0\n1,1\n' },
    stated: 3,
  },
  {
    format: 'vott',
    labels: {
      'a-asset.json': json({
        asset: { name: 'good.png' },
        regions: [{ tags: ['cat'], boundingBox: { left: 1, top: 1, width: 9, height: 9 } }],
      }),
      'b-asset.json': json({ asset: { name: 'bad.png' }, regions: [null, { tags: ['cat'] }, { tags: [] }] }),
    },
    stated: 4,
  },
];

describe.each(CASES)('$format', ({ format, labels, images = ['good.png', 'bad.png'], stated }) => {
  test('an image whose labels were all refused has lost them, and each is counted once', async () => {
    const [good, bad] = images;
    const read = await readAll({ [good]: png, [bad]: png, ...labels });
    const found = codes(read.report);
    expect(read.format).toBe(format);
    expect(read.images.get(good)?.annotations).toHaveLength(1);
    const told = OF_ANNOTATIONS.reduce((sum, code) => sum + (found[code] ?? 0), 0);
    expect(read.counts.annotations + told).toBe(stated);
    expect(found.labels_lost).toBe(1);
    expect(read.report.issues.find(({ code }) => code === 'labels_lost')?.examples).toMatchObject([{ path: bad }]);
  });
});

test.each([
  ['an XML that ends too early', 'voc', 'Annotations/bad.xml', '<annotation><object>'],
  ['a JSON that ends too early', 'labelme', 'bad.json', '{"shapes": [{"label": "cat"'],
])('%s is no image without objects', async (_, kind, path, text) => {
  const good =
    kind === 'voc'
      ? '<annotation><filename>good.png</filename><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>'
      : json({
          version: '5',
          imagePath: 'good.png',
          shapes: [
            {
              label: 'cat',
              shape_type: 'rectangle',
              points: [
                [1, 1],
                [9, 9],
              ],
            },
          ],
        });
  const read = await readAll({ 'good.png': png, 'bad.png': png, [path.replace('bad', 'good')]: good, [path]: text });
  expect(codes(read.report)).toMatchObject({ labels_lost: 1 });
});

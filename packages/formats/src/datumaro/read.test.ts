import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { contentOf, differenceOf, writeAll } from '../../fixtures/write.ts';

const image = pngBytes(200, 100);
const document = {
  info: { author: 'me' },
  categories: {
    label: {
      labels: [
        { name: 'cat', parent: '', attributes: [] },
        { name: 'person', parent: 'animal', attributes: ['age'] },
      ],
      attributes: [],
    },
    points: { items: [{ label_id: 1, labels: ['nose', 'tail'], joints: [[1, 2]] }] },
  },
  items: [
    {
      id: 'sub/a',
      attr: { frame: 3 },
      image: { path: 'sub/a.jpg', size: [100, 200] },
      annotations: [
        {
          id: 1,
          type: 'bbox',
          label_id: 0,
          bbox: [1, 2, 30, 40],
          group: 0,
          attributes: { occluded: true },
          z_order: 2,
        },
        { id: 2, type: 'polygon', label_id: 0, points: [1, 1, 9, 1, 9, 9], group: 5, attributes: {}, z_order: 0 },
        { id: 3, type: 'polygon', label_id: 0, points: [20, 1, 29, 1, 29, 9], group: 5, attributes: {}, z_order: 0 },
        {
          id: 4,
          type: 'points',
          label_id: 1,
          points: [5, 6, 7, 8],
          visibility: [2, 1],
          group: 6,
          attributes: {},
          z_order: 0,
        },
        { id: 4, type: 'bbox', label_id: 1, bbox: [4, 5, 6, 7], group: 6, attributes: {}, z_order: 0 },
        {
          id: 5,
          type: 'mask',
          label_id: 0,
          rle: { size: [100, 200], counts: [3, 2, 19995] },
          group: 0,
          attributes: {},
          z_order: 0,
        },
        { id: 6, type: 'label', label_id: 1, group: 0, attributes: {} },
        { id: 7, type: 'caption', caption: 'a cat', group: 0, attributes: {} },
        { id: 8, type: 'polyline', label_id: 0, points: [1, 1, 2, 2], group: 0 },
        { id: 9, type: 'bbox', label_id: 7, bbox: [1, 2, 3, 4], group: 0 },
        { id: 10, type: 'polygon', label_id: 0, points: [1, 1], group: 0 },
      ],
    },
    { id: 'b', annotations: [], image: { path: 'b.jpg', size: [100, 200] } },
  ],
};
const files = (content: object) => ({
  'images/val/sub/a.jpg': image,
  'images/val/b.jpg': image,
  'annotations/val.json': JSON.stringify(content),
});

test('Datumaro: every kind of annotation, with what belongs together joined', async () => {
  const read = await readAll(files(document));
  expect(read).toMatchObject({ format: 'datumaro', classNames: ['cat', 'person'], splits: { val: 2 } });
  expect(read.classes[1]?.source).toMatchObject({ parent: 'animal', keypoints: ['nose', 'tail'], skeleton: [[1, 2]] });
  expect(read.images.get('images/val/sub/a.jpg')?.annotations).toMatchObject([
    { type: 'bbox', geometry: { box: [1, 2, 30, 40] }, attributes: { occluded: true, z_order: 2, id: 1 } },
    {
      type: 'polygon',
      geometry: {
        polygons: [
          [1, 1, 9, 1, 9, 9],
          [20, 1, 29, 1, 29, 9],
        ],
      },
    },
    { type: 'keypoints', geometry: { box: [4, 5, 6, 7], keypoints: [5, 6, 2, 7, 8, 1] } },
    { type: 'rle', geometry: { rle: { size: [100, 200], counts: [3, 2, 19995] } } },
    { type: 'classification', classIndex: 1 },
    { type: 'caption', geometry: { caption: 'a cat' } },
  ]);
  expect(read.images.get('images/val/b.jpg')).toMatchObject({ isLabeled: true, annotations: [] });
  expect(codes(read.report)).toEqual({ unsupported_annotation: 1, dangling_category: 1, bad_box: 1 });
});

test('Datumaro comes back with its categories, attributes and what it says of items', async () => {
  const [item, other] = document.items;
  const sound = { ...document, items: [{ ...item, annotations: item?.annotations.slice(0, 8) }, other] };
  const encoder = new TextEncoder();
  const contents = new Map(
    Object.entries(files(sound)).map(([path, value]) => [
      path,
      typeof value === 'string' ? encoder.encode(value) : value,
    ]),
  );
  const read = await readAll(contents);
  expect(read.report.lossless).toBe(true);
  const written = await writeAll(read, contents, 'datumaro');
  expect(written.losses).toEqual([]);
  const again = await readAll(written.files);
  expect(differenceOf(contentOf(read), contentOf(again))).toBeNull();
  const text = JSON.parse(new TextDecoder().decode(written.files.get('annotations/val.json')));
  expect(text).toMatchObject({
    info: sound.info,
    categories: sound.categories,
    items: [{ id: 'sub/a', attr: { frame: 3 } }, { id: 'b' }],
  });
});

test('Datumaro with its categories behind the items', async () => {
  const { items, ...others } = document;
  const read = await readAll(
    files({ items: [{ ...items[0], annotations: items[0]?.annotations.slice(0, 1) }], ...others }),
  );
  expect(read.counts.annotations).toBe(1);
  expect(codes(read.report)).toEqual({ image_without_labels: 1 });
});

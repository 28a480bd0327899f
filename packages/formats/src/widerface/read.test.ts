import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);

test('WIDER FACE: faces, images without any, and lines that are none', async () => {
  const read = await readAll({
    'WIDER_train/images/0--Parade/a.jpg': image,
    'WIDER_train/images/0--Parade/b.jpg': image,
    'WIDER_train/images/1--Handshaking/c.jpg': image,
    'wider_face_split/wider_face_train_bbx_gt.txt':
      '0--Parade/a.jpg\n2\n10 20 30 40 2 0 0 0 1 0 \n1 2 3 4 0 0 0 0 0 0 \n0--Parade/b.jpg\n0\n0 0 0 0 0 0 0 0 0 0 \n1--Handshaking/c.jpg\n1\n5 5 -3 4 0 0 0 0 0 0\n',
  });
  expect(read).toMatchObject({
    format: 'wider_face',
    classNames: ['face'],
    counts: { images: 3, annotations: 2 },
    splits: { train: 3 },
  });
  expect(read.images.get('WIDER_train/images/0--Parade/a.jpg')?.annotations).toMatchObject([
    { geometry: { box: [10, 20, 30, 40] }, attributes: { blur: 2, occlusion: 1 } },
    { geometry: { box: [1, 2, 3, 4] }, attributes: {} },
  ]);
  expect(read.images.get('WIDER_train/images/0--Parade/b.jpg')).toMatchObject({ isLabeled: true, annotations: [] });
  expect(codes(read.report)).toEqual({ bad_box: 1, labels_lost: 1 });
});

test('AutoML: shares of four corners, with and without the set', async () => {
  const read = await readAll({
    'a.jpg': image,
    'b.jpg': image,
    'boxes.csv':
      'TRAIN,gs://bucket/a.jpg,cat,0.1,0.2,,,0.3,0.6,,\nVALIDATION,gs://bucket/b.jpg,dog,0.5,0.5,1,0.5,1,1,0.5,1\n',
  });
  expect(read).toMatchObject({ format: 'csv', classNames: ['cat', 'dog'], splits: { train: 1, val: 1 } });
  const [cat] = read.images.get('a.jpg')?.annotations ?? [];
  expect(cat?.geometry).toEqual({ box: [20, 20, 40, 40].map((value) => expect.closeTo(value, 6)) });
  expect(codes(read.report)).toEqual({ not_lossless: 1 });
  const bare = await readAll({ 'a.jpg': image, 'boxes.csv': 'gs://bucket/a.jpg,cat,0.1,0.2,,,0.3,0.6,,\n' });
  expect(bare.counts.annotations).toBe(1);
});

test('WebDataset: classes beside images', async () => {
  const read = await readAll({
    '000000.jpg': image,
    '000000.cls': '3',
    '000001.jpg': image,
    '000001.cls': 'cat\n',
    '000002.jpg': image,
  });
  expect(read).toMatchObject({ format: 'webdataset', classNames: ['class_3', 'cat'], counts: { annotations: 2 } });
  expect(codes(read.report)).toEqual({ image_without_labels: 1 });
});

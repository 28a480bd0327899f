import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);

test('Create ML: the middle of boxes, classes of whole images, images with nothing on them', async () => {
  const read = await readAll({
    'train/a.jpg': image,
    'train/b.jpg': image,
    'valid/c.jpg': image,
    'train/_annotations.createml.json': JSON.stringify([
      {
        image: 'a.jpg',
        annotations: [
          { label: 'cat', coordinates: { x: 50, y: 40, width: 30, height: 20 } },
          { label: 'cat', coordinates: { x: 50, y: 40, width: -30, height: 20 } },
          { coordinates: {} },
        ],
      },
      { image: 'b.jpg', annotations: [] },
      { annotations: [] },
    ]),
    'valid/_annotations.createml.json': JSON.stringify([{ imagefilename: 'c.jpg', annotation: 'dog' }]),
  });
  expect(read).toMatchObject({
    format: 'createml',
    classNames: ['cat', 'dog'],
    taskType: 'object_detection',
    splits: { train: 2, val: 1 },
  });
  expect(read.images.get('train/a.jpg')?.annotations).toMatchObject([{ geometry: { box: [35, 30, 30, 20] } }]);
  expect(read.images.get('train/b.jpg')).toMatchObject({ isLabeled: true, annotations: [] });
  expect(read.images.get('valid/c.jpg')?.annotations).toMatchObject([{ type: 'classification', classIndex: 1 }]);
  expect(codes(read.report)).toEqual({ bad_box: 1, bad_annotation: 2 });
});

test('Create ML with more images than any sample is read whole', async () => {
  const names = Array.from({ length: 5000 }, (_, i) => `${i}.jpg`);
  const list = names.map((name) => ({
    image: name,
    annotations: [{ label: 'cat', coordinates: { x: 50, y: 40, width: 30, height: 20 } }],
  }));
  const read = await readAll({
    ...Object.fromEntries(names.map((name) => [name, image])),
    'a.createml.json': JSON.stringify(list),
  });
  expect(read.counts).toMatchObject({ images: 5000, annotations: 5000 });
});

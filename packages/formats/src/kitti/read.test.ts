import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(1242, 375);

test('KITTI: boxes with what is said of the object in space; labels and images in folders of one place', async () => {
  const read = await readAll({
    'training/image_2/000000.png': image,
    'training/image_2/000001.png': image,
    'seq2/image_2/000000.png': image,
    'training/label_2/000000.txt':
      'Car 0.5 1 -1.57 599.41 156.40 629.75 189.25 2.85 2.63 12.34 0.47 1.49 69.44 -1.56\nDontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10\nCar 1\n',
    'training/label_2/000001.txt': '',
    'seq2/label_2/000000.txt': 'Tram 0 0 0 10 20 30 40 0 0 0 0 0 0 0 0.9\nTram 0 0 0 30 20 10 40 0 0 0 0 0 0 0\n',
  });
  expect(read).toMatchObject({
    format: 'kitti',
    taskType: 'object_detection',
    classNames: ['Tram', 'Car', 'DontCare'],
    splits: { train: 2 },
  });
  const box = (values: number[]) => values.map((value) => expect.closeTo(value, 9));
  expect(read.images.get('training/image_2/000000.png')?.annotations).toMatchObject([
    {
      classIndex: 1,
      geometry: { box: box([599.41, 156.4, 30.34, 32.85]) },
      attributes: {
        truncated: 0.5,
        occluded: 1,
        dimensions: [2.85, 2.63, 12.34],
        location: [0.47, 1.49, 69.44],
        rotation_y: -1.56,
      },
    },
    { classIndex: 2, geometry: { box: box([503.89, 169.71, 86.72, 20.42]) } },
  ]);
  expect(read.images.get('training/image_2/000001.png')).toMatchObject({ isLabeled: true, annotations: [] });
  expect(read.images.get('seq2/image_2/000000.png')?.annotations).toMatchObject([
    { geometry: { box: [10, 20, 20, 20] }, attributes: { score: 0.9 } },
  ]);
  expect(codes(read.report)).toEqual({ bad_label_line: 1, bad_box: 1 });
});

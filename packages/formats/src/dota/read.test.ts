import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { writeAll } from '../../fixtures/write.ts';

const image = pngBytes(100, 100);
const text = 'imagesource:GoogleEarth\ngsd:0.146\n10.0 10.0 50.0 20.0 45.0 40.0 5.0 30.0 small-vehicle 0\n';

test('DOTA: corners in pixels, class, difficulty, header and empty files', async () => {
  const read = await readAll({
    'train/images/a.png': image,
    'train/images/b.png': image,
    'valid/images/a.png': image,
    'train/labelTxt/a.txt': `\ufeff${text.replaceAll('\n', '\r\n')}60 60 80 60 80 80 60 80 ship 1\r\n1 2 3\r\n`,
    'train/labelTxt/b.txt': '',
    'valid/labelTxt/a.txt': '1 1 2 1 2 2 1 2 ship\n',
    'data.yaml': 'names: [ship, small-vehicle]\nnc: 2\n',
  });
  expect(read).toMatchObject({
    format: 'dota',
    taskType: 'oriented_detection',
    classNames: ['small-vehicle', 'ship'],
    splits: { train: 2, val: 1 },
  });
  expect(read.images.get('train/images/a.png')?.annotations).toMatchObject([
    { type: 'obb', classIndex: 0, geometry: { corners: [10, 10, 50, 20, 45, 40, 5, 30] }, attributes: {} },
    {
      type: 'obb',
      classIndex: 1,
      geometry: { corners: [60, 60, 80, 60, 80, 80, 60, 80] },
      attributes: { difficult: 1 },
    },
  ]);
  expect(read.images.get('train/images/b.png')).toMatchObject({ isLabeled: true, annotations: [] });
  expect(read.images.get('valid/images/a.png')?.annotations).toMatchObject([
    { geometry: { corners: [1, 1, 2, 1, 2, 2, 1, 2] } },
  ]);
  expect(codes(read.report)).toEqual({ bad_label_line: 1, unused_file: 1 });
});

test('DOTA comes back as it was, header and all', async () => {
  const label = `${text.replaceAll('.0', '')}`;
  const files = new Map([
    ['images/a.png', image],
    ['labelTxt/a.txt', new TextEncoder().encode(label)],
  ]);
  const written = await writeAll(await readAll(files), files, 'dota');
  expect(new TextDecoder().decode(written.files.get('labelTxt/a.txt'))).toBe(label);
});

test('YOLO labels in labels/ stay YOLO', async () => {
  const read = await readAll({ 'images/a.png': image, 'labels/a.txt': '0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n' });
  expect(read.format).toBe('yolo');
});

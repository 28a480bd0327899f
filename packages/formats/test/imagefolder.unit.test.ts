import { expect, test } from 'vitest';
import { pngBytes, readAll } from './read.ts';

const image = pngBytes(20, 10);

test('reads classes and splits from folders, in byte order', async () => {
  const read = await readAll({
    'top/train/b/1.png': image,
    'top/train/a/2.png': image,
    'top/valid/a/3.png': image,
    'top/train/Z/deep/4.png': image,
  });
  expect(read.candidates[0]?.format).toBe('imagefolder');
  expect(read).toMatchObject({ taskType: 'image_classification', classNames: ['Z', 'a', 'b'] });
  expect(read.images.get('top/valid/a/3.png')).toMatchObject({
    split: 'val',
    className: 'a',
    annotations: [{ type: 'classification', classIndex: 1 }],
  });
  expect(read.images.get('top/train/Z/deep/4.png')).toMatchObject({ className: 'Z' });
});

test.each([
  ['one class only', { 'a/1.png': image }],
  ['images beside the folders', { 'a/1.png': image, 'b/1.png': image, '1.png': image }],
  ['folders that are no classes', { 'images/1.png': image, 'labels/1.png': image }],
])('%s is no ImageFolder', async (_, files) => {
  const read = await readAll(files);
  expect(read.candidates[0]?.format).toBe('images');
  expect(read.taskType).toBeNull();
});

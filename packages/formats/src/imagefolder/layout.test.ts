import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

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
  ['folders that are no classes', { 'images/1.png': image, 'labels/1.png': image }],
  ['an image folder and one of masks', { 'Original/1.png': image, 'Ground Truth/1.png': image }],
  ['cameras', { 'cam1/1.png': image, 'cam2/1.png': image }],
  ['sequences', { 'train/a-02/img1/1.png': image, 'train/a-04/img1/1.png': image }],
  [
    'more images beside the folders than in them',
    { 'a/1.png': image, 'b/1.png': image, '1.png': image, '2.png': image, '3.png': image },
  ],
  ['splits without classes', { 'train/1.png': image, 'test/1.png': image }],
])('%s is no ImageFolder', async (_, files) => {
  const read = await readAll(files as Record<string, Uint8Array>);
  expect(read.candidates[0]?.format).toBe('images');
  expect(read.taskType).toBeNull();
});

test('a stray picture has no class, and takes none away', async () => {
  const read = await readAll({ 'a/1.png': image, 'b/1.png': image, 'cover.png': image });
  expect(read).toMatchObject({ format: 'imagefolder', classNames: ['a', 'b'], counts: { images: 3, annotations: 2 } });
  expect(read.images.get('cover.png')).toMatchObject({ className: null, isLabeled: false });
  expect(codes(read.report)).toEqual({ image_without_labels: 1 });
});

test('classes may be called train and test, among others', async () => {
  const read = await readAll({ 'bus/1.png': image, 'car/1.png': image, 'train/1.png': image });
  expect(read.classNames).toEqual(['bus', 'car', 'train']);
  const inSplits = await readAll({ 'train/train/1.png': image, 'train/bus/1.png': image, 'val/bus/1.png': image });
  expect(inSplits.splits).toEqual({ train: 2, val: 1 });
});

test('splits by other names, in folders twice, with images between, and one without labels', async () => {
  const read = await readAll({
    'set/seg_train/seg_train/a/1.png': image,
    'set/seg_train/seg_train/b/1.png': image,
    'set/seg_test/seg_test/a/2.png': image,
    'set/seg_pred/seg_pred/3.png': image,
  });
  expect(read).toMatchObject({ classNames: ['a', 'b'], splits: { train: 2, test: 1, unlabeled: 1 } });
  const between = await readAll({
    'train/images/a/1.png': image,
    'train/images/b/1.png': image,
    'val/images/b/1.png': image,
  });
  expect(between).toMatchObject({ classNames: ['a', 'b'], splits: { train: 2, val: 1 } });
});

test('asked for by name, it reads what fits', async () => {
  const files = { 'images/1.png': image, 'labels/1.png': image, '1.png': image };
  const read = await readAll(files, { formatHint: 'imagefolder' });
  expect(read).toMatchObject({ classNames: ['images', 'labels'], counts: { annotations: 2 } });
});

test('sets of the same classes, whatever they are called, are no classes; splits have names in Korean, too', async () => {
  const inSets = (...sets: string[]) =>
    Object.fromEntries(sets.flatMap((set) => ['개', '고양이'].map((name) => [`${set}/${name}/1.png`, image])));
  expect(await readAll(inSets('fold1', 'fold2'))).toMatchObject({ classNames: ['개', '고양이'], splits: {} });
  expect(await readAll(inSets('학습', '검증'))).toMatchObject({
    classNames: ['개', '고양이'],
    splits: { train: 2, val: 2 },
  });
  const cameras = { 'left/1.png': image, 'right/1.png': image };
  expect(await readAll(cameras)).toMatchObject({ format: 'images', counts: { annotations: 0 } });
});

test('a class may be called like the split that it is in, beside others', async () => {
  const files = ['train/train', 'train/bus', 'val/train', 'val/bus'].map((folder) => [`${folder}/1.png`, image]);
  const read = await readAll(Object.fromEntries(files));
  expect(read).toMatchObject({
    classNames: ['bus', 'train'],
    counts: { annotations: 4 },
    splits: { train: 2, val: 2 },
  });
});

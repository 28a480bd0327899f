import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);
const label = '0 0.5 0.5 0.1 0.2\n';
const labeled = (read: Awaited<ReturnType<typeof readAll>>) =>
  [...read.images.values()].filter(({ annotations }) => annotations.length > 0).map(({ path }) => path);

describe('labels that were brought later', () => {
  test.each([
    ['loose, of images in folders', 'photos/2024/a.png', 'a.txt'],
    ['in a folder of labels, of images elsewhere', 'photos/2024/a.png', 'labels/a.txt'],
    ['in a folder called anything', 'photos/a.png', 'export/obj/a.txt'],
    ['with a list of classes', 'photos/a.png', 'export/labels/train/a.txt'],
  ])('%s', async (_, picture, path) => {
    const read = await readAll({
      [picture]: image,
      'photos/b.png': image,
      [path]: label,
      'export/classes.txt': 'cat\n',
    });
    expect(read).toMatchObject({ format: 'yolo', counts: { images: 2, annotations: 1 } });
    expect(labeled(read)).toEqual([picture]);
    expect(codes(read.report)).toEqual({ image_without_labels: 1 });
  });

  test('of two images of one name, and of another split, none is guessed', async () => {
    const twice = await readAll({ 'x/a.png': image, 'y/a.png': image, 'labels/a.txt': label });
    expect(labeled(twice)).toEqual([]);
    expect(codes(twice.report)).toMatchObject({ label_without_image: 1, unplaced_annotation: 1 });
    const split = await readAll({ 'images/train/a.png': image, 'new/labels/val/a.txt': label });
    expect(labeled(split)).toEqual([]);
  });

  test('an image that has a label keeps it, and numbers of another meaning are none', async () => {
    const read = await readAll({
      'images/a.png': image,
      'images/b.png': image,
      'labels/a.txt': label,
      'more/a.txt': '0 0.1 0.1 0.1 0.1\n',
      'depth/b.txt': '12 400 300 20 20\n',
    });
    expect(labeled(read)).toEqual(['images/a.png']);
    expect(read.images.get('images/a.png')?.annotations).toMatchObject([{ geometry: { box: [90, 40, 20, 20] } }]);
    expect(codes(read.report)).toMatchObject({ annotations_not_read: 2, image_without_labels: 1 });
  });
});

import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);

describe('YOLO tasks', () => {
  test.each([
    ['detect', '0 0.5 0.5 0.1 0.2', { type: 'bbox', geometry: { box: [90, 40, 20, 20] } }, 'object_detection'],
    [
      'segment',
      '0 0.1 0.1 0.9 0.1 0.5 0.8 0.2 0.5 0.1 0.2',
      { type: 'polygon', geometry: { polygons: [[20, 10, 180, 10, 100, 80, 40, 50, 20, 20]] } },
      'instance_segmentation',
    ],
    [
      'obb',
      '0 0.1 0.1 0.4 0.2 0.35 0.6 0.05 0.5',
      { type: 'obb', geometry: { corners: [20, 10, 80, 20, 70, 60, 10, 50] } },
      'oriented_detection',
    ],
    [
      'pose',
      '0 0.5 0.5 0.2 0.4 0.45 0.5 2 0.55 0.6 1 0 0 0',
      { type: 'keypoints', geometry: { box: [80, 30, 40, 40], keypoints: [90, 50, 2, 110, 60, 1, 0, 0, 0] } },
      'keypoint_detection',
    ],
  ])('%s is told from the lines', async (_, line, annotation, taskType) => {
    const read = await readAll({ 'images/a.png': image, 'labels/a.txt': line });
    expect(read).toMatchObject({ format: 'yolo', taskType });
    expect(read.images.get('images/a.png')?.annotations).toMatchObject([
      { ...annotation, geometry: close(annotation.geometry) },
    ]);
    expect(codes(read.report)).toEqual({});
  });

  test('two numbers a key point come with kpt_shape', async () => {
    const read = await readAll({
      'data.yaml': 'names: [a]\nkpt_shape: [2, 2]\n',
      'images/a.png': image,
      'labels/a.txt': '0 0.5 0.5 0.2 0.4 0.45 0.5 0 0',
    });
    expect(read.images.get('images/a.png')?.annotations).toMatchObject([
      { type: 'keypoints', geometry: { keypoints: [90, 50, 2, 0, 0, 0] } },
    ]);
  });

  test('a score and a track behind a box are kept, and come back', async () => {
    const read = await readAll({
      'images/a.png': image,
      'labels/a.txt': '0 0.5 0.5 0.1 0.2 0.87 4\n1 0.5 0.5 0.1 0.2 0.25 5\n',
      'images/b.png': image,
      'labels/b.txt': '0 0.5 0.5 0.1 0.2 0.5 6\n',
    });
    expect(read.images.get('images/a.png')?.annotations.map(({ attributes }) => attributes)).toEqual([
      { extra: [0.87, 4] },
      { extra: [0.25, 5] },
    ]);
    const scored = await readAll({ 'images/a.png': image, 'labels/a.txt': '0 0.5 0.5 0.1 0.2 0.87\n' });
    expect(scored.images.get('images/a.png')?.annotations).toMatchObject([
      { type: 'bbox', attributes: { score: 0.87 } },
    ]);
    expect([read.report.lossless, scored.report.lossless]).toEqual([true, true]);
  });
});

const close = (value: unknown): unknown => {
  if (typeof value === 'number') return expect.closeTo(value, 9);
  if (Array.isArray(value)) return value.map(close);
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, close(inner)]));
};

describe('YOLO layouts', () => {
  const label = '0 0.5 0.5 0.1 0.2\n';

  test.each([
    ['folders', 'path: ../set\ntrain: images/a\nval: images/b\nnames: [x]\n', {}],
    ['globs', 'train: images/a/*.png\nval: ["./images/b/**"]\nnames: [x]\n', {}],
    ['absolute paths of another machine', 'train: /home/me/set/images/a\nval: C:\\set\\images\\b\nnames: [x]\n', {}],
    [
      'lists',
      'train: train.txt\nvalid: lists/val.txt\nnames: [x]\n',
      { 'train.txt': './images/a/1.png\r\n', 'lists/val.txt': '/data/images/b/2.png\n' },
    ],
  ])('finds splits by %s in data.yaml', async (_, yaml, more: Record<string, string>) => {
    const read = await readAll({
      'data.yaml': yaml,
      'images/a/1.png': image,
      'images/b/2.png': image,
      'labels/a/1.txt': label,
      'labels/b/2.txt': label,
      ...more,
    });
    expect(read).toMatchObject({ splits: { train: 1, val: 1 }, classNames: ['x'] });
    expect(codes(read.report)).toEqual({});
  });

  test('reads Darknet’s obj.data, obj.names and lists', async () => {
    const read = await readAll({
      'obj.data': 'classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\nbackup = b/\n',
      'obj.names': 'cat\ndog\n\n',
      'train.txt': 'data/obj_train_data/a.png\n',
      'valid.txt': 'data/obj_valid_data/b.png\ndata/obj_valid_data/gone.png\n',
      'obj_train_data/a.png': image,
      'obj_train_data/a.txt': '1 0.5 0.5 0.1 0.2\n',
      'obj_valid_data/b.png': image,
      'obj_valid_data/b.txt': '',
    });
    expect(read).toMatchObject({ format: 'yolo', classNames: ['cat', 'dog'], splits: { train: 1, val: 1 } });
    expect(codes(read.report)).toEqual({ listed_image_missing: 1 });
  });

  test('an image may be called as lists are', async () => {
    const read = await readAll({ 'images/test.png': image, 'labels/test.txt': label, 'labels/classes.txt': 'ant\n' });
    expect(read.images.get('images/test.png')?.annotations).toHaveLength(1);
    expect(read.classNames).toEqual(['ant']);
    expect(codes(read.report)).toEqual({});
  });

  test('labels without an image and bytes that are no text are reported', async () => {
    const read = await readAll({
      'images/a.png': image,
      'images/b.png': image,
      'labels/a.txt': label,
      'labels/b.txt': new Uint8Array([0xff, 0x01, 0x30, 0]),
      'labels/c.txt': label,
    });
    expect(codes(read.report)).toEqual({
      label_not_text: 1,
      label_without_image: 1,
      labels_lost: 1,
      unplaced_annotation: 1,
    });
  });
});

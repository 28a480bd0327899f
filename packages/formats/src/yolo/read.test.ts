import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);

describe('YOLO', () => {
  test('reads boxes in pixels, classes and splits', async () => {
    const read = await readAll({
      'data.yaml': 'train: images/train\nval: images/val\nnc: 2\nnames:\n  0: cat\n  1: dog\n',
      'images/train/a.png': image,
      'images/val/b.png': image,
      'labels/train/a.txt': '1 0.5 0.5 0.1 0.2\r\n0 0.25 0.5 0.5 1\r\n',
      'labels/val/b.txt': '',
    });
    expect(read.candidates[0]).toMatchObject({ format: 'yolo' });
    expect(read.candidates[0]?.confidence).toBeGreaterThan(0.9);
    expect(read).toMatchObject({ taskType: 'object_detection', classNames: ['cat', 'dog'] });
    expect(read.images.get('images/train/a.png')).toMatchObject({
      split: 'train',
      annotations: [
        { classIndex: 1, geometry: { box: [90, 40, 20, 20] } },
        { classIndex: 0, geometry: { box: [0, 0, 100, 100] } },
      ],
    });
    expect(read.images.get('images/val/b.png')).toMatchObject({ split: 'val', isLabeled: true, annotations: [] });
    expect(read.report.issues).toEqual([]);
  });

  test.each([
    ['the folders the other way round', 'train/images/a.png', 'train/labels/a.txt'],
    ['a folder around everything', 'set/images/a.png', 'set/labels/a.txt'],
    ['labels beside images', 'a.png', 'a.txt'],
    ['another case', 'Images/a.PNG', 'labels/a.txt'],
  ])('finds labels with %s', async (_, imagePath, labelPath) => {
    const read = await readAll({ [imagePath]: image, [labelPath]: '0 0.5 0.5 0.5 0.5' });
    expect(read.candidates[0]?.format).toBe('yolo');
    expect(read.images.get(imagePath)?.annotations).toHaveLength(1);
  });

  test('reports every line that it leaves out, with its place', async () => {
    const read = await readAll({
      'images/a.png': image,
      'labels/a.txt': [
        '0 0.5 0.5 0.5 0.5',
        'cat 0.5 0.5 0.5 0.5',
        '0 0.5 0.5',
        '-1 0.5 0.5 0.5 0.5',
        '0 0.5 0.5 0 0.5',
        '0 0.1 0.1 0.9 0.1 0.5 0.8',
      ].join('\n'),
      'images/b.png': image,
      'labels/b.txt': '0 0.5 0.5 0.5 0.5',
    });
    expect(codes(read.report)).toEqual({ bad_label_line: 3, zero_area: 1, mixed_line_formats: 1 });
    expect(read.report.issues.find((issue) => issue.code === 'bad_label_line')?.examples).toEqual([
      { path: 'labels/a.txt', image: 'images/a.png', line: 2, detail: '"cat" is not a number' },
      { path: 'labels/a.txt', image: 'images/a.png', line: 3, detail: '3 numbers instead of 5' },
      { path: 'labels/a.txt', image: 'images/a.png', line: 4, detail: '"-1" is not a class number' },
    ]);
    expect(read.images.get('images/a.png')?.annotations.map(({ type }) => type)).toEqual(['bbox', 'bbox', 'polygon']);
  });

  test('classes beyond the list get a name, and a finding', async () => {
    const read = await readAll({
      'data.yaml': 'names: [cat]\nnc: 3',
      'images/a.png': image,
      'labels/a.txt': '2 0.5 0.5 0.5 0.5',
    });
    expect(read.classNames).toEqual(['cat', 'class_1', 'class_2']);
    expect(codes(read.report)).toEqual({ unknown_class: 1, class_count_mismatch: 1 });
  });

  test('a data.yaml that is a bomb, or has tags, is passed over', async () => {
    const layers = Array.from(
      { length: 9 },
      (_, i) => `b${i + 1}: &b${i + 1} [${Array(8).fill(`*b${i}`).join(',')}]`,
    ).join('\n');
    for (const yaml of [
      `b0: &b0 [l,l,l,l,l,l,l,l]\n${layers}\nnames: *b9`,
      'names: [unclosed',
      'names: {a: b}',
      'names: {99999999: x}',
    ]) {
      const read = await readAll({ 'data.yaml': yaml, 'images/a.png': image, 'labels/a.txt': '0 0.5 0.5 0.5 0.5' });
      expect(codes(read.report)).toEqual({ config_unreadable: 1 });
      expect(read.images.get('images/a.png')?.annotations).toHaveLength(1);
    }
  });

  test('an unreadable image has no boxes, and its lines are reported', async () => {
    const read = await readAll({
      'images/a.png': 'no picture',
      'labels/a.txt': '0 0.5 0.5 0.5 0.5',
      'images/b.png': image,
      'labels/b.txt': '0 0.5 0.5 0.5 0.5',
    });
    expect(codes(read.report)).toEqual({ bad_box: 1, labels_lost: 1 });
  });
});

import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(4, 2);
const json = (value: unknown) => JSON.stringify(value);

test('captions and JSON beside images, each said once', async () => {
  const read = await readAll({
    '00000/000000000.png': image,
    '00000/000000000.txt': 'a cat on a mat',
    '00000/000000000.json': json({ caption: 'a cat on a mat', url: 'https://example.org/1', width: 4 }),
    '00000/000000001.png': image,
    '00000/000000001.txt': 'two dogs, 1999',
    '00000/000000001.json': json({ caption: 'two dogs, 1999', url: 'https://example.org/2' }),
    '00000/000000002.png': image,
    'README.txt': 'What this is.',
    'stats.json': json({ caption: 'of nothing' }),
  });
  expect(read).toMatchObject({
    format: 'webdataset',
    taskType: 'image_captioning',
    counts: { images: 3, annotations: 2 },
  });
  expect(read.images.get('00000/000000001.png')?.annotations).toMatchObject([
    { type: 'caption', geometry: { caption: 'two dogs, 1999' } },
  ]);
  expect(codes(read.report)).toEqual({ image_without_labels: 1, unused_file: 2 });
});

test('JSON alone says captions and classes', async () => {
  const read = await readAll({
    'a.png': image,
    'a.json': json({ captions: ['one', 'two'], label: 7 }),
    'b.png': image,
    'b.json': json({ captions: ['three'], label: 'cat' }),
  });
  expect(read).toMatchObject({ format: 'webdataset', classNames: ['class_7', 'cat'], counts: { annotations: 5 } });
});

test('masks, classes, and members that are neither', async () => {
  const mask = encode({ width: 4, height: 2, data: Uint8Array.from([0, 3, 3, 0, 0, 0, 0, 9]), channels: 1, depth: 8 });
  const read = await readAll({
    'a.png': image,
    'a.cls': '3',
    'a.seg.png': mask,
    'b.png': image,
    'b.cls': 'cat',
    'b.seg.png': encode({ width: 2, height: 2, data: new Uint8Array(4), channels: 1, depth: 8 }),
    'b.npy': 'x',
    'c.seg.png': mask,
  });
  expect(read).toMatchObject({ format: 'webdataset', counts: { images: 2, annotations: 4 } });
  const said = read.images.get('a.png')?.annotations.map(({ classIndex }) => read.classNames[classIndex ?? -1]);
  expect(said?.sort()).toEqual(['class_3', 'class_3', 'class_9']);
  expect(codes(read.report)).toEqual({ bad_annotation: 1, label_without_image: 1, unsupported_image: 1 });
});

test('lines of numbers, lists of classes and whole files of annotations are no captions', async () => {
  const detected = await Promise.all(
    [
      {
        'a.png': image,
        'a.txt': '0 0.5 0.5 0.1 0.1',
        'b.png': image,
        'b.txt': '0 0.5 0.5 0.1 0.1',
        'classes.txt': 'cat',
      },
      { 'a.png': image, 'a.txt': 'Car 0.0 0 1.5 1 2 3 4 1 1 1 1 1 1 0', 'b.png': image },
      { 'a.png': image, 'b.png': image, 'c.png': image, 'notes.txt': 'Some words.', 'other.txt': 'More words.' },
      { 'a.png': image, 'a.json': json({ shapes: [], imagePath: 'a.png', label: 'x' }) },
    ].map((files) => readAll(files)),
  );
  expect(detected.map(({ format }) => format)).not.toContain('webdataset');
});

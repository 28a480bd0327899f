import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { writeAll } from '../../fixtures/write.ts';
import { classTableOf, labelsOfRow } from './layout.ts';

const image = pngBytes(20, 10);
const classesOf = async (files: Record<string, string | Uint8Array>) => {
  const read = await readAll(files);
  const names = Object.fromEntries(
    [...read.images].map(([path, { annotations }]) => [
      path,
      annotations.map(({ classIndex }) => read.classNames[classIndex ?? -1]),
    ]),
  );
  return { read, names };
};

describe('a table of classes', () => {
  test('with a column of labels, names without extension, and a split', async () => {
    const { read, names } = await classesOf({
      'train/a.png': image,
      'train/b.png': image,
      'train/c.png': image,
      'train.csv': '\ufeffid,breed,age\r\na,"husky, grey",3\r\nb,pug,\r\n',
    });
    expect(read).toMatchObject({
      format: 'classification_csv',
      taskType: 'image_classification',
      classNames: ['husky, grey', 'pug'],
      splits: { train: 3 },
    });
    expect(names).toEqual({ 'train/a.png': ['husky, grey'], 'train/b.png': ['pug'], 'train/c.png': [] });
    expect(read.images.get('train/a.png')?.annotations[0]?.attributes).toEqual({ age: '3' });
    expect(codes(read.report)).toEqual({ image_without_labels: 1 });
  });

  test('with a column per class', async () => {
    const { read, names } = await classesOf({
      'test/a.png': image,
      'test/b.png': image,
      'test/_classes.csv': 'filename, cat, dog\na.png, 1, 1\nb.png, 0, 0\n',
    });
    expect(read.classNames).toEqual(['cat', 'dog']);
    expect(names).toEqual({ 'test/a.png': ['cat', 'dog'], 'test/b.png': [] });
    expect(read.images.get('test/b.png')?.isLabeled).toBe(true);
  });

  test.each([
    ['Finding Labels', 'Edema|Effusion', ['Edema', 'Effusion']],
    ['label', 'Edema|Effusion', ['Edema|Effusion']],
    ['class_name', 'a;b', ['a;b']],
    ['tags', 'haze;primary', ['haze', 'primary']],
  ])('a column "%s" with %s', (title, value, labels) => {
    const rows = [
      ['Image Index.png', title],
      ['a.png', value],
    ];
    rows[0] = ['image', title];
    const table = classTableOf(rows);
    expect(table && labelsOfRow(rows[1] ?? [], rows[0], table)).toEqual(labels);
  });

  test('blanks separate labels only where words are combined', () => {
    const combined = classTableOf([
      ['image', 'labels'],
      ['a.png', 'scab spot'],
      ['b.png', 'scab'],
      ['c.png', 'spot'],
    ]);
    const names = classTableOf([
      ['image', 'labels'],
      ['a.png', 'golden retriever'],
      ['b.png', 'pug'],
    ]);
    expect(combined?.labels).toMatchObject({ separator: ' ' });
    expect(names?.labels).toMatchObject({ separator: null });
  });

  test('without a header', async () => {
    const { names } = await classesOf({ 'x/a.png': image, 'labels.csv': 'x/a.png,cat\n' });
    expect(names).toEqual({ 'x/a.png': ['cat'] });
  });

  test('with more rows than any sample is read whole', async () => {
    const files: Record<string, string | Uint8Array> = {};
    let table = 'image,label\n';
    for (let i = 0; i < 3000; i++) {
      files[`img/${i}.png`] = image;
      table += `${i}.png,c${i % 7}\n`;
    }
    const { read } = await classesOf({ ...files, 'labels.csv': table });
    expect(read.counts).toMatchObject({ images: 3000, annotations: 3000 });
    expect(read.classNames).toHaveLength(7);
  });

  test('of boxes, of strangers and of pixel values is none', async () => {
    const boxes = await readAll({ 'a.png': image, 'a.csv': 'filename,class,xmin,ymin,xmax,ymax\na.png,cat,1,2,3,4\n' });
    expect(boxes.format).toBe('csv');
    const strangers = await readAll({ 'a.png': image, 'people.csv': 'id,class\n17,first\n18,second\n' });
    expect(strangers.format).toBe('images');
    expect(
      classTableOf([
        ['Pixel Value', 'Class'],
        ['0', 'background'],
      ]),
    ).toBeNull();
  });

  test('a table of its own columns comes back as it was', async () => {
    const encoder = new TextEncoder();
    const table = 'id,cat,dog\na,1,0\nb,0,0\nc,1,1\n';
    const files = new Map([
      ['a.png', image],
      ['b.png', image],
      ['c.png', image],
      ['hot.csv', encoder.encode(table)],
    ]);
    const read = await readAll(files);
    expect(read.report.lossless).toBe(true);
    const written = await writeAll(read, files, 'classification_csv');
    expect(written.losses.filter(({ message }) => !message.includes('count as unlabeled'))).toEqual([]);
    expect(new TextDecoder().decode(written.files.get('hot.csv'))).toBe(table);
  });

  test('captions are read and come back; a table that also says shapes is none of classes', async () => {
    const encoder = new TextEncoder();
    const table = 'image,caption\na.png,"A dog, asleep"\na.png,It sleeps\nb.png,A cat\n';
    const files = new Map([
      ['a.png', image],
      ['b.png', image],
      ['captions.txt', encoder.encode(table)],
    ]);
    const read = await readAll(files);
    expect(read).toMatchObject({ taskType: 'image_captioning', counts: { annotations: 3 } });
    const written = await writeAll(read, files, 'classification_csv');
    expect(new TextDecoder().decode(written.files.get('captions.txt'))).toBe(table);
    const runs = await readAll({ 'a.png': image, 'train.csv': 'ImageId,ClassId,EncodedPixels\na.png,3,1 3\n' });
    expect([runs.counts.annotations, codes(runs.report)]).toEqual([0, { annotations_not_read: 1 }]);
  });

  test('texts that say something of images and are not understood are named', async () => {
    const lists = { 'a.png': image, 'train.txt': 'a.png 0\n', 'labels.json': '{"a.png": "cat"}' };
    expect(codes((await readAll(lists)).report)).toEqual({ annotations_not_read: 2 });
  });
});

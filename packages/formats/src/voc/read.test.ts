import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(100, 80);
const object = (name: string, [left, top, right, bottom]: (number | string)[], more = '') =>
  `<object><name>${name}</name>${more}<bndbox><xmin>${left}</xmin><ymin>${top}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax></bndbox></object>`;
const label = (filename: string, ...objects: string[]) =>
  `<annotation><filename>${filename}</filename><size><width>100</width><height>80</height><depth>3</depth></size>\n${objects.join('\n')}\n</annotation>`;

describe('Pascal VOC', () => {
  test('reads boxes, flags, parts and actions, and splits from ImageSets', async () => {
    const cat = object('cat', [1, 2, 30.5, 40], '<pose>Left</pose><truncated>1</truncated><difficult>0</difficult>');
    const person = `<object><name>person</name><bndbox><xmin>5</xmin><ymin>6</ymin><xmax>50</xmax><ymax>60</ymax></bndbox>
      <part><name>head</name><bndbox><xmin>7</xmin><ymin>8</ymin><xmax>9</xmax><ymax>10</ymax></bndbox></part>
      <actions><running>1</running><walking>0</walking></actions></object>`;
    const read = await readAll({
      'JPEGImages/a.png': image,
      'JPEGImages/b.png': image,
      'JPEGImages/c.png': image,
      'Annotations/a.xml': label('a.png', cat, person),
      'Annotations/b.xml': label('b.png'),
      'ImageSets/Main/train.txt': 'a\n',
      'ImageSets/Main/val.txt': 'b 1\r\nc -1\n',
      'ImageSets/Main/test.txt': 'c\n',
    });
    expect(read).toMatchObject({ format: 'pascal_voc', taskType: 'object_detection', classNames: ['cat', 'person'] });
    expect(read.images.get('JPEGImages/a.png')).toMatchObject({
      split: 'train',
      annotations: [
        {
          geometry: { box: [1, 2, 29.5, 38] },
          attributes: { pose: 'Left', truncated: 1, difficult: 0 },
        },
        {
          geometry: { box: [5, 6, 45, 54] },
          attributes: { parts: [{ name: 'head', box: [7, 8, 2, 2] }], actions: { running: 1, walking: 0 } },
        },
      ],
    });
    expect(read.images.get('JPEGImages/b.png')).toMatchObject({ split: 'val', isLabeled: true, annotations: [] });
    expect(read.images.get('JPEGImages/c.png')).toMatchObject({ split: 'test', isLabeled: false });
    expect(codes(read.report)).toEqual({ image_without_labels: 1 });
    expect(read.report.lossless).toBe(true);
  });

  test('takes the image of the label file’s name where <filename> lies, and says so', async () => {
    const read = await readAll({ 'a.png': image, 'a.xml': label('other.jpg', object('cat', [1, 2, 3, 4])) });
    expect(read.images.get('a.png')?.annotations).toHaveLength(1);
    expect(codes(read.report)).toEqual({ filename_disagrees: 1 });
  });

  test('says what is wrong with an object, and with which', async () => {
    const read = await readAll({
      'a.png': image,
      'a.xml': label(
        'a.png',
        object('cat', [1, 2, 3, 4]),
        object('cat', ['x', 2, 3, 4]),
        object('cat', [30, 2, 3, 4]),
        '<object><name>dog</name></object>',
        object('', [1, 2, 3, 4]),
        object('cat', [5, 5, 5, 9]),
        object('cat', [90, 70, 120, 90]),
        object('cat', [1, 2, 3, 4]),
      ),
      'b.png': image,
      'b.xml': '<annotation><object></annotation>',
      'c.xml': label('c.png', object('cat', [1, 2, 3, 4])),
    });
    expect(codes(read.report)).toEqual({
      bad_box: 3,
      not_lossless: 1,
      zero_area: 1,
      out_of_bounds: 1,
      duplicate_annotation: 1,
      label_unreadable: 1,
      unmatched_image: 1,
      unplaced_annotation: 1,
      labels_lost: 1,
    });
    expect(read.report.issues.find(({ code }) => code === 'bad_box')?.examples.map(({ line }) => line)).toEqual([
      3, 5, 6,
    ]);
    // Drawn from the right: turned round, and told.
    expect(read.images.get('a.png')?.annotations[1]?.geometry).toEqual({ box: [3, 2, 27, 2] });
    expect(read.report.lossless).toBe(false);
  });

  test('repairs cut off, remove and keep the first', async () => {
    const files = {
      'a.png': image,
      'a.xml': label(
        'a.png',
        object('cat', [90, 70, 120, 90]),
        object('cat', [5, 5, 5, 9]),
        object('cat', [1, 2, 3, 4]),
        object('cat', [1, 2, 3, 4]),
      ),
    };
    const before = await readAll(files);
    expect(before.report.repairs.map(({ code, affects, safe }) => [code, affects, safe])).toEqual([
      ['clip_boxes', 1, true],
      ['drop_empty', 1, false],
      ['drop_duplicates', 1, false],
    ]);
    expect(before.images.get('a.png')?.annotations).toHaveLength(4);
    const after = await readAll(files, { repairs: ['clip_boxes', 'drop_empty', 'drop_duplicates'] });
    expect(after.images.get('a.png')?.annotations.map(({ geometry }) => geometry)).toEqual([
      { box: [90, 70, 10, 10] },
      { box: [1, 2, 2, 2] },
    ]);
    expect(codes(after.report)).toEqual({});
  });
});

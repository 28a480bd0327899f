import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);
const categories = [
  { id: 3, name: 'cat' },
  { id: 90, name: 'dog', supercategory: 'animal' },
];
const box = (id: number, image_id: unknown, category_id = 3) => ({
  id,
  image_id,
  category_id,
  bbox: [1, 2, 3, 4],
  area: 12,
  iscrowd: 0,
});

describe('COCO', () => {
  test('reads boxes, polygons, masks and key points, whatever the order of the lists', async () => {
    const lists = {
      annotations: [
        box(1, 7),
        { ...box(2, 7, 90), segmentation: [[0, 0, 10, 0, 10, 10]] },
        { ...box(3, 7), segmentation: { counts: [0, 20, 19980], size: [100, 200] }, iscrowd: 1 },
        { ...box(4, 7), keypoints: [5, 6, 2, 0, 0, 0] },
      ],
      categories,
      images: [{ id: 7, file_name: 'a.png', width: 200, height: 100 }],
    };
    for (const keys of [
      ['annotations', 'categories', 'images'],
      ['images', 'categories', 'annotations'],
      ['images', 'annotations', 'categories'],
    ] as const) {
      const json = JSON.stringify({ info: {}, ...Object.fromEntries(keys.map((key) => [key, lists[key]])) }, null, 1);
      const read = await readAll({ 'images/a.png': image, 'annotations.json': `\ufeff${json}\n` });
      expect(read.candidates[0]?.format).toBe('coco');
      expect(read).toMatchObject({ taskType: 'keypoint_detection', classNames: ['cat', 'dog'] });
      expect(read.images.get('images/a.png')?.annotations).toMatchObject([
        { type: 'bbox', classIndex: 0, geometry: { box: [1, 2, 3, 4] }, attributes: { id: 1, area: 12 } },
        { type: 'polygon', classIndex: 1, geometry: { polygons: [[0, 0, 10, 0, 10, 10]] } },
        { type: 'rle', classIndex: 0, geometry: { rle: { size: [100, 200] } }, attributes: { iscrowd: 1 } },
        { type: 'keypoints', geometry: { keypoints: [5, 6, 2, 0, 0, 0] } },
      ]);
      expect(read.report.issues).toEqual([]);
    }
  });

  test('finds images by the split of the file, and merges classes of several files by name', async () => {
    const file = (name: string, category: string) =>
      JSON.stringify({
        images: [{ id: 1, file_name: name }],
        categories: [{ id: 1, name: category }],
        annotations: [box(1, 1, 1)],
      });
    const read = await readAll({
      'train2017/1.png': image,
      'val2017/1.png': image,
      'annotations/instances_train2017.json': file('1.png', 'cat'),
      'annotations/instances_val2017.json': file('1.png', 'dog'),
    });
    expect(read.images.get('train2017/1.png')).toMatchObject({ split: 'train', annotations: [{ classIndex: 0 }] });
    expect(read.images.get('val2017/1.png')).toMatchObject({ split: 'val', annotations: [{ classIndex: 1 }] });
    expect(read.classNames).toEqual(['cat', 'dog']);
  });

  test('nothing vanishes: each annotation that is left out is reported', async () => {
    const json = JSON.stringify({
      images: [
        { id: 1, file_name: 'a.png' },
        { id: 1, file_name: 'missing.png' },
        { id: 2, file_name: 'gone.png' },
        { id: 3 },
      ],
      categories,
      annotations: [
        box(1, 1),
        box(2, 2),
        box(3, 99),
        box(4, 1, 5),
        { ...box(5, 1), bbox: [0, 0, 0, 5] },
        { ...box(6, 1), bbox: 'x' },
      ],
    });
    const read = await readAll({ 'a.png': image, 'a.json': json });
    expect(read.images.get('a.png')?.annotations).toHaveLength(2);
    expect(codes(read.report)).toMatchObject({
      unplaced_annotation: 1,
      zero_area: 1,
      duplicate_image_id: 1,
      unmatched_image: 2,
      dangling_annotation: 1,
      dangling_category: 1,
      bad_box: 1,
    });
  });

  test('a name that fits two files is ambiguous, not guessed', async () => {
    const json = JSON.stringify({ images: [{ id: 1, file_name: '1.png' }], categories, annotations: [box(1, 1)] });
    const read = await readAll({ 'x/1.png': image, 'y/1.png': image, 'labels.json': json });
    expect(read.report.repairs).toEqual([]);
    expect(codes(read.report)).toEqual({ ambiguous_image: 1, unplaced_annotation: 1 });
  });

  test('classes may be called like properties of objects', async () => {
    const json =
      '{"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,4,4],"__proto__":{"score":9}}],"categories":[{"id":1,"name":"valueOf"},{"id":2,"name":"__proto__"}]}';
    const read = await readAll({ 'a.png': image, 'a.json': json });
    expect(read.classNames).toEqual(['valueOf', '__proto__']);
    expect(({} as { score?: number }).score).toBeUndefined();
  });

  test.each([
    ['cut off', '{"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"id":1,"image'],
    ['without a comma', '{"images":[{"id":1,"file_name":"a.png"} {"id":2}]}'],
    ['with rubbish behind it', '{"images":[{"id":1,"file_name":"a.png"}]} x'],
  ])('a file %s is reported with the byte', async (_, json) => {
    const read = await readAll({ 'a.png': image, 'a.json': json });
    expect(read.report.issues[0]).toMatchObject({
      code: 'annotation_file_unreadable',
      examples: [{ path: 'a.json', detail: expect.stringMatching(/near byte \d/) }],
    });
  });
});

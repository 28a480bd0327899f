import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(100, 80);
const listed = (id: number | string, file_name: string) => ({ id, file_name, width: 100, height: 80 });
const json = (value: unknown) => JSON.stringify(value);
const person = [{ id: 1, name: 'person', keypoints: ['nose', 'tail'], skeleton: [[1, 2]] }];

describe('COCO files side by side', () => {
  test('instances, key points and captions of the same images are merged, each object once', async () => {
    const base = { info: {}, licenses: [], images: [listed(1, 'a.png')] };
    const object = {
      id: 11,
      image_id: 1,
      category_id: 1,
      bbox: [1, 2, 30, 40],
      segmentation: [[1, 2, 30, 2, 30, 40]],
      iscrowd: 0,
      area: 9,
    };
    const read = await readAll({
      'images/a.png': image,
      'annotations/instances_train.json': json({
        ...base,
        annotations: [object, { ...object, id: 12, category_id: 2 }],
        categories: [
          { id: 1, name: 'person' },
          { id: 2, name: 'dog' },
        ],
      }),
      'annotations/person_keypoints_train.json': json({
        ...base,
        annotations: [{ ...object, keypoints: [5, 5, 2, 9, 9, 1], num_keypoints: 2 }],
        categories: person,
      }),
      'annotations/captions_train.json': json({
        ...base,
        annotations: [{ id: 5, image_id: 1, caption: 'A person and a dog' }],
      }),
    });
    expect(read).toMatchObject({ format: 'coco', classNames: ['person', 'dog'], counts: { annotations: 3 } });
    const types = read.images.get('images/a.png')?.annotations.map(({ type }) => type);
    expect(types?.sort()).toEqual(['caption', 'keypoints', 'polygon']);
    expect(codes(read.report)).toEqual({ merged_annotation: 1 });
  });

  test('Roboflow’s file per split folder', async () => {
    const file = (name: string) =>
      json({
        info: {},
        images: [listed(0, name)],
        annotations: [{ id: 0, image_id: 0, category_id: 1, bbox: [1, 1, 5, 5] }],
        categories: [
          { id: 0, name: 'things' },
          { id: 1, name: 'cat' },
        ],
      });
    const read = await readAll({
      'train/a.png': image,
      'train/_annotations.coco.json': file('a.png'),
      'valid/a.png': image,
      'valid/_annotations.coco.json': file('a.png'),
    });
    expect(read).toMatchObject({ format: 'coco', splits: { train: 1, val: 1 }, counts: { annotations: 2 } });
    expect(read.images.get('valid/a.png')?.annotations).toHaveLength(1);
  });

  test.each([
    ['without licenses', { info: {} }, 'annotations.json', 'coco'],
    ['without info', { licenses: [] }, 'annotations.json', 'coco'],
    ['with neither', {}, 'annotations.json', 'dice'],
    ['with neither, but a member of its own', { contributor: 'me' }, 'annotations.json', 'coco'],
    ['with neither, but the name of COCO’s own', {}, 'instances_default.json', 'coco'],
  ])('a file %s', async (_, members, name, format) => {
    const read = await readAll({
      'a.png': image,
      [name]: json({
        ...members,
        images: [listed(1, 'a.png')],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 5, 5] }],
        categories: [{ id: 1, name: 'cat' }],
      }),
    });
    expect(read).toMatchObject({ format, counts: { annotations: 1 } });
  });

  test('ids that are texts, huge or repeated are told apart, and said', async () => {
    const text = `{"info":{},"images":[
      {"id":"img-a","file_name":"a.png"},{"id":90071992547409921,"file_name":"b.png"},{"id":90071992547409922,"file_name":"c.png"},
      {"id":"img-a","file_name":"d.png"},{"id":7,"file_name":"a.png"}],
      "annotations":[{"id":1,"image_id":"img-a","category_id":1,"bbox":[1,1,5,5]},{"id":2,"image_id":90071992547409922,"category_id":1,"bbox":[1,1,5,5]},
      {"id":2,"image_id":90071992547409921,"category_id":1,"bbox":[1,1,6,5]},{"id":4,"image_id":8,"category_id":1,"bbox":[1,1,6,5]},
      {"id":5,"image_id":7,"category_id":3,"bbox":[1,1,6,5]}],
      "categories":[{"id":1,"name":"cat"}]}`;
    const read = await readAll({ 'a.png': image, 'b.png': image, 'c.png': image, 'd.png': image, 'x.json': text });
    const boxes = (path: string) => read.images.get(path)?.annotations.map(({ geometry }) => geometry);
    expect(boxes('b.png')).toEqual([{ box: [1, 1, 6, 5] }]);
    expect(boxes('c.png')).toEqual([{ box: [1, 1, 5, 5] }]);
    expect(codes(read.report)).toMatchObject({
      duplicate_image_id: 1,
      duplicate_image_name: 1,
      duplicate_annotation_id: 1,
      dangling_annotation: 1,
      dangling_category: 1,
    });
    expect(read.report.issues.find(({ code }) => code === 'duplicate_image_id')?.examples[0]).toMatchObject({
      path: 'x.json',
      pointer: 'images[3].id',
    });
  });

  test('panoptic files read as COCO are said to be unsupported', async () => {
    const panoptic = json({
      info: {},
      images: [listed(1, 'a.png')],
      annotations: [{ image_id: 1, file_name: 'a.png', segments_info: [{ id: 1, category_id: 1 }] }],
      categories: [{ id: 1, name: 'sky' }],
    });
    const read = await readAll({ 'a.png': image, 'panoptic.json': panoptic }, { formatHint: 'coco' });
    expect(codes(read.report)).toMatchObject({ unsupported_annotation: 1 });
  });

  test('a byte order mark, NaN, Infinity and __proto__ are no trouble', async () => {
    const read = await readAll({
      'a.png': image,
      'x.json': `\uFEFF{"info":{"__proto__":{"x":1}},"images":[{"id":1,"file_name":"a.png","width":100,"height":80}],"annotations":[
        {"id":1,"image_id":1,"category_id":1,"bbox":[1,1,5,5],"score":NaN,"__proto__":{"polluted":1}},
        {"id":2,"image_id":1,"category_id":1,"bbox":[1,NaN,5,Infinity]}],"categories":[{"id":1,"name":"cat"}]}`,
    });
    expect(read.counts.annotations).toBe(1);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(codes(read.report)).toMatchObject({ bad_box: 1 });
  });
});

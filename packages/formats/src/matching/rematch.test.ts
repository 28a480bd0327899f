import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import type { RepairCode } from '../index.ts';

/** A DICE file of these images, each with a box of its own class: annotations must follow their image. */
function dataset(names: readonly string[], sizes: readonly (readonly [number, number])[] = []) {
  return JSON.stringify({
    images: names.map((file_name, i) => ({
      id: i + 1,
      file_name,
      width: sizes[i]?.[0] ?? 100,
      height: sizes[i]?.[1] ?? 100,
    })),
    annotations: names.map((_, i) => ({ id: i + 1, image_id: i + 1, category_id: i + 1, bbox: [1, 1, 10 + i, 10] })),
    categories: names.map((_, i) => ({ id: i + 1, name: `c${i + 1}` })),
  });
}

const filesOf = (paths: readonly (string | [string, number, number])[]) =>
  Object.fromEntries(
    paths.map((item) =>
      typeof item === 'string' ? [item, pngBytes(100, 100)] : [item[0], pngBytes(item[1], item[2])],
    ),
  );

/** The class of the annotation of each image. */
const placesOf = ({ images, classNames }: Awaited<ReturnType<typeof readAll>>) =>
  Object.fromEntries(
    [...images.values()].flatMap(({ path, annotations }) =>
      annotations.map(({ classIndex }) => [path, classNames[classIndex ?? -1]]),
    ),
  );

describe('names without a file', () => {
  test.each<[RepairCode, string[], string[], Record<string, string>]>([
    [
      'match_case',
      ['IMAGES/A.PNG', 'e\u0301.png'],
      ['images/a.png', 'E\u0301.png'],
      { 'images/a.png': 'c1', 'E\u0301.png': 'c2' },
    ],
    [
      'match_moved_folder',
      ['old/train/a.png', 'old/val/a.png'],
      ['new/train/a.png', 'new/val/a.png'],
      { 'new/train/a.png': 'c1', 'new/val/a.png': 'c2' },
    ],
    [
      'match_basename',
      ['x/a.png', 'y/b.png'],
      ['images/a.png', 'images/b.png'],
      { 'images/a.png': 'c1', 'images/b.png': 'c2' },
    ],
    ['match_stem', ['a.jpg', 'b.jpeg'], ['a.png', 'b.png'], { 'a.png': 'c1', 'b.png': 'c2' }],
    [
      'match_by_id',
      ['1', '2', '10'],
      ['img_1.png', 'img_2.png', 'img_10.png'],
      { 'img_1.png': 'c1', 'img_2.png': 'c2', 'img_10.png': 'c3' },
    ],
  ])('%s is proposed with a preview, and applied when asked for', async (code, names, paths, places) => {
    const files = { ...filesOf(paths), 'annotations.json': dataset(names) };
    const before = await readAll(files);
    const isFound = placesOf(before);
    const proposal = before.report.repairs.find((repair) => repair.code === code);
    // A folder that was moved is found by the end of the path alone, without asking.
    if (Object.keys(isFound).length === names.length) return expect(isFound).toEqual(places);
    expect(isFound).toEqual({});
    expect(proposal).toMatchObject({ code, safe: true, affects: names.length });
    expect(proposal?.preview[0]).toMatchObject({ path: 'annotations.json', from: names[0], to: paths[0] });
    expect(codes(before.report)).toMatchObject({ unmatched_image: names.length, unplaced_annotation: names.length });
    const after = await readAll(files, { repairs: [code] });
    expect(placesOf(after)).toEqual(places);
    expect(codes(after.report)).toEqual({});
  });

  test('numbers go by dimensions where these tell more than the order', async () => {
    const files = {
      ...filesOf([
        ['a.png', 30, 30],
        ['b.png', 10, 10],
        ['c.png', 20, 20],
      ]),
      'annotations.json': dataset(
        ['1', '2', '3'],
        [
          [10, 10],
          [20, 20],
          [30, 30],
        ],
      ),
    };
    const [proposal] = (await readAll(files)).report.repairs;
    expect(proposal).toMatchObject({ code: 'match_by_id', affects: 3 });
    expect(placesOf(await readAll(files, { repairs: ['match_by_id'] }))).toEqual({
      'b.png': 'c1',
      'c.png': 'c2',
      'a.png': 'c3',
    });
  });

  test('nothing is guessed where two files fit equally well, or two names mean one file', async () => {
    const both = await readAll({ ...filesOf(['x/a.png', 'y/a.png']), 'annotations.json': dataset(['z/A.png']) });
    expect(both.report.repairs).toEqual([]);
    expect(codes(both.report)).toMatchObject({ ambiguous_image: 1, unplaced_annotation: 1 });
    const shared = await readAll({ ...filesOf(['a.png', 'b.png']), 'annotations.json': dataset(['a.jpg', 'a.bmp']) });
    expect(shared.report.repairs.filter(({ code }) => code === 'match_stem')).toEqual([]);
    expect(codes(shared.report)).toMatchObject({ ambiguous_image: 2 });
  });

  test('a guess whose dimensions disagree is no safe one', async () => {
    const read = await readAll({ ...filesOf([['a.png', 7, 7]]), 'annotations.json': dataset(['a.jpg']) });
    expect(read.report.repairs).toMatchObject([{ code: 'match_stem', safe: false }]);
  });

  test('the order is no safe guess when there are more images than numbers, unless the others are masks', async () => {
    const fewer = await readAll({ ...filesOf(['a.png', 'b.png', 'c.png']), 'annotations.json': dataset(['1', '2']) });
    expect(fewer.report.repairs).toMatchObject([{ code: 'match_by_id', safe: false }]);
    const files = filesOf(['bottle/ground_truth/000_mask.png', 'bottle/test/000.png', 'bottle/test/001.png']);
    const masked = await readAll({ ...files, 'annotations.json': dataset(['1', '2']) });
    expect(masked.report.repairs).toMatchObject([
      { code: 'match_by_id', safe: true, preview: [{ to: 'bottle/test/000.png' }, { to: 'bottle/test/001.png' }] },
    ]);
  });
});

describe('categories', () => {
  const coco = (categories: object[], annotations: object[]) =>
    JSON.stringify({
      info: {},
      images: [{ id: 1, file_name: 'a.png', width: 100, height: 100 }],
      annotations,
      categories,
    });
  const files = {
    'a.png': pngBytes(100, 100),
    'annotations.json': coco(
      [
        { id: 0, name: 'cat' },
        { id: 9007199254740990, name: 'dog' },
        { id: 7, name: 'cat' },
      ],
      [
        { id: 1, image_id: 1, category_id: 7, bbox: [1, 1, 5, 5] },
        { id: 2, image_id: 1, category_id: 0, bbox: [1, 1, 6, 5] },
      ],
    ),
  };

  test('ids from 0, huge ones and gaps are kept, and may be renumbered', async () => {
    const read = await readAll(files);
    expect(codes(read.report)).toMatchObject({ unusual_category_ids: 1, duplicate_class: 1 });
    expect(read.report.repairs.find(({ code }) => code === 'renumber_categories')).toMatchObject({ safe: false });
    const after = await readAll(files, { repairs: ['renumber_categories'] });
    expect(after.classes.map(({ source }) => source.id)).toEqual([1, 2, 3]);
  });

  test('classes of one name may be numbered', async () => {
    const after = await readAll(files, { repairs: ['rename_duplicate_classes'] });
    expect(after.classNames).toEqual(['cat', 'dog', 'cat (2)']);
    expect(after.images.get('a.png')?.annotations.map(({ classIndex }) => classIndex)).toEqual([2, 0]);
  });
});

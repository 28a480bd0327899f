import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { writeAll } from '../../fixtures/write.ts';
import { regionsOf } from '../masks/regions.ts';
import type { ImageRecord } from '../model.ts';
import { runsOf } from '../rle.ts';
import { cvatMaskOf, rleOf } from './masks.ts';

test('CVAT: masks, points and skeletons are read, with what is wrong with them said', async () => {
  const read = await readAll({
    'a.png': pngBytes(4, 3),
    'annotations.xml': `<annotations><image id="0" name="a.png" width="4" height="3">
      <mask label="cat" source="manual" occluded="0" rle="1, 2, 1" left="1" top="0" width="2" height="2" z_order="0"/>
      <mask label="cat" rle="1, 2" left="1" top="0" width="2" height="2"/>
      <mask label="cat" rle="0, 8" left="1" top="0" width="4" height="2"/>
      <points label="nose" points="1.5,2;3,1"/>
      <skeleton label="person"><points label="2" outside="0" occluded="1" points="3,2"/><points label="1" outside="1" points="1,2"/></skeleton>
      <polyline label="road" points="1,2;3,4"/>
    </image></annotations>`,
  });
  expect(read.images.get('a.png')?.annotations).toMatchObject([
    { type: 'rle', geometry: { box: [1, 0, 2, 2] } },
    { type: 'keypoints', geometry: { keypoints: [1.5, 2, 2, 3, 1, 2] } },
    { type: 'keypoints', geometry: { keypoints: [1, 2, 0, 3, 2, 1] } },
  ]);
  const [mask] = read.images.get('a.png')?.annotations ?? [];
  expect(mask?.type === 'rle' && runsOf(mask.geometry.rle)).toEqual([4, 1, 1, 1]);
  expect(codes(read.report)).toEqual({ bad_box: 2, unsupported_annotation: 1 });
});

test('any mask is the same in CVAT’s rows and back', () => {
  const cells = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(cells, (set) => {
      const region = regionsOf(5, 4, (i) => (set[i] ? 1 : -1))?.get(1);
      const mask = region ? cvatMaskOf(region.rle) : null;
      const back = mask ? rleOf(mask, [4, 5]) : null;
      expect(back).toEqual(region ? { box: region.box, rle: region.rle } : null);
    }),
  );
});

test('masks, attributes and keypoints come back from CVAT', async () => {
  const record: ImageRecord = {
    path: 'a.png',
    width: 4,
    height: 3,
    split: 'val',
    className: null,
    isLabeled: true,
    annotations: [
      {
        type: 'rle',
        geometry: { box: [1, 0, 2, 2], rle: { size: [3, 4], counts: '4110' } },
        classIndex: 0,
        attributes: { occluded: 1, age: 3 },
      },
      { type: 'keypoints', geometry: { box: null, keypoints: [1, 2, 2, 3, 1, 2] }, classIndex: 0, attributes: {} },
    ],
  };
  const model = {
    format: null,
    taskType: null,
    classes: [{ name: 'a "b" <c>', source: {} }],
    source: {},
    images: new Map([['a.png', record]]),
  };
  const { files, losses } = await writeAll(model, new Map([['a.png', pngBytes(4, 3)]]), 'cvat');
  expect(losses).toEqual([]);
  const read = await readAll(files);
  expect(read).toMatchObject({ format: 'cvat', classNames: ['a "b" <c>'], splits: { val: 1 } });
  expect(read.images.get('a.png')?.annotations).toMatchObject([
    { type: 'rle', attributes: { occluded: 1, attributes: { age: '3' } } },
    { type: 'keypoints', geometry: { keypoints: [1, 2, 2, 3, 1, 2] } },
  ]);
});

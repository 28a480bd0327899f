import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { runsOf } from '../rle.ts';
import { brushMask } from './brush.ts';

/** Packs values of 8 bits, as Label Studio does: runs of one value, and of several. */
function packed(values: readonly number[]): number[] {
  const bits: number[] = [];
  const write = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; i--) bits.push(Math.floor(value / 2 ** i) % 2);
  };
  write(values.length, 32);
  write(7, 5);
  for (const size of [3, 4, 8, 16]) write(size - 1, 4);
  for (let at = 0; at < values.length; ) {
    let end = at + 1;
    while (end < values.length && values[end] === values[at]) end++;
    const isRun = end - at > 1;
    const length = isRun ? end - at : Math.min(2, values.length - at);
    write(isRun ? 1 : 0, 1);
    write(3, 2);
    write(length - 1, 16);
    for (const value of isRun ? [values[at] ?? 0] : values.slice(at, at + length)) write(value, 8);
    at += length;
  }
  while (bits.length % 8 !== 0) bits.push(0);
  return Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((byte, bit) => byte * 2 + bit, 0),
  );
}

const rgba = (alpha: readonly number[]) => alpha.flatMap((value, i) => [i % 3, 0, 7, value]);

test('any mask comes out of its packing', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 255), { minLength: 12, maxLength: 12 }), (alpha) => {
      const mask = brushMask(packed(rgba(alpha)), 4, 3);
      const isSet = (x: number, y: number) => alpha[y * 4 + x] !== 0;
      if (!alpha.some((value) => value !== 0)) return expect(mask).toBe('a brush that marks nothing');
      if (typeof mask === 'string') throw new Error(mask);
      const pixels = runsOf(mask.rle).flatMap((length, i) => new Array(length).fill(i % 2));
      const columns = Array.from({ length: 12 }, (_, i) => Number(isSet(Math.floor(i / 3), i % 3)));
      const padded = [...pixels, ...new Array(12 - pixels.length).fill(0)];
      expect(padded).toEqual(columns);
    }),
  );
});

test('brushes and key points are read, and broken ones are told', async () => {
  const on = { original_width: 4, original_height: 3 };
  const rle = packed(rgba([0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  const results = [
    { ...on, id: 'b', type: 'brushlabels', value: { format: 'rle', rle, brushlabels: ['rust'] } },
    { ...on, id: 'k', type: 'keypointlabels', value: { x: 50, y: 100, width: 1, keypointlabels: ['tip'] } },
    { ...on, id: 'c', type: 'brushlabels', value: { format: 'rle', rle: rle.slice(0, 9), brushlabels: ['rust'] } },
    { ...on, id: 'd', type: 'brushlabels', value: { format: 'rle', rle: [0, 0, 0, 9], brushlabels: ['rust'] } },
  ];
  const read = await readAll({
    'a.png': pngBytes(4, 3),
    'tasks.json': JSON.stringify([{ id: 1, data: { image: 'a.png' }, annotations: [{ result: results }] }]),
  });
  const annotations = read.images.get('a.png')?.annotations ?? [];
  expect(annotations.map(({ type, classIndex }) => [type, read.classNames[classIndex ?? -1]])).toEqual([
    ['rle', 'rust'],
    ['keypoints', 'tip'],
  ]);
  expect(annotations[0]?.geometry).toMatchObject({ box: [1, 0, 2, 1] });
  expect(annotations[1]?.geometry).toMatchObject({ keypoints: [2, 3, 2] });
  expect(Object.values(codes(read.report)).reduce((sum, count) => sum + count, 0)).toBe(2);
});

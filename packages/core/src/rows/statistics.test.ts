import { expect, test } from 'vitest';
import { deepMerge } from './statistics.ts';

test('metadata merges deeply: null keeps, objects merge, the rest overwrites', () => {
  const before = { a: { b: 1, c: [1, 2] }, d: 'x' };
  expect(deepMerge(before, { a: { b: null, c: [3], e: 5 }, d: undefined, f: {} })).toEqual({
    a: { b: 1, c: [3], e: 5 },
    d: 'x',
    f: {},
  });
  const counted = (rows: number) => ({ tables: { default: { train: { of: String(rows), statistics: { rows } } } } });
  expect(deepMerge(counted(1), counted(2))).toEqual(counted(2));
});

import { describe, expect, test } from 'vitest';
import { iouOf, matchAnnotations } from './match.ts';

const box = (id: number, left: number, classId = 1) => ({
  ...{ id, classId, type: 'bbox', attributes: {} },
  geometry: { box: [left, 0, 10, 10] },
});

describe('annotations before and after', () => {
  test('what keeps its id is a change, wherever it went', () => {
    expect(matchAnnotations([box(1, 0)], [box(1, 500)])).toMatchObject([{ isSame: false }]);
  });

  test('what says the same under another id is no change', () => {
    expect(matchAnnotations([box(1, 0)], [box(2, 0)])).toMatchObject([{ isSame: true }]);
  });

  test('a box that moved a little is a change, one far away is another', () => {
    const pairs = matchAnnotations([box(1, 0), box(2, 100)], [box(3, 2), box(4, 300)]);
    expect(pairs.map(({ before, after }) => [before.id, after.id])).toEqual([[1, 3]]);
  });

  test('the nearest box of the same class is taken, before one of another class at the very place', () => {
    const pairs = matchAnnotations([box(1, 0, 1)], [box(2, 0, 2), box(3, 3, 1)]);
    expect(pairs.map(({ before, after }) => [before.id, after.id])).toEqual([[1, 3]]);
    expect(matchAnnotations([box(1, 0, 1)], [box(2, 0, 2)])).toMatchObject([{ isSame: false }]);
  });

  test('equal boxes are paired one by one', () => {
    const pairs = matchAnnotations([box(1, 0), box(2, 0)], [box(3, 0)]);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]?.isSame).toBe(true);
  });

  test('another class of the whole image is a change', () => {
    const whole = (id: number, classId: number) => ({ ...box(id, 0, classId), type: 'classification', geometry: {} });
    expect(matchAnnotations([whole(1, 1)], [whole(2, 2)])).toMatchObject([{ isSame: false }]);
  });

  test('the overlap is that of the areas', () => {
    expect(iouOf([0, 0, 10, 10], [0, 0, 10, 10])).toBe(1);
    expect(iouOf([0, 0, 10, 10], [5, 0, 10, 10])).toBeCloseTo(50 / 150);
    expect(iouOf([0, 0, 10, 10], [10, 0, 10, 10])).toBe(0);
    expect(iouOf(null, [0, 0, 1, 1])).toBe(0);
  });
});

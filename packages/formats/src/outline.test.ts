import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillRings } from './masks/raster.ts';
import { regionsOf } from './masks/regions.ts';
import { hasHoles, outlineOf } from './outline.ts';
import { runsOf } from './rle.ts';

/** A mask of a picture of `#` and other characters. */
function maskOf(...rows: string[]) {
  const width = rows[0]?.length ?? 0;
  const cells = rows.join('');
  return regionsOf(width, rows.length, (i) => (cells[i] === '#' ? 1 : -1))?.get(1);
}

test('runs, box and area of a mask', () => {
  const region = maskOf('.##', '..#', '...');
  expect(region).toMatchObject({ box: [1, 0, 2, 2], area: 3, rle: { size: [3, 3] } });
  expect(region && runsOf(region.rle)).toEqual([3, 1, 2, 2]);
});

test('the outline of a part is a ring clockwise, of its corners only', () => {
  const region = maskOf('....', '.##.', '.#..');
  expect(region && outlineOf(region.rle)).toEqual([[1, 1, 3, 1, 3, 2, 2, 2, 2, 3, 1, 3]]);
});

test('parts that touch at a corner are two rings; a hole is cut into its ring', () => {
  const touching = maskOf('#.', '.#');
  expect(touching && outlineOf(touching.rle)).toHaveLength(2);
  const holed = maskOf('###', '#.#', '###');
  expect(holed && hasHoles(holed.rle)).toBe(true);
  expect(holed && outlineOf(holed.rle)).toEqual([[0, 0, 3, 0, 3, 3, 0, 3, 0, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 0, 1]]);
});

test('any mask is what its outline fills, holes, islands in holes and all', () => {
  const grid = fc
    .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
    .chain(({ width, height }) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        cells: fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height }),
      }),
    );
  fc.assert(
    fc.property(grid, ({ width, height, cells }) => {
      const region = regionsOf(width, height, (i) => (cells[i] ? 1 : -1))?.get(1);
      const filled = cells.map(() => false);
      fillRings(region ? outlineOf(region.rle) : [], width, height, (i) => {
        filled[i] = true;
      });
      expect(filled).toEqual(cells);
    }),
    { numRuns: 2000 },
  );
});

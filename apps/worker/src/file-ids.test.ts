import { expect, test } from 'vitest';
import { idOf } from './file-ids.ts';

test('an id that did not come is not made up', () => {
  const rows = [{ id: 7 }, { id: 9 }];
  expect(idOf(rows, 1)).toBe(9);
  expect(() => idOf(rows, 2)).toThrow('The sequence of files gave 2 ids, and number 3 is missing');
});

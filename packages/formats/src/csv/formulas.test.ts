import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLines } from './formulas.ts';
import { readTable } from './table.ts';

const encode = new TextEncoder();
async function* once(text: string) {
  yield encode.encode(text);
}
const readBack = async (rows: readonly string[][]) => {
  const read: string[][] = [];
  for await (const batch of readTable(once(csvLines(rows)))) read.push(...batch.map(({ fields }) => fields));
  return read;
};

test('what a spreadsheet would run is text, and numbers are numbers', () => {
  expect(csvLines([['=1+1', '@sum(a1)', '-2.5', '+1e3', '-cmd', "'=x", 'cat']])).toBe(
    "'=1+1,'@sum(a1),-2.5,+1e3,'-cmd,''=x,cat\n",
  );
});

test('every text comes back as it was', async () => {
  const cell = fc
    .tuple(fc.constantFrom('', "'", "''", '=', '-', "'=", '+', '@'), fc.string({ maxLength: 6 }))
    .map(([start, rest]) => (start + rest).replaceAll(/[\r\n]/g, '').trim());
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1 }), async (rows) => {
      const whole = rows.map((row) => ['first', ...row]);
      expect(await readBack(whole)).toEqual(whole);
    }),
  );
});

import { expect, test } from 'vitest';
import { mergeMetadata, metadata } from './metadata.ts';

test('null keeps, objects merge, the rest overwrites', () => {
  const before = { a: { b: 1, c: [1, 2] }, d: 'x', g: 1, statistics: { rows: 1 } };
  const change = {
    a: { b: null, c: [3], e: 5 },
    d: undefined,
    f: {},
    g: { h: null, i: 2 },
    statistics: { columns: 2 },
  };
  expect(mergeMetadata(before, change)).toEqual({
    a: { b: 1, c: [3], e: 5 },
    d: 'x',
    f: {},
    g: { i: 2 },
    statistics: { rows: 1, columns: 2 },
  });
  expect(before.a).toEqual({ b: 1, c: [1, 2] });
});

test('names that every object has are names like any other', () => {
  expect(mergeMetadata({}, { constructor: { name: 'x' }, toString: 1 })).toEqual({
    constructor: { name: 'x' },
    toString: 1,
  });
});

test('no more than 64 KiB in all', () => {
  const half = 'x'.repeat(40 * 1024);
  const first = mergeMetadata({}, { half });
  expect(() => mergeMetadata(first, { other: half })).toThrow('not valid');
});

test.each([
  ['too deep', JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)],
  ['NUL', { a: ['\0'] }],
  ['half a pair', { a: '\ud83d' }],
  ['a NUL in a name', { a: { 'b\0': 1 } }],
  ['__proto__', JSON.parse('{"a":{"__proto__":{}}}')],
  ['no object', []],
])('what cannot be stored is refused: %s', (_, value) => {
  expect(metadata.safeParse(value).success).toBe(false);
});

test('sixteen levels are not too deep', () => {
  expect(metadata.safeParse(JSON.parse(`${'{"a":'.repeat(16)}1${'}'.repeat(16)}`)).success).toBe(true);
});

import { expect, test } from 'vitest';
import { inGigabytes } from './gigabytes.ts';

test.each([
  [0, '0.000 GB'],
  [12_345_678, '0.012 GB'],
  [1e9, '1.0 GB'],
  [2.25e12, '2250.0 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(inGigabytes(bytes)).toBe(text);
});

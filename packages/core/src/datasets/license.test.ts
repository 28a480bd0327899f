import { expect, test } from 'vitest';
import { licenseOf } from './license.ts';

test('identifiers of SPDX are written as its list does, other texts stay', () => {
  expect(['mit', ' Apache-2.0 ', 'cc-by-4.0', 'our own terms', 'MIT OR Apache-2.0'].map(licenseOf)).toEqual([
    ...['MIT', 'Apache-2.0', 'CC-BY-4.0', 'our own terms', 'MIT OR Apache-2.0'],
  ]);
});

test('nothing is no license', () => {
  expect(['', '  ', null].map(licenseOf)).toEqual([null, null, null]);
});

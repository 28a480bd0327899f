import { expect, test } from 'vitest';
import { license, licenseOf } from './license.ts';

test('identifiers of SPDX are written as its list does, other texts stay', () => {
  expect(['mit', ' Apache-2.0 ', 'cc-by-4.0', 'our own terms', 'MIT OR Apache-2.0'].map(licenseOf)).toEqual([
    ...['MIT', 'Apache-2.0', 'CC-BY-4.0', 'our own terms', 'MIT OR Apache-2.0'],
  ]);
});

test('nothing is no license', () => {
  expect(['', '  ', null].map(licenseOf)).toEqual([null, null, null]);
});

test('a text has one line of at most 200 characters', () => {
  expect(['a\nb', 'x'.repeat(201)].map((text) => license.safeParse(text).success)).toEqual([false, false]);
});

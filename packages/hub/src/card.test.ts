import { expect, test } from 'vitest';
import { licenseOfCard } from './card.ts';

test.each([
  [{ license: 'cc-by-4.0' }, 'cc-by-4.0'],
  [{ license: ['mit', 'apache-2.0'] }, 'mit, apache-2.0'],
  [{ license: 'other', license_name: 'Our terms' }, 'Our terms'],
  [{ license: 'other' }, 'other'],
  [{ license: 'unknown' }, null],
  [{ license: ['unknown', 'mit', 3] }, 'mit'],
  [{ license: { name: 'mit' } }, null],
  [{}, null],
])('%j: %s', (cardData, license) => {
  expect(licenseOfCard({ cardData })).toBe(license);
});

test('a repository without a card has none', () => {
  expect(licenseOfCard({ cardData: null })).toBeNull();
});

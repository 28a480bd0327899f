import { describe, expect, test } from 'vitest';
import { cleanEntryName, kindOf, splitOf } from './index.ts';

describe('cleanEntryName', () => {
  test.each([
    ['images/a.jpg', 'images/a.jpg'],
    ['images\\train\\a.jpg', 'images/train/a.jpg'],
    ['./a//b.txt', 'a/b.txt'],
    ['학습/가.png', '학습/가.png'],
    ['e\u0301.png', '\u00e9.png'],
    ['a+b %#.jpg', 'a+b %#.jpg'],
  ])('%j becomes %j', (raw, path) => {
    expect(cleanEntryName(raw)).toEqual({ path });
  });

  test.each([
    ['../x', 'unsafe_path'],
    ['a/../../x', 'unsafe_path'],
    ['a/../b', 'unsafe_path'],
    ['..\\x', 'unsafe_path'],
    ['/etc/passwd', 'unsafe_path'],
    ['\\\\server\\share', 'unsafe_path'],
    ['C:\\x', 'unsafe_path'],
    ['c:x', 'unsafe_path'],
    ['a\0b', 'unsafe_path'],
    ['a\nb', 'unsafe_path'],
    ['', 'unsafe_path'],
    ['.', 'unsafe_path'],
    ['meta.json', 'reserved_name'],
    ['.DS_Store', 'skipped_junk'],
    ['__MACOSX/a.jpg', 'skipped_junk'],
    ['a/Thumbs.db', 'skipped_junk'],
    ['.git/config', 'skipped_junk'],
    [`${'a/'.repeat(460)}b`, 'name_too_long'],
  ])('%j is refused as %s', (raw, refused) => {
    expect(cleanEntryName(raw)).toMatchObject({ refused });
  });

  test('a path of exactly 900 bytes goes in, one more does not', () => {
    expect(cleanEntryName(`${'가'.repeat(299)}abc`)).toHaveProperty('path');
    expect(cleanEntryName(`${'가'.repeat(300)}a`)).toMatchObject({ refused: 'name_too_long' });
  });
});

test('splits are read from folder names', () => {
  expect(splitOf('images/train/a.jpg')).toBe('train');
  expect(splitOf('valid/images/a.jpg')).toBe('val');
  expect(splitOf('Validation/a.jpg')).toBe('val');
  expect(splitOf('train2017/a.jpg')).toBe('train');
  expect(splitOf('training-set/a.jpg')).toBeNull();
  expect(splitOf('train.jpg')).toBeNull();
});

test('kinds are told by extension, whatever its case', () => {
  expect(['a.JPEG', 'a.svg', 'a.parquet', 'jpg', '.jpg'].map(kindOf)).toEqual([
    'image',
    'other',
    'data',
    'other',
    'other',
  ]);
});

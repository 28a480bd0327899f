import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../fixtures/read.ts';
import { TextChunks, textOf } from './encoding.ts';

const KOREAN = Uint8Array.from([...Buffer.from('a.jpg,'), 0xb0, 0xb3, 0x0a]);
const CHINESE = Uint8Array.from([...Buffer.from('a.jpg,'), 0xb9, 0xb7, 0xd5, 0xfb, 0x0a]);
const WESTERN = Uint8Array.from([...Buffer.from('a.jpg,'), 0xc4, ...Buffer.from('pfel\n')]);
const WIDE = Uint8Array.from([0xff, 0xfe, ...Buffer.from('a.jpg,é\n', 'utf16le')]);
const UTF8 = new TextEncoder().encode('\ufeffa.jpg,개 🐕\n');

describe.each([
  ['EUC-KR', KOREAN, 'a.jpg,개\n'],
  ['GBK', CHINESE, 'a.jpg,狗整\n'],
  ['Windows-1252', WESTERN, 'a.jpg,Äpfel\n'],
  ['UTF-16', WIDE, 'a.jpg,é\n'],
  ['UTF-8', UTF8, 'a.jpg,개 🐕\n'],
])('%s', (_, bytes, text) => {
  test('is told by its bytes', () => {
    expect(textOf(bytes)).toBe(text);
  });

  test('is told wherever it is cut', () => {
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = new TextChunks();
      let read = '';
      for (let at = 0; at < bytes.length; at += size) read += chunks.decode(bytes.subarray(at, at + size));
      expect([size, read + chunks.end()]).toEqual([size, text]);
    }
  });
});

test('bytes that are no text are none', () => {
  expect(textOf(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 0xff]))).toBeNull();
});

test('tables and labels in other encodings are read', async () => {
  const image = pngBytes(20, 10);
  const table = await readAll({
    'a.jpg': image,
    'b.jpg': image,
    'c.csv': Buffer.concat([Buffer.from('file,label\n'), KOREAN]),
  });
  expect([table.format, table.classNames]).toEqual(['classification_csv', ['개']]);
  const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
  const labels = await readAll({
    'images/a.jpg': image,
    'labels/a.txt': utf16('0 0.5 0.5 0.1 0.1\r\n'),
    'classes.txt': Buffer.from([0xb0, 0xb3, 0x0a]),
  });
  expect([labels.format, labels.classNames, labels.counts.annotations, codes(labels.report)]).toEqual([
    'yolo',
    ['개'],
    1,
    {},
  ]);
});

import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { decodeEntryName } from './names.ts';

const UTF8 = 0x800;

/** The Info-ZIP Unicode Path field (APPNOTE 4.6.9): version, CRC-32 of the header's name, the name in UTF-8. */
function unicodePath(crc: number, name: string): { id: number; data: Buffer } {
  const head = Buffer.alloc(5);
  head.writeUInt8(1);
  head.writeUInt32LE(crc, 1);
  return { id: 0x7075, data: Buffer.concat([head, Buffer.from(name)]) };
}

describe('the name of an entry', () => {
  test('is UTF-8 where its flag says so, also where it is broken', () => {
    expect(decodeEntryName(Buffer.from('사진/하나.png'), UTF8, [])).toBe('사진/하나.png');
    expect(decodeEntryName(Buffer.from([0x61, 0xff]), UTF8, [])).toBe('a\ufffd');
  });

  test('is UTF-8 where no flag says so, but the bytes are', () => {
    expect(decodeEntryName(Buffer.from('größe.txt'), 0, [])).toBe('größe.txt');
    expect(decodeEntryName(Buffer.from('plain.txt'), 0, [])).toBe('plain.txt');
  });

  test.each(['사진.png', '똠방각하.txt', '한글 이름/뷁.jpg'])('is CP949 as Korean Windows writes it: %s', (name) => {
    expect(decodeEntryName(iconv.encode(name, 'cp949'), 0, [])).toBe(name);
  });

  test('is CP437, as the format has it, where it is nothing else', () => {
    expect(decodeEntryName(Buffer.from([0x81, 0x2e, 0x74, 0xff]), 0, [])).toBe('ü.t\u00a0');
  });

  test('is that of the Unicode field where that belongs to it, and else not', async () => {
    const { crc32 } = await import('node:zlib');
    const raw = Buffer.from([0x81, 0x2e, 0x74]);
    expect(decodeEntryName(raw, 0, [unicodePath(crc32(raw), 'ü and more.t')])).toBe('ü and more.t');
    expect(decodeEntryName(raw, 0, [unicodePath(crc32(raw) ^ 1, 'of another')])).toBe('ü.t');
  });
});

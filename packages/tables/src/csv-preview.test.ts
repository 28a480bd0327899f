import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { headOfCsv, previewCsv } from './csv-preview.ts';

const all = (text: string) => ({ text, isAll: true });
async function* parts(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('the preview of a CSV file', () => {
  test('is what an import would read', () => {
    expect(previewCsv('a.csv', all('id;text\n1;x\n2;y\n'))).toEqual({
      path: 'a.csv',
      delimiter: ';',
      quote: '"',
      header: true,
      columns: ['id', 'text'],
      rows: [
        ['1', 'x'],
        ['2', 'y'],
      ],
      notes: [],
      problem: null,
    });
  });

  test('follows what is said of it', () => {
    const { header, columns, rows, delimiter } = previewCsv('a.csv', all('1|a,b\n2|c,d\n'), {
      delimiter: '|',
      header: false,
      columns: ['n', 'words'],
    });
    expect({ header, columns, rows, delimiter }).toEqual({
      header: false,
      columns: ['n', 'words'],
      rows: [
        ['1', 'a,b'],
        ['2', 'c,d'],
      ],
      delimiter: '|',
    });
  });

  test('says what was decided, and what does not fit', () => {
    expect(previewCsv('a.csv', all('3,4\n5,6\n7,8\n')).notes).toEqual([
      'the first line has no names: the columns are numbered',
    ]);
    expect(previewCsv('a.csv', all('a,b\n1,2\n3,4\n5,6\n7,8,9\n')).problem).toBe(
      'Line 5 has 3 values, and there are 2 columns.',
    );
    expect(previewCsv('a.csv', all('1,2,3\n'), { columns: ['x'] }).problem).toBe(
      'a.csv has 3 columns, and 1 name was given.',
    );
    expect(previewCsv('a.csv', all(' \n')).problem).toBe('a.csv is empty.');
  });
});

describe('the beginning of a file', () => {
  test('ends with a line, and is decompressed', async () => {
    const text = `a,b\n${'1234567,ü\n'.repeat(60_000)}`;
    const bytes = Buffer.from(text);
    const head = await headOfCsv('a.csv', parts(bytes, 10_001));
    expect(head?.isAll).toBe(false);
    expect(text.startsWith(head?.text ?? '?')).toBe(true);
    expect(head?.text.endsWith(',ü\n')).toBe(true);
    expect(await headOfCsv('a.csv.gz', parts(gzipSync(bytes), 999))).toEqual(head);
    expect(await headOfCsv('a.csv', parts(Buffer.from('a,b\n1,2'), 3))).toEqual({ text: 'a,b\n1,2', isAll: true });
  });

  test('of what cannot be told is none', async () => {
    expect(await headOfCsv('a.csv.zst', parts(Buffer.from('a'), 1))).toBeNull();
    expect(await headOfCsv('a.csv.gz', parts(Buffer.from('no gzip'), 1))).toBeNull();
    expect(await headOfCsv('a.csv', parts(Buffer.from([0x61, 0xe9, 0x0a]), 1))).toBeNull();
  });
});

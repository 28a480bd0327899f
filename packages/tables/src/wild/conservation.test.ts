import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { ImportedFiles } from '../imported-files.ts';

vi.setConfig({ testTimeout: 120_000 });

const files = new ImportedFiles();
afterAll(() => files.stop());

const COUNT = 4_321;
const rows = Array.from({ length: COUNT }, (_, id) => ({ id, text: id % 7 === 0 ? 'a, "b"\n; c' : `row ${id} é 漢` }));

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const table = (delimiter: string, end: string) =>
  [['id', 'text'], ...rows.map(({ id, text }) => [String(id), quoted(text)])]
    .map((row) => row.join(delimiter))
    .join(end);

/** The same rows as each kind of file has them, with and without an end of the last line. */
const written: Record<string, string> = {
  'a.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  'b.jsonl': `\uFEFF${rows.map((row) => JSON.stringify(row)).join('\r\n\r\n')}`,
  'c.json': JSON.stringify(rows),
  'd.json': JSON.stringify({ version: 1, data: rows }, null, 1),
  'e.csv': table(',', '\n'),
  'f.csv': `\uFEFF${table(';', '\r\n')}\r\n`,
  'g.tsv': `${table('\t', '\n')}\n`,
};
const texts = `${rows.map(({ id }) => `line ${id}`).join('\n')}\n`;

const halves = (text: string, compress: (part: Buffer) => Buffer): Buffer => {
  const bytes = Buffer.from(text);
  const middle = Math.floor(bytes.length / 2);
  return Buffer.concat([compress(bytes.subarray(0, middle)), compress(bytes.subarray(middle))]);
};

const compressions: Record<string, (text: string) => [ending: string, content: Uint8Array]> = {
  'as it is': (text) => ['', Buffer.from(text)],
  'in gzip': (text) => ['.gz', gzipSync(text)],
  'in gzip of two members': (text) => ['.gz', halves(text, gzipSync)],
  'in zstd': (text) => ['.zst', zstdCompressSync(text)],
  'in zstd of two frames': (text) => ['.zst', halves(text, zstdCompressSync)],
};

describe.each(Object.entries(compressions))('%s', (_, compress) => {
  test.each(Object.entries(written))('no row of %s is lost', async (name, text) => {
    const [ending, content] = compress(text);
    const split = await files.import({ [`${name}${ending}`]: content });
    expect(split.numRows).toBe(COUNT);
    expect(await split.rows()).toEqual(rows);
    expect(split.notes).toEqual([]);
  });

  test('no line of text is lost', async () => {
    const [ending, content] = compress(texts);
    const split = await files.import({ [`t.txt${ending}`]: content });
    expect(await split.rows()).toEqual(rows.map(({ id }) => ({ text: `line ${id}` })));
  });

  test('what is cut anywhere is no shorter table', async () => {
    const [ending, content] = compress(written['a.jsonl'] ?? '');
    if (ending === '') return;
    for (const share of [0.1, 0.35, 0.77, 0.999]) {
      const cut = content.subarray(0, Math.floor(content.length * share));
      // A file that ends with a whole member or frame is whole.
      await expect(files.import({ [`a.jsonl${ending}`]: cut })).rejects.toThrow(/is damaged: it is cut off/);
    }
  });
});

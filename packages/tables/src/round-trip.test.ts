import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { assertTable } from '../fixtures/assert-table.ts';
import {
  arrowTable,
  csvOf,
  csvRowsOf,
  isForDuckDb,
  namedTable,
  objectsOf,
  parquetTable,
  SCALARS,
  TYPED,
  tableOf,
  WRITER_KINDS,
  writtenParquet,
} from '../fixtures/random-tables.ts';
import { ImportedFiles, ImportedSplit } from './imported-files.ts';
import type { Json } from './values.ts';

vi.setConfig({ testTimeout: 600_000 });

// Random tables, written in every format and read back: rows, filters, search and statistics against the table itself.

const files = new ImportedFiles();
afterAll(() => files.stop());

describe('a random table comes back', () => {
  const runs = { numRuns: 15 };

  test('from JSON Lines and an array', () =>
    fc.assert(
      fc.asyncProperty(tableOf([...TYPED, 'mixed']), async (table) => {
        const objects = objectsOf(table);
        await assertTable(await files.import({ 'train.jsonl': objects.join('\n') }), table);
        await assertTable(await files.import({ 'train.json': `[${objects.join(',\n')}]` }), table);
      }),
      runs,
    ));

  test('from CSV, value for value as it is written', () =>
    fc.assert(
      fc.asyncProperty(tableOf(SCALARS), async (table) => {
        const named = namedTable(table);
        const split = await files.import({ 'train.csv': csvOf(named) }, { delimiter: ',', header: true, quote: '"' });
        const written = (row: Record<string, Json>) =>
          Object.entries(row).map(([name, cell]) => [name, cell === null ? null : String(cell)]);
        expect((await split.rows()).map(written)).toEqual(csvRowsOf(named));
      }),
      runs,
    ));

  test('from Parquet', () =>
    fc.assert(
      fc.asyncProperty(tableOf(TYPED).filter(isForDuckDb), async (table) => {
        await assertTable(await files.import({ 'train.parquet': await parquetTable(table) }), table);
      }),
      runs,
    ));

  test('from Parquet as another program writes it', () =>
    fc.assert(
      fc.asyncProperty(tableOf(WRITER_KINDS), async (table) => {
        await assertTable(await files.import({ 'train.parquet': writtenParquet(table) }), table);
      }),
      runs,
    ));

  test('from Arrow', () =>
    fc.assert(
      fc.asyncProperty(tableOf(TYPED), async (table) => {
        await assertTable(await files.import({ 'train.arrow': arrowTable(table) }), table);
      }),
      runs,
    ));
});

describe('no row is lost', () => {
  const table = tableOf(TYPED).map(objectsOf);
  const zstd = (content: string) => zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const forms: Record<string, (objects: readonly string[]) => [name: string, content: string | Buffer]> = {
    lines: (objects) => ['train.jsonl', objects.join('\n')],
    'lines of Windows, and empty ones': (objects) => ['train.jsonl', `\n${objects.join('\r\n\r\n')}\r\n`],
    array: (objects) => ['train.json', `[${objects.join(',')}]`],
    gzip: (objects) => ['train.jsonl.gz', gzipSync(objects.join('\n'))],
    'gzip in members': (objects) => ['train.jsonl.gz', Buffer.concat(objects.map((object) => gzipSync(`${object}\n`)))],
    zstd: (objects) => ['train.jsonl.zst', zstd(objects.join('\n'))],
    'zstd in frames': (objects) => ['train.jsonl.zst', Buffer.concat(objects.map((object) => zstd(`${object}\n`)))],
    'text in gzip': (objects) => ['train.txt.gz', gzipSync(objects.join('\n'))],
  };

  test.each(Object.entries(forms))('%s', (_, form) =>
    fc.assert(
      fc.asyncProperty(table, async (objects) => {
        const [name, content] = form(objects);
        expect((await files.import({ [name]: content })).numRows).toBe(objects.length);
      }),
      { numRuns: 10 },
    ),
  );

  test('compression that is cut anywhere, or damaged, fails with the name of the file', () =>
    fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom('gz', 'zst'),
        fc.nat(),
        fc.boolean(),
        async (objects, ending, place, isCut) => {
          const content = objects.join('\n');
          const whole = ending === 'gz' ? gzipSync(content) : zstd(content);
          const at = place % whole.length;
          const bytes = Buffer.from(isCut ? whole.subarray(0, at) : whole);
          // What stands in the header of gzip (time, system) is not part of the content.
          if (!isCut) bytes[Math.max(at, 10)] = (whole[Math.max(at, 10)] ?? 0) ^ 0x10;
          const name = `train.jsonl.${ending}`;
          const outcome = await files.import({ [name]: bytes }).catch((error: unknown) => error);
          if (!isCut && outcome instanceof ImportedSplit) {
            // Some bits of a compressed file mean nothing: then nothing may be missing.
            const whole = await files.import({ 'train.jsonl': content });
            expect(await outcome.rows()).toEqual(await whole.rows());
          } else {
            expect(outcome).toMatchObject({ name: 'SourceError', message: expect.stringContaining(name) });
          }
        },
      ),
      { numRuns: 60 },
    ));
});

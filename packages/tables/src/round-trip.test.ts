import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import {
  Bool,
  Field,
  Float64,
  Int64,
  List,
  Struct,
  Table,
  tableToIPC,
  Uint64,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { ImportedFiles, ImportedSplit, parquetOf } from './imported-files.ts';
import { quoteName, quoteText } from './sql.ts';
import type { Json } from './values.ts';

vi.setConfig({ testTimeout: 600_000 });

// Random tables, written in every format and read back: rows, filters, search and statistics against the table itself.

type Value = null | boolean | number | bigint | string | Value[] | { [name: string]: Value };
type Kind = 'int' | 'big' | 'unsigned' | 'float' | 'bool' | 'text' | 'texts' | 'object' | 'mixed';

interface MadeColumn {
  name: string;
  kind: Kind;
  values: Value[];
}

/** Without halves of characters. */
const isWhole = (value: string): boolean => Buffer.from(value).toString() === value;

const int = fc.maxSafeInteger();
const float = fc
  .double()
  .filter((value) => !Number.isInteger(value) || Math.abs(value) < 2 ** 53 || Math.abs(value) >= 1e21);
// In CSV these are a number and a truth, which are written otherwise when they are read as such.
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((value) => !/^-?\d+\.0+$|^(?:True|False)$/.test(value) && isWhole(value));
const nameOf = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((name) => isWhole(name) && !name.includes('\0')),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'a',
    'A',
    'file_row_number',
    'text length',
    'a.b',
    'q"q',
    "it's",
    ' x ',
    'n',
    'c0',
    'rowid',
  ),
);

const valuesOf: Record<Kind, fc.Arbitrary<Value>> = {
  int,
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  unsigned: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  float,
  bool: fc.boolean(),
  text,
  texts: fc.array(text, { maxLength: 3 }),
  object: fc.record<{ a: Value; b: Value }>({ a: fc.option(int), b: fc.option(text) }),
  mixed: fc.oneof<fc.Arbitrary<Value>[]>(
    int,
    text,
    fc.boolean(),
    fc.array(int, { maxLength: 2 }),
    fc.record({ k: text, K: int }),
  ),
};
const SCALARS: Kind[] = ['int', 'big', 'unsigned', 'float', 'bool', 'text'];
const TYPED: Kind[] = [...SCALARS, 'texts', 'object'];

const tableOf = (kinds: readonly Kind[]): fc.Arbitrary<MadeColumn[]> =>
  fc
    .tuple(fc.uniqueArray(nameOf, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 20 }))
    .chain(([names, rows]) =>
      fc.tuple(
        ...names.map((name) =>
          fc
            .constantFrom(...kinds)
            .chain((kind) =>
              fc
                .array(fc.option(valuesOf[kind], { freq: 4 }), { minLength: rows, maxLength: rows })
                .map((values) => ({ name, kind, values })),
            ),
        ),
      ),
    );

const numRows = (table: readonly MadeColumn[]): number => table[0]?.values.length ?? 0;

function toJson(value: Value): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : String(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, entry]) => `${JSON.stringify(name)}: ${toJson(entry)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** As it is answered: numbers that JSON has none for are texts. */
function shown(value: Value | undefined): Json {
  if (value === undefined) return null;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, shown(entry)]));
  return value;
}

const objectsOf = (table: readonly MadeColumn[]): string[] =>
  Array.from(
    { length: numRows(table) },
    (_, i) =>
      `{${table.map(({ name, values }) => `${JSON.stringify(name)}: ${toJson(values[i] ?? null)}`).join(', ')}}`,
  );

const rowsOf = (table: readonly MadeColumn[]): Record<string, Json>[] =>
  Array.from({ length: numRows(table) }, (_, i) =>
    Object.fromEntries(table.map(({ name, values }) => [name, shown(values[i])])),
  );

const csvCell = (value: Value): string =>
  typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : value === null ? '' : toJson(value);

function csvOf(table: readonly MadeColumn[]): string {
  const rows = Array.from({ length: numRows(table) }, (_, i) =>
    table.map(({ values }) => csvCell(values[i] ?? null)).join(','),
  );
  return `${table.map(({ name }) => csvCell(name)).join(',')}\n${rows.join('\n')}\n`;
}

const SQL_TYPES: Record<Kind, string> = {
  int: 'BIGINT',
  big: 'BIGINT',
  unsigned: 'UBIGINT',
  float: 'DOUBLE',
  bool: 'BOOLEAN',
  text: 'VARCHAR',
  texts: 'VARCHAR[]',
  object: 'STRUCT(a BIGINT, b VARCHAR)',
  mixed: 'VARCHAR',
};

function sqlOf(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string')
    return value === '' ? "''" : `decode(from_hex('${Buffer.from(value).toString('hex')}'))`;
  if (Array.isArray(value)) return `[${value.map(sqlOf).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, entry]) => `${quoteText(name)}: ${sqlOf(entry)}`)
      .join(', ')}}`;
  if (typeof value === 'number') return `'${Object.is(value, -0) ? '-0.0' : value}'::double`;
  return String(value);
}

const parquetTable = (table: readonly MadeColumn[]): Promise<Buffer> =>
  parquetOf(
    Array.from(
      { length: numRows(table) },
      (_, i) =>
        `select ${table.map(({ name, kind, values }) => `cast(${sqlOf(values[i] ?? null)} as ${SQL_TYPES[kind]}) as ${quoteName(name)}`).join(', ')}`,
    ).join(' union all '),
  );

function vectorOf({ kind, values }: MadeColumn): Vector {
  if (kind === 'int' || kind === 'big')
    return vectorFromArray(
      values.map((value) => (value === null ? null : BigInt(value as number))),
      new Int64(),
    );
  if (kind === 'unsigned') return vectorFromArray(values as bigint[], new Uint64());
  if (kind === 'float') return vectorFromArray(values as number[], new Float64());
  if (kind === 'bool') return vectorFromArray(values as boolean[], new Bool());
  if (kind === 'texts') return vectorFromArray(values as string[][], new List(new Field('item', new Utf8(), true)));
  if (kind === 'object') {
    const big = (values as ({ a: number | null; b: string | null } | null)[]).map(
      (value) => value && { a: value.a === null ? null : BigInt(value.a), b: value.b },
    );
    return vectorFromArray(big, new Struct([new Field('a', new Int64(), true), new Field('b', new Utf8(), true)]));
  }
  return vectorFromArray(values as string[], new Utf8());
}

const arrowTable = (table: readonly MadeColumn[]): Uint8Array =>
  tableToIPC(new Table(Object.fromEntries(table.map((column) => [column.name, vectorOf(column)]))), 'stream');

/** The texts in a value. */
function textsIn(value: Json): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

async function expectTable(
  split: ImportedSplit,
  table: readonly MadeColumn[],
  searchedKinds: readonly Kind[],
): Promise<void> {
  const expected = rowsOf(table);
  expect(await split.rows()).toEqual(expected);
  const { columns } = await split.statistics();
  for (const { name, kind, values } of table) {
    if (name === '__proto__') continue;
    const known = values.flatMap((value) => (value === null ? [] : [value]));
    const distinct = new Set(known.map((value) => toJson(Object.is(value, -0) ? 0 : value)));
    expect([name, columns[name]?.nulls]).toEqual([name, values.length - known.length]);
    if (kind !== 'object' && kind !== 'mixed') expect([name, columns[name]?.distinct]).toEqual([name, distinct.size]);
    if (kind === 'int' && known.length > 0) {
      expect(columns[name]).toMatchObject({ min: Math.min(...known.map(Number)), max: Math.max(...known.map(Number)) });
      expect(columns[name]?.histogram?.reduce((sum, { count }) => sum + count, 0)).toBe(known.length);
    }
  }
  for (const { name, kind } of table.filter((column) => SCALARS.includes(column.kind))) {
    const value = expected.map((row) => row[name]).find((cell) => cell !== null && cell !== '-0');
    if (value === undefined || value === null || typeof value === 'object') continue;
    const equal = expected.flatMap((row, i) => (row[name] === value || (value === 0 && row[name] === '-0') ? [i] : []));
    expect([kind, value, await split.find({ filters: [{ column: name, op: 'equals', value }] })]).toEqual([
      kind,
      value,
      equal,
    ]);
    const nulls = expected.flatMap((row, i) => (row[name] === null ? [i] : []));
    expect(await split.find({ filters: [{ column: name, op: 'null' }] })).toEqual(nulls);
  }
  const searched = table.filter(({ kind }) => searchedKinds.includes(kind));
  const texts = (row: Record<string, Json>) => searched.flatMap(({ name }) => textsIn(row[name] ?? null));
  const term = expected
    .flatMap(texts)
    .find((one) => one.trim() !== '')
    ?.slice(0, 6);
  if (term === undefined || !isWhole(term)) return;
  const pattern = new RegExp(term.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replace(/\\-/g, '-'), 'iu');
  const matching = expected.flatMap((row, i) => (texts(row).some((one) => pattern.test(one)) ? [i] : []));
  expect([term, await split.find({ term, columns: searched.map(({ name }) => name) })]).toEqual([term, matching]);
}

const files = new ImportedFiles();
afterAll(() => files.stop());

const isForDuckDb = (table: readonly MadeColumn[]): boolean =>
  new Set(table.map(({ name }) => name.toLowerCase())).size === table.length && table.every(({ name }) => name !== '');

describe('a random table comes back', () => {
  const TEXTS: Kind[] = ['text', 'texts', 'object'];
  const runs = { numRuns: 40 };

  test('from JSON Lines and an array', () =>
    fc.assert(
      fc.asyncProperty(tableOf([...TYPED, 'mixed']), async (table) => {
        const objects = objectsOf(table);
        await expectTable(await files.import({ 'train.jsonl': objects.join('\n') }), table, TEXTS);
        await expectTable(await files.import({ 'train.json': `[${objects.join(',\n')}]` }), table, TEXTS);
      }),
      runs,
    ));

  test('from CSV, value for value as it is written', () =>
    fc.assert(
      fc.asyncProperty(tableOf(SCALARS), async (table) => {
        // An empty name is replaced, and a column of one name is no header that could be told from a row.
        const named = table.map((column, i) => ({ ...column, name: column.name === '' ? `column${i}x` : column.name }));
        const split = await files.import({ 'train.csv': csvOf(named) }, { delimiter: ',', header: true, quote: '"' });
        const rows = await split.rows();
        const isEmpty = (row: Record<string, Json>) => named.length === 1 && Object.values(row)[0] === null;
        const expected = rowsOf(named);
        while (isEmpty(expected.at(-1) ?? {})) expected.pop();
        const written = (row: Record<string, Json>) =>
          Object.entries(row).map(([name, cell]) => [name, cell === null ? null : String(cell)]);
        expect(rows.map(written)).toEqual(expected.map(written));
      }),
      runs,
    ));

  test('from Parquet', () =>
    fc.assert(
      fc.asyncProperty(tableOf(TYPED).filter(isForDuckDb), async (table) => {
        await expectTable(await files.import({ 'train.parquet': await parquetTable(table) }), table, TEXTS);
      }),
      runs,
    ));

  test('from Arrow', () =>
    fc.assert(
      fc.asyncProperty(tableOf(TYPED), async (table) => {
        await expectTable(await files.import({ 'train.arrow': arrowTable(table) }), table, TEXTS);
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

import { gzipSync } from 'node:zlib';
import { Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import { afterAll, expect, test, vi } from 'vitest';
import { ImportedFiles, parquetOf } from './imported-files.ts';

vi.setConfig({ testTimeout: 240_000 });

const files = new ImportedFiles();
afterAll(() => files.stop());

const sound = Array.from({ length: 20_000 }, (_, i) => `{"i":${i}}\n`).join('');

test('a table that its reader cannot bear fails with its name, and another import beside it does not', async () => {
  // Thousands of names that differ from row to row, each with objects of their own: more than the heap of a reader.
  const names = Array.from(
    { length: 900 },
    (_, i) => `"k${i}":{${Array.from({ length: 900 }, (_, j) => `"a${j}x":[{"b":1}]`).join(',')}}`,
  );
  const poison = `${names.map((name) => `{"v":{${name}}}`).join('\n')}\n`;
  const [poisoned, beside] = await Promise.allSettled([
    files.import({ 'poison.jsonl.gz': gzipSync(poison) }),
    files.import({ 'train.jsonl': sound }),
  ]);
  expect(poisoned).toMatchObject({ status: 'rejected', reason: { name: 'SourceError' } });
  expect(String(poisoned.status === 'rejected' && poisoned.reason.message)).toMatch(
    /^poison\.jsonl\.gz cannot be read: it (needs more|ran out of) memory/,
  );
  expect(beside.status === 'fulfilled' && beside.value.numRows).toBe(20_000);
  expect((await files.import({ 'train.jsonl': sound })).numRows).toBe(20_000);
});

test('three thousand columns are read, searched and counted', async () => {
  const columns = Array.from({ length: 3000 }, (_, i) => `i * ${i} as c${i}`).join(', ');
  const split = await files.import({ 'train.parquet': await parquetOf(`select ${columns} from range(20) t(i)`) });
  const [, row] = await split.rows();
  expect(row).toMatchObject({ c0: 0, c2999: 2999 });
  expect(await split.find({ filters: [{ column: 'c2999', op: 'equals', value: 2 * 2999 }] })).toEqual([2]);
  const { columns: counted } = await split.statistics();
  expect(Object.keys(counted)).toHaveLength(3000);
  expect(counted.c2999).toMatchObject({ min: 0, max: 19 * 2999, distinct: 20, nulls: 0 });
});

test('shards of other columns are one table', async () => {
  const split = await files.import({
    'a.parquet': await parquetOf(`select 1 as id, 'x' as text`),
    'b.parquet': await parquetOf(`select 'two' as id, 'y' as text, 5 as extra`),
    'c.parquet': await parquetOf(`select 'n' as note, 9 as file_row_number`),
  });
  expect(await split.rows()).toEqual([
    { id: 1, text: 'x', extra: null, note: null, file_row_number: null },
    { id: 'two', text: 'y', extra: 5, note: null, file_row_number: null },
    { id: null, text: null, extra: null, note: 'n', file_row_number: 9 },
  ]);
  expect(await split.find({ term: 'y' })).toEqual([1]);
  expect(await split.find({ filters: [{ column: 'extra', op: 'null' }] })).toEqual([0, 2]);
  expect(await split.find({ filters: [{ column: 'note', op: 'equals', value: 'n' }] })).toEqual([2]);
  expect((await split.statistics()).columns).toMatchObject({
    id: { nulls: 1, distinct: 2 },
    extra: { nulls: 2, min: 5, max: 5 },
  });
});

test('times are found as they are shown, a day with all of its moments', async () => {
  const select = `select timestamp_ns '2024-05-06T07:08:09.123456789' as ns, timestamptz '2024-05-06 23:59:59.5+00' as tz, date '2024-05-06' as d, '550e8400-e29b-41d4-a716-446655440000'::uuid as u`;
  const split = await files.import({ 'train.parquet': await parquetOf(select) });
  const [row = {}] = await split.rows();
  expect(row).toEqual({
    ns: '2024-05-06T07:08:09.123456789',
    tz: '2024-05-06T23:59:59.5Z',
    d: '2024-05-06',
    u: '550e8400-e29b-41d4-a716-446655440000',
  });
  for (const [column, value] of Object.entries(row)) {
    expect([column, await split.find({ filters: [{ column, op: 'equals', value: String(value) }] })]).toEqual([
      column,
      [0],
    ]);
  }
  expect(await split.find({ filters: [{ column: 'tz', op: 'max', value: '2024-05-06' }] })).toEqual([0]);
  expect(await split.find({ filters: [{ column: 'tz', op: 'max', value: '2024-05-05' }] })).toEqual([]);
  await expect(split.find({ filters: [{ column: 'tz', op: 'max', value: 'soon' }] })).rejects.toThrow(/"soon"/);
});

test('different values are counted exactly', async () => {
  const select = `select 'text ' || (i % 7473) as t, i % 6582 as n, [i % 3] as l from range(200000) r(i)`;
  const split = await files.import({ 'train.parquet': await parquetOf(select) });
  expect((await split.statistics()).columns).toMatchObject({
    t: { distinct: 7473 },
    n: { distinct: 6582 },
    l: { distinct: 3 },
  });
});

test('encrypted Parquet is called that', async () => {
  const bytes = await parquetOf('select 1 as a');
  bytes.write('PARE', 0, 'latin1');
  bytes.write('PARE', bytes.length - 4, 'latin1');
  await expect(files.import({ 'train.parquet': bytes })).rejects.toThrow('train.parquet is encrypted Parquet');
});

test('the names of classes in Arrow files are kept', async () => {
  const features = { label: { names: ['neg', 'pos'], _type: 'ClassLabel' } };
  const table = new Table({ label: vectorFromArray([1, 0], new Int32()) });
  table.schema.metadata.set('huggingface', JSON.stringify({ info: { features } }));
  const split = await files.import({ 'data-00000-of-00001.arrow': tableToIPC(table, 'stream') });
  expect(await split.rows()).toEqual([{ label: 1 }, { label: 0 }]);
  expect(await split.columns()).toEqual([{ name: 'label', type: 'class_label', names: ['neg', 'pos'] }]);
});

import { afterAll, expect, test } from 'vitest';
import { ImportedFiles } from './imported-files.ts';

const files = new ImportedFiles();
afterAll(() => files.stop());
const { signal } = new AbortController();

const jsonl = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

test('rows are told apart as EXCEPT ALL does: of equal ones those that are there more often', async () => {
  const before = await files.import({
    'a.jsonl': jsonl({ t: 'same' }, { t: 'twice' }, { t: 'twice' }, { t: null }, { t: 'gone' }),
    'kept.jsonl': jsonl({ t: 'in a shard of both' }),
  });
  const after = await files.import({ 'a.jsonl': jsonl({ t: 'twice' }, { t: 'new' }, { t: 'same' }, { t: null }) });
  const [first, kept] = before.shards;
  if (!first || !kept) throw new Error('two shards');
  const found = await files.tables.difference([kept, first], [...after.shards, kept], signal);
  expect(found).toEqual({
    removed: Float64Array.of(3, 5),
    added: Float64Array.of(1),
    numRemoved: 2,
    numAdded: 1,
  });
  expect(await files.tables.rowsAt([kept, first], [...found.removed], undefined, signal)).toEqual([
    { index: 3, row: { t: 'twice' } },
    { index: 5, row: { t: 'gone' } },
  ]);
});

test('a column that only one side has makes its rows others, unless they have nothing in it', async () => {
  const before = await files.import({ 'a.jsonl': jsonl({ t: 'a' }, { t: 'b' }) });
  const after = await files.import({ 'a.jsonl': jsonl({ t: 'a', n: 1 }, { t: 'b' }) });
  expect(await files.tables.difference(before.shards, after.shards, signal)).toMatchObject({
    numRemoved: 1,
    numAdded: 1,
    removed: Float64Array.of(0),
  });
  expect(await files.tables.difference(before.shards, [], signal)).toMatchObject({ numRemoved: 2, numAdded: 0 });
  expect(await files.tables.difference(before.shards, before.shards, signal)).toMatchObject({ numRemoved: 0 });
});

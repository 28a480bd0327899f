import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  Field,
  Float64,
  Int64,
  List,
  Table,
  TimestampMillisecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { wildCases } from '../../packages/tables/fixtures/wild.ts';
import { wildFiles } from '../../packages/tables/fixtures/wild-files.ts';
import { png } from '../support/archives.ts';
import { uploadRandomTables } from '../support/random-uploads.ts';
import { useTexts } from '../support/texts.ts';
import { differencesOf, writeWildRepos } from '../support/wild.ts';
import { lines, type WildUpload, wildUploads } from '../support/wild-uploads.ts';
import { endangeredImportTests } from './text/endangered.ts';
import { tokenizationTests } from './text/tokenization.ts';

type Json = ReturnType<typeof JSON.parse>;

const texts = useTexts();

describe('uploaded texts', () => {
  test('JSON Lines become shards beside them; what changes is written anew, what stays is not', async () => {
    const id = await texts.client.createDataset();
    const train = Array.from({ length: 30 }, (_, i) => ({ text: `text ${i}`, n: i }));
    expect(
      await texts.put(id, {
        'train.jsonl': lines(train),
        'valid.jsonl': lines([{ text: 'v', extra: true }]),
        'notes.md': '# Notes',
      }),
    ).toMatchObject({ state: 'completed' });
    expect(await texts.client.dataset(id)).toMatchObject({
      format: 'jsonl',
      taskType: 'text',
      numSamples: 31,
      splits: { train: 30, validation: 1 },
      labeled: false,
    });
    const tree = await texts.client.tree(id);
    expect([...tree.keys()].sort()).toEqual([
      'data/default/train-00000.parquet',
      'data/default/validation-00000.parquet',
      'notes.md',
      'train.jsonl',
      'valid.jsonl',
    ]);
    // A column of any split is one of all.
    expect((await texts.samples(id, 'split=train&limit=1')).items[0].row).toEqual({
      text: 'text 0',
      n: 0,
      extra: null,
    });
    expect(await texts.samples(id, 'split=val')).toMatchObject({ split: 'validation', total: 1 });

    expect((await texts.put(id, { 'valid.jsonl': lines([{ text: 'v', extra: true }, { text: 'w' }]) })).state).toBe(
      'completed',
    );
    const later = await texts.client.tree(id);
    expect(later.get('data/default/train-00000.parquet')).toBe(tree.get('data/default/train-00000.parquet'));
    expect(await texts.client.dataset(id)).toMatchObject({ numSamples: 32, splits: { train: 30, validation: 2 } });

    const diff = (query: string) => texts.client.json('GET', `/api/v1/datasets/${id}/diff${query}`);
    expect((await diff('?from=r1&to=draft')).body.rows).toEqual({ added: 1, removed: 0 });
    expect((await diff('/rows?from=r1&to=draft')).body).toMatchObject({
      ...{ split: 'validation', added: 1, removed: 0, nextCursor: null },
      items: [{ change: 'added', index: 1, row: { text: 'w' } }],
      splits: [
        { split: 'train', isSame: true },
        { split: 'validation', isSame: false, rowsBefore: 1, rowsAfter: 2 },
      ],
    });
    const [first] = (await diff('/rows?from=draft&to=r1&limit=1')).body.items;
    expect(first).toMatchObject({ change: 'removed', index: 1 });

    const removal = await texts.client.json('POST', `/api/v1/datasets/${id}/files/remove`, { paths: ['valid.jsonl'] });
    expect((await texts.client.waitForJob(removal.body.jobId)).state).toBe('completed');
    expect([...(await texts.client.tree(id)).keys()].sort()).toEqual([
      'data/default/train-00000.parquet',
      'notes.md',
      'train.jsonl',
    ]);
    expect(await texts.client.dataset(id)).toMatchObject({ numSamples: 30, splits: { train: 30 } });
  });

  test('an undo sets back how CSV is read', async () => {
    const id = await texts.client.createDataset();
    await texts.put(id, { 'data.csv': 'a;b,c\n1;2,3\n4;5,6\n' });
    const columns = async () => (await texts.samples(id)).columns.map((column: Json) => column.name);
    const before = await columns();
    await texts.put(id, { 'more.md': 'x' }, { csv: { delimiter: before.includes('c') ? ';' : ',' } });
    expect(await columns()).not.toEqual(before);
    await texts.put(id, { 'notes.md': 'y' });
    const { body } = await texts.client.json('POST', `/api/v1/datasets/${id}/revisions/2/undo`);
    expect(await texts.client.waitForJob(body.jobId)).toMatchObject({ state: 'completed' });
    expect(await columns()).toEqual(before);
    // Nor is it read otherwise when something else comes.
    await texts.put(id, { 'other.md': 'z' });
    expect(await columns()).toEqual(before);
  });

  test('CSV, lines of text, and parquet, which stays as it is', async () => {
    const csv = await texts.client.createDataset();
    await texts.put(csv, { 'reviews.csv': 'review,stars\n"good, really",5\nbad,1\n' });
    expect(await texts.client.dataset(csv)).toMatchObject({ format: 'csv', taskType: 'text', numSamples: 2 });
    expect((await texts.samples(csv)).items[0].row).toEqual({ review: 'good, really', stars: 5 });

    const text = await texts.client.createDataset();
    await texts.put(text, { 'train.txt': 'one\n\nthree\n', 'test.txt': 'four' });
    expect(await texts.client.dataset(text)).toMatchObject({ taskType: 'text', splits: { train: 3, test: 1 } });
    expect((await texts.samples(text)).items.map(({ row }: Json) => row.text)).toEqual(['one', '', 'three']);

    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(
      `copy (select i, 'row ' || i as t from range(10) r(i)) to '${texts.world.folder}/own.parquet' (format parquet)`,
    );
    const bytes = readFileSync(`${texts.world.folder}/own.parquet`);
    const parquet = await texts.client.createDataset();
    await texts.put(parquet, { 'some/where/test.parquet': bytes });
    expect(await texts.client.dataset(parquet)).toMatchObject({ format: 'parquet', splits: { test: 10 } });
    expect([...(await texts.client.tree(parquet)).keys()]).toEqual(['some/where/test.parquet']);
    expect(await texts.samples(parquet, 'search=row 7')).toMatchObject({ total: 1, items: [{ index: 7 }] });
  });

  test('Arrow, with its types, and columns that only one file has', async () => {
    const id = await texts.client.createDataset();
    const at = new Date('2024-05-06T07:08:09.010Z');
    const first = new Table({
      id: vectorFromArray([1n, 9_007_199_254_740_993n], new Int64()),
      text: vectorFromArray(['eins', null], new Utf8()),
      at: vectorFromArray([at, at], new TimestampMillisecond()),
      tags: vectorFromArray([['a', 'b'], []], new List(new Field('item', new Utf8()))),
    });
    const second = new Table({ id: vectorFromArray([3n], new Int64()), more: vectorFromArray([0.5], new Float64()) });
    const job = await texts.put(id, {
      'train.arrow': tableToIPC(first, 'stream'),
      'test.arrow': tableToIPC(second, 'file'),
    });
    expect(job).toMatchObject({ error: null, state: 'completed' });
    expect(await texts.client.dataset(id)).toMatchObject({ taskType: 'text', splits: { train: 2, test: 1 } });
    expect((await texts.samples(id)).items.map(({ row }: Json) => row)).toEqual([
      { id: 1, text: 'eins', at: '2024-05-06T07:08:09.01', tags: ['a', 'b'], more: null },
      { id: '9007199254740993', text: null, at: '2024-05-06T07:08:09.01', tags: [], more: null },
    ]);
    expect((await texts.samples(id, 'split=test')).items[0].row).toMatchObject({ id: 3, more: 0.5, text: null });
    const saved = await texts.client.createDataset();
    const labels = tableToIPC(new Table({ label: vectorFromArray([1n, 0n], new Int64()) }), 'stream');
    const info = { features: { label: { names: ['neg', 'pos'], _type: 'ClassLabel' } } };
    await texts.put(saved, { 'data-00000-of-00001.arrow': labels, 'dataset_info.json': JSON.stringify(info) });
    expect(await texts.samples(saved)).toMatchObject({
      columns: [{ name: 'label', type: 'class_label', names: ['neg', 'pos'] }],
      items: [{ row: { label: 1 } }, { row: { label: 0 } }],
    });
    expect(await texts.put(id, { 'train-broken.arrow': 'no arrow' })).toMatchObject({
      error: { code: 'unreadable_table', message: expect.stringContaining('train-broken.arrow') },
    });
  });

  test('chats about images are rows, each with its images', async () => {
    const id = await texts.client.createDataset();
    const chats = [
      { id: '1', image: 'a.png', conversations: [{ from: 'human', value: '<image>\nWhat is it?' }] },
      { id: '2', image: 'b.png', conversations: [{ from: 'gpt', value: 'A square.' }] },
    ];
    const job = await texts.put(id, {
      'llava.json': JSON.stringify(chats),
      'images/a.png': await png(32, 16),
      'images/deep/b.png': await png(16, 32),
      'images/other/a.jpg': 'no image',
    });
    expect(job).toMatchObject({ error: null, state: 'completed' });
    expect(await texts.client.dataset(id)).toMatchObject({
      format: 'jsonl',
      taskType: 'text',
      numSamples: 2,
      numImages: 2,
    });
    expect((await texts.samples(id)).items.map(({ row }: Json) => row)).toEqual(chats);
    const shown = (path: string) =>
      texts.client.raw('GET', `/api/v1/datasets/${id}/samples/image?${new URLSearchParams({ path })}`);
    for (const path of ['a.png', './b.png', 'deep/b.png', 'images/deep/b.png']) {
      const answer = await shown(path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 200, 'image/webp']);
    }
    const broken = chats.map((chat, i) => ({ ...chat, image: ['images/c.png', 'https://example.org/a.png'][i] }));
    const nested = [{ messages: [{ content: [{ type: 'image', image: 'gone.png' }, { text: 'x.png' }] }] }];
    await texts.put(id, { 'more/train-1.json': JSON.stringify(broken), 'more/train-2.jsonl': lines(nested) });
    const { body: imports } = await texts.client.json('GET', `/api/v1/datasets/${id}/imports`);
    const missing = imports.items[0].report.issues.find(({ code }: Json) => code === 'row_image_missing');
    expect(missing).toMatchObject({
      count: 2,
      examples: [
        { path: 'more/train-1.json', detail: 'row 0: images/c.png (no image of this name)' },
        { path: 'more/train-2.jsonl', detail: 'row 0: gone.png (no image of this name)' },
      ],
    });
    for (const path of ['c.png', '%.png', 'ep/b.png', '../a.png/x']) expect((await shown(path)).status).toBe(404);
  });

  test('what cannot be read fails with its name and line, and leaves the dataset as it was', async () => {
    const id = await texts.client.createDataset();
    await texts.put(id, { 'train.jsonl': lines([{ a: 1 }]) });
    const before = await texts.client.tree(id);
    expect(await texts.put(id, { 'test.jsonl': '{"a": 1}\n{"a": \n' })).toMatchObject({
      state: 'failed',
      error: { code: 'unreadable_table', message: expect.stringMatching(/test\.jsonl.*line/) },
    });
    expect(await texts.put(id, { 'test.parquet': 'PAR1 no such thing' })).toMatchObject({
      state: 'failed',
      error: { code: 'unreadable_table', message: expect.stringContaining('test.parquet') },
    });
    expect(await texts.client.tree(id)).toEqual(before);
    expect(await texts.client.dataset(id)).toMatchObject({ status: 'ready', numSamples: 1 });
  });
});

test('every row of what people bring is there, or a finding says what is not', { timeout: 240_000 }, async () => {
  const seen = await Promise.all(wildUploads.map(async (upload) => ({ name: upload.name, ...(await seenOf(upload)) })));
  expect(seen).toEqual(
    wildUploads.map(({ name, rows = {}, findings = {}, failure }) => ({
      name,
      error: failure ? expect.stringMatching(failure) : null,
      rows,
      findings: expect.objectContaining(
        Object.fromEntries(Object.entries(findings).map(([code, detail]) => [code, expect.stringMatching(detail)])),
      ),
    })),
  );
});

test('shapes from the wild that are decided of files together are as they must be', { timeout: 240_000 }, async () => {
  writeWildRepos(texts.world.folder);
  const ofDatasets = wildCases.filter(({ isOfDataset }) => isOfDataset);
  const seen = await Promise.all(
    ofDatasets.map(async (wild) => [wild.name, await differencesOf(texts.client, wild, () => wildFiles(wild.name))]),
  );
  expect(seen).toEqual(ofDatasets.map(({ name }) => [name, []]));
});

test('a random table in every form is what it was, in samples, filters, search and statistics', async () => {
  expect(await uploadRandomTables(texts.client, { seed: Date.now() % 1_000_000, runs: 1 })).toEqual([]);
});

/** What became of an upload: its rows by subset and split, and its findings with the detail of their first examples. */
async function seenOf({ files, options }: WildUpload) {
  const id = await texts.client.createDataset();
  const job = await texts.put(id, files, options);
  if (job.error) return { error: job.error.message, rows: {}, findings: {} as Record<string, string> };
  const { body: imports } = await texts.client.json('GET', `/api/v1/datasets/${id}/imports`);
  const { body: tables } = await texts.client.json('GET', `/api/v1/datasets/${id}/tables`);
  const rows: Record<string, Json[]> = {};
  for (const { name, splits } of tables.subsets) {
    for (const split of splits) {
      const page = await texts.samples(id, new URLSearchParams({ subset: name, split: split.name }).toString());
      rows[`${name}/${split.name}`] = page.items.map(({ row }: Json) => row);
    }
  }
  const findings = imports.items[0].report.issues.map(({ code, examples }: Json) => [code, examples[0]?.detail ?? '']);
  return { error: null, rows, findings: Object.fromEntries(findings) as Record<string, string> };
}

describe('tokenization', () => tokenizationTests(texts));

describe('imports of rows', () => endangeredImportTests(texts));

import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
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
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wildCases } from '../../packages/tables/fixtures/wild.ts';
import { wildFiles } from '../../packages/tables/fixtures/wild-files.ts';
import { parquetOf } from '../../packages/tables/src/imported-files.ts';
import { png, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { wordTokenizer } from '../support/hub-data.ts';
import { type HubWorld, startHubWorld } from '../support/hub-world.ts';
import { uploadRandomTables } from '../support/random-uploads.ts';
import { until } from '../support/until.ts';
import { differencesOf, writeWildRepos } from '../support/wild.ts';
import { lines, type WildUpload, wildUploads } from '../support/wild-uploads.ts';

type Json = ReturnType<typeof JSON.parse>;

let world: HubWorld;
let { folder, client } = {} as HubWorld;
beforeAll(async () => {
  world = await startHubWorld();
  ({ folder, client } = world);
});
afterAll(() => world.stop());

/** Uploads files as one archive and imports them. */
async function put(id: string, files: Record<string, string | Uint8Array>, options?: object): Promise<Json> {
  const entries = new Map(
    Object.entries(files).map(([path, content]): [string, Uint8Array] => [path, Buffer.from(content)]),
  );
  const { job } = await client.importArchive(id, 'data.zip', await zipOf(entries), options);
  return job;
}

const samples = async (id: string, query = ''): Promise<Json> =>
  (await client.json('GET', `/api/v1/datasets/${id}/samples?${query}`)).body;

describe('uploaded texts', () => {
  test('JSON Lines become shards beside them; what changes is written anew, what stays is not', async () => {
    const id = await client.createDataset();
    const train = Array.from({ length: 30 }, (_, i) => ({ text: `text ${i}`, n: i }));
    expect(
      await put(id, {
        'train.jsonl': lines(train),
        'valid.jsonl': lines([{ text: 'v', extra: true }]),
        'notes.md': '# Notes',
      }),
    ).toMatchObject({ state: 'completed' });
    expect(await client.dataset(id)).toMatchObject({
      format: 'jsonl',
      taskType: 'text',
      numSamples: 31,
      splits: { train: 30, validation: 1 },
      labeled: false,
    });
    const tree = await client.tree(id);
    expect([...tree.keys()].sort()).toEqual([
      'data/default/train-00000.parquet',
      'data/default/validation-00000.parquet',
      'notes.md',
      'train.jsonl',
      'valid.jsonl',
    ]);
    // A column of any split is one of all.
    expect((await samples(id, 'split=train&limit=1')).items[0].row).toEqual({ text: 'text 0', n: 0, extra: null });
    expect(await samples(id, 'split=val')).toMatchObject({ split: 'validation', total: 1 });

    expect((await put(id, { 'valid.jsonl': lines([{ text: 'v', extra: true }, { text: 'w' }]) })).state).toBe(
      'completed',
    );
    const later = await client.tree(id);
    expect(later.get('data/default/train-00000.parquet')).toBe(tree.get('data/default/train-00000.parquet'));
    expect(await client.dataset(id)).toMatchObject({ numSamples: 32, splits: { train: 30, validation: 2 } });

    const diff = (query: string) => client.json('GET', `/api/v1/datasets/${id}/diff${query}`);
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

    const removal = await client.json('POST', `/api/v1/datasets/${id}/files/remove`, { paths: ['valid.jsonl'] });
    expect((await client.waitForJob(removal.body.jobId)).state).toBe('completed');
    expect([...(await client.tree(id)).keys()].sort()).toEqual([
      'data/default/train-00000.parquet',
      'notes.md',
      'train.jsonl',
    ]);
    expect(await client.dataset(id)).toMatchObject({ numSamples: 30, splits: { train: 30 } });
  });

  test('CSV, lines of text, and parquet, which stays as it is', async () => {
    const csv = await client.createDataset();
    await put(csv, { 'reviews.csv': 'review,stars\n"good, really",5\nbad,1\n' });
    expect(await client.dataset(csv)).toMatchObject({ format: 'csv', taskType: 'text', numSamples: 2 });
    expect((await samples(csv)).items[0].row).toEqual({ review: 'good, really', stars: 5 });

    const text = await client.createDataset();
    await put(text, { 'train.txt': 'one\n\nthree\n', 'test.txt': 'four' });
    expect(await client.dataset(text)).toMatchObject({ taskType: 'text', splits: { train: 3, test: 1 } });
    expect((await samples(text)).items.map(({ row }: Json) => row.text)).toEqual(['one', '', 'three']);

    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(`copy (select i, 'row ' || i as t from range(10) r(i)) to '${folder}/own.parquet' (format parquet)`);
    const bytes = readFileSync(`${folder}/own.parquet`);
    const parquet = await client.createDataset();
    await put(parquet, { 'some/where/test.parquet': bytes });
    expect(await client.dataset(parquet)).toMatchObject({ format: 'parquet', splits: { test: 10 } });
    expect([...(await client.tree(parquet)).keys()]).toEqual(['some/where/test.parquet']);
    expect(await samples(parquet, 'search=row 7')).toMatchObject({ total: 1, items: [{ index: 7 }] });
  });

  test('Arrow, with its types, and columns that only one file has', async () => {
    const id = await client.createDataset();
    const at = new Date('2024-05-06T07:08:09.010Z');
    const first = new Table({
      id: vectorFromArray([1n, 9_007_199_254_740_993n], new Int64()),
      text: vectorFromArray(['eins', null], new Utf8()),
      at: vectorFromArray([at, at], new TimestampMillisecond()),
      tags: vectorFromArray([['a', 'b'], []], new List(new Field('item', new Utf8()))),
    });
    const second = new Table({ id: vectorFromArray([3n], new Int64()), more: vectorFromArray([0.5], new Float64()) });
    const job = await put(id, { 'train.arrow': tableToIPC(first, 'stream'), 'test.arrow': tableToIPC(second, 'file') });
    expect(job).toMatchObject({ error: null, state: 'completed' });
    expect(await client.dataset(id)).toMatchObject({ taskType: 'text', splits: { train: 2, test: 1 } });
    expect((await samples(id)).items.map(({ row }: Json) => row)).toEqual([
      { id: 1, text: 'eins', at: '2024-05-06T07:08:09.01', tags: ['a', 'b'], more: null },
      { id: '9007199254740993', text: null, at: '2024-05-06T07:08:09.01', tags: [], more: null },
    ]);
    expect((await samples(id, 'split=test')).items[0].row).toMatchObject({ id: 3, more: 0.5, text: null });
    const saved = await client.createDataset();
    const labels = tableToIPC(new Table({ label: vectorFromArray([1n, 0n], new Int64()) }), 'stream');
    const info = { features: { label: { names: ['neg', 'pos'], _type: 'ClassLabel' } } };
    await put(saved, { 'data-00000-of-00001.arrow': labels, 'dataset_info.json': JSON.stringify(info) });
    expect(await samples(saved)).toMatchObject({
      columns: [{ name: 'label', type: 'class_label', names: ['neg', 'pos'] }],
      items: [{ row: { label: 1 } }, { row: { label: 0 } }],
    });
    expect(await put(id, { 'train-broken.arrow': 'no arrow' })).toMatchObject({
      error: { code: 'unreadable_table', message: expect.stringContaining('train-broken.arrow') },
    });
  });

  test('chats about images are rows, each with its images', async () => {
    const id = await client.createDataset();
    const chats = [
      { id: '1', image: 'a.png', conversations: [{ from: 'human', value: '<image>\nWhat is it?' }] },
      { id: '2', image: 'b.png', conversations: [{ from: 'gpt', value: 'A square.' }] },
    ];
    const job = await put(id, {
      'llava.json': JSON.stringify(chats),
      'images/a.png': await png(32, 16),
      'images/deep/b.png': await png(16, 32),
      'images/other/a.jpg': 'no image',
    });
    expect(job).toMatchObject({ error: null, state: 'completed' });
    expect(await client.dataset(id)).toMatchObject({ format: 'jsonl', taskType: 'text', numSamples: 2, numImages: 2 });
    expect((await samples(id)).items.map(({ row }: Json) => row)).toEqual(chats);
    const shown = (path: string) =>
      client.raw('GET', `/api/v1/datasets/${id}/samples/image?${new URLSearchParams({ path })}`);
    for (const path of ['a.png', './b.png', 'deep/b.png', 'images/deep/b.png']) {
      const answer = await shown(path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 200, 'image/webp']);
    }
    const broken = chats.map((chat, i) => ({ ...chat, image: ['images/c.png', 'https://example.org/a.png'][i] }));
    const nested = [{ messages: [{ content: [{ type: 'image', image: 'gone.png' }, { text: 'x.png' }] }] }];
    await put(id, { 'more/train-1.json': JSON.stringify(broken), 'more/train-2.jsonl': lines(nested) });
    const { body: imports } = await client.json('GET', `/api/v1/datasets/${id}/imports`);
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
    const id = await client.createDataset();
    await put(id, { 'train.jsonl': lines([{ a: 1 }]) });
    const before = await client.tree(id);
    expect(await put(id, { 'test.jsonl': '{"a": 1}\n{"a": \n' })).toMatchObject({
      state: 'failed',
      error: { code: 'unreadable_table', message: expect.stringMatching(/test\.jsonl.*line/) },
    });
    expect(await put(id, { 'test.parquet': 'PAR1 no such thing' })).toMatchObject({
      state: 'failed',
      error: { code: 'unreadable_table', message: expect.stringContaining('test.parquet') },
    });
    expect(await client.tree(id)).toEqual(before);
    expect(await client.dataset(id)).toMatchObject({ status: 'ready', numSamples: 1 });
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
  writeWildRepos(folder);
  const ofDatasets = wildCases.filter(({ isOfDataset }) => isOfDataset);
  const seen = await Promise.all(
    ofDatasets.map(async (wild) => [wild.name, await differencesOf(client, wild, () => wildFiles(wild.name))]),
  );
  expect(seen).toEqual(ofDatasets.map(({ name }) => [name, []]));
});

test('a random table in every form is what it was, in samples, filters, search and statistics', async () => {
  expect(await uploadRandomTables(client, { seed: Date.now() % 1_000_000, runs: 1 })).toEqual([]);
});

/** What became of an upload: its rows by subset and split, and its findings with the detail of their first examples. */
async function seenOf({ files, options }: WildUpload) {
  const id = await client.createDataset();
  const job = await put(id, files, options);
  if (job.error) return { error: job.error.message, rows: {}, findings: {} as Record<string, string> };
  const { body: imports } = await client.json('GET', `/api/v1/datasets/${id}/imports`);
  const { body: tables } = await client.json('GET', `/api/v1/datasets/${id}/tables`);
  const rows: Record<string, Json[]> = {};
  for (const { name, splits } of tables.subsets) {
    for (const split of splits) {
      const page = await samples(id, new URLSearchParams({ subset: name, split: split.name }).toString());
      rows[`${name}/${split.name}`] = page.items.map(({ row }: Json) => row);
    }
  }
  const findings = imports.items[0].report.issues.map(({ code, examples }: Json) => [code, examples[0]?.detail ?? '']);
  return { error: null, rows, findings: Object.fromEntries(findings) as Record<string, string> };
}

describe('tokenization', () => {
  test('keeps the order of the rows, over row groups and shards', async () => {
    const many = await client.createDataset();
    const count = 23_000;
    // As many bytes as tokens: the length says which row it is.
    await put(many, { 'train.jsonl': lines(Array.from({ length: count }, (_, i) => ({ text: 'x'.repeat(i % 97) }))) });
    const { body } = await client.json('POST', `/api/v1/datasets/${many}/tokenizations`, {
      tokenizer: 'mine',
      tokenizerJson: JSON.stringify(wordTokenizer()),
    });
    expect(await client.waitForJob(body.jobId)).toMatchObject({ state: 'completed' });
    const { body: list } = await client.json('GET', `/api/v1/datasets/${many}/tokenizations`);
    const numTokens = Array.from({ length: count }, (_, i) => (i % 97) + 1).reduce((sum, length) => sum + length, 0);
    expect(list.items[0].statistics).toMatchObject({ numSequences: count, numTokens, maxSeqLength: 97 });
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const lengths: number[] = [];
    for (const number of ['00000', '00001']) {
      writeFileSync(
        `${folder}/${number}.parquet`,
        await client.content(many, `tokenized/mine/default/train-${number}.parquet`),
      );
      const reader = await duck.runAndReadAll(`select len(input_ids) from '${folder}/${number}.parquet'`);
      lengths.push(...reader.getRowsJS().map(([length]) => Number(length)));
    }
    expect(lengths).toEqual(Array.from({ length: count }, (_, i) => (i % 97) + 1));
  });

  let id: string;
  beforeAll(async () => {
    id = await client.createDataset();
    const rows = Array.from({ length: 500 }, (_, i) => ({
      question: `Was ${i}?`,
      answer: i % 2 === 0 ? 'Ja 😀' : 'x'.repeat(100),
    }));
    await put(id, { 'train.jsonl': lines(rows), 'test.jsonl': lines(rows.slice(0, 3)) });
  });

  const start = (body: object) => client.json('POST', `/api/v1/datasets/${id}/tokenizations`, body);

  test('writes shards of tokens with their counts, several times over', async () => {
    const { status, body } = await start({ tokenizer: 'org/words', column: 'answer', maxLength: 20 });
    expect(status).toBe(202);
    expect(await client.waitForJob(body.jobId)).toMatchObject({ state: 'completed', kind: 'tokenize' });
    const { body: list } = await client.json('GET', `/api/v1/datasets/${id}/tokenizations`);
    expect(list.items).toMatchObject([
      {
        tokenizer: 'org/words',
        state: 'completed',
        path: 'tokenized/org--words/',
        statistics: { numSequences: 503, vocabSize: 257, maxSeqLength: 20, truncatedShare: 251 / 503 },
      },
    ]);
    // "Ja 😀" has seven bytes and the end; the others are cut at twenty.
    const expected = 252 * 8 + 251 * 20;
    expect(list.items[0].statistics.numTokens).toBe(expected);
    expect(list.items[0].statistics.avgSeqLength).toBeCloseTo(expected / 503);
    const shard = await client.content(id, 'tokenized/org--words/default/train-00000.parquet');
    writeFileSync(`${folder}/tokens.parquet`, shard);
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const reader = await duck.runAndReadAll(
      `select len(input_ids), list_sum(attention_mask), input_ids[8] from '${folder}/tokens.parquet'`,
    );
    expect(
      reader
        .getRowsJS()
        .slice(0, 2)
        .map((row) => row.map(Number)),
    ).toEqual([
      [8, 8, 256],
      [20, 20, 87],
    ]);
    expect(await client.dataset(id)).toMatchObject({
      status: 'ready',
      numSamples: 503,
      // Shards of rows or tokens do not make it something else.
      format: 'jsonl',
      splits: { train: 500, test: 3 },
    });
    expect(await samples(id)).toMatchObject({ total: 500, subset: 'default' });

    const own = await start({
      tokenizer: 'mine',
      tokenizerJson: JSON.stringify(wordTokenizer()),
      template: 'Q: {question}\\nA: {answer}',
      maxLength: 64,
      padding: 'max_length',
    });
    expect((await client.waitForJob(own.body.jobId)).state).toBe('completed');
    const { body: both } = await client.json('GET', `/api/v1/datasets/${id}/tokenizations`);
    expect(both.items.map(({ tokenizer }: Json) => tokenizer)).toEqual(['mine', 'org/words']);
    const removed = await client.json('DELETE', `/api/v1/datasets/${id}/tokenizations/${both.items[0].id}`);
    expect((await client.waitForJob(removed.body.jobId)).state).toBe('completed');
    expect([...(await client.tree(id)).keys()].filter((path) => path.includes('mine'))).toEqual([]);
  });

  test('shows the tokens of a row before', async () => {
    const { status, body } = await client.json('POST', `/api/v1/datasets/${id}/tokenizations/preview`, {
      tokenizer: 'org/words',
      column: 'answer',
      maxLength: 4,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ text: 'Ja 😀', numTokens: 8, isTruncated: true });
    expect(body.tokens.map(({ text }: Json) => text).slice(0, 3)).toEqual(['J', 'a', ' ']);
  });

  test('says what is wrong', async () => {
    expect(await start({ tokenizer: 'org/words', maxLength: 9000 })).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'maxLength' }] },
    });
    expect(await start({ tokenizer: 'x', tokenizerJson: '{}' })).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'tokenizerJson' }] },
    });
    const missing = await start({ tokenizer: 'org/none' });
    expect(await client.waitForJob(missing.body.jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'hub_not_found' },
    });
    const column = await start({ tokenizer: 'org/words', column: 'nope' });
    expect(await client.waitForJob(column.body.jobId)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('question, answer') },
    });
    const empty = await client.createDataset();
    expect(
      await client.json('POST', `/api/v1/datasets/${empty}/tokenizations`, { tokenizer: 'org/words' }),
    ).toMatchObject({ status: 409 });
  });

  test('begins by itself after a download, when that was asked for', async () => {
    const { body } = await client.json('POST', '/api/v1/datasets/download', {
      repoId: 'plain',
      tokenize: { tokenizer: 'org/words', template: '{id}' },
    });
    await client.waitForJob(body.jobId);
    const state = await until(
      async () =>
        (await client.json('GET', `/api/v1/datasets/${body.id}/tokenizations`)).body.items[0]?.state ?? 'queued',
      (now) => now === 'completed' || now === 'failed',
    );
    expect(state).toBe('completed');
  });
});

test('poisoned tables of one person fail by themselves: what another imports goes on, in the same processes', async () => {
  const { web, worker, database } = world.granary;
  const pids = [web.pid, worker.pid];
  // Members of gzip that all are the same: a little that becomes very much.
  const bomb = (content: string, times: number) => {
    const member = gzipSync(content);
    return Buffer.concat(Array.from({ length: times }, () => member));
  };
  const poisons: Record<string, string | Uint8Array> = {
    'deep.jsonl': `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}\n`,
    'wide.jsonl': lines([Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`c${i}`, i]))]),
    'bomb.jsonl.gz': bomb('x'.repeat(1_000_000), 2000),
  };
  const poisoner = new Client(client.base);
  await poisoner.register();
  const brought = Object.entries(poisons).map(async ([name, content]) => {
    const id = await poisoner.createDataset();
    const { job } = await poisoner.importArchive(id, 'data.zip', await zipOf(new Map([[name, Buffer.from(content)]])));
    return [name, job.state, job.error?.code, job.error?.message];
  });
  // Rows of which a page takes more memory than a query may.
  const large = await poisoner.createDataset();
  const rows = await parquetOf("select repeat('y', 14_000_000) || i % 2 as text from range(70) r(i)");
  const importing = poisoner.importArchive(large, 'data.zip', await zipOf(new Map([['train.parquet', rows]])));
  const others = [0, 1, 2].map(async () => {
    const id = await client.createDataset();
    const job = await put(id, { 'train.jsonl': lines(Array.from({ length: 20_000 }, (_, i) => ({ i, t: `t ${i}` }))) });
    const [attempts] = await database.sql`select attempt from activities where id = ${job.id}`;
    return [job.state, attempts?.attempt, (await samples(id, 'limit=1&offset=19999')).items[0].row];
  });
  expect(await Promise.all(others)).toEqual(others.map(() => ['completed', 1, { i: 19_999, t: 't 19999' }]));
  expect(await Promise.all(brought)).toEqual([
    ['deep.jsonl', 'failed', 'unreadable_table', expect.stringMatching(/deep\.jsonl, line 1: .*200 levels/)],
    ['wide.jsonl', 'failed', 'unreadable_table', expect.stringMatching(/wide\.jsonl, line 1: .*10000 columns/)],
    ['bomb.jsonl.gz', 'failed', 'unreadable_table', expect.stringMatching(/bomb\.jsonl\.gz, line 1: .*16 MB/)],
  ]);
  expect((await importing).job.state).toBe('completed');
  const asked = await Promise.all([
    poisoner.json('GET', `/api/v1/datasets/${large}/samples?limit=100`),
    client.json('GET', `/api/v1/datasets/${await client.createDataset()}/samples`),
  ]);
  expect(asked).toMatchObject([{ status: 422, body: { code: 'query_too_large' } }, { status: 200 }]);
  expect([web.pid, worker.pid].map((pid) => process.kill(pid, 0))).toEqual([true, true]);
  expect([web.pid, worker.pid]).toEqual(pids);
});

test('an import that is killed while it writes shards makes them anew', async () => {
  const id = await client.createDataset();
  const rows = Array.from({ length: 60_000 }, (_, i) => ({ i, text: `row ${i} `.repeat(20) }));
  const files = new Map<string, Uint8Array>([
    ['train.jsonl', Buffer.from(lines(rows))],
    ['test.jsonl', Buffer.from(lines(rows.slice(0, 30_000)))],
  ]);
  const upload = await client.upload(id, 'data.zip', await zipOf(files));
  const { jobId } = await client.startImport(id, [upload]);
  const { sql } = world.granary.database;
  const made = async () => (await sql`select 1 from import_files where is_made limit 1`).length > 0;
  await until(made, Boolean, { everyMs: 5 });
  await world.granary.worker.end('SIGKILL');
  await world.granary.worker.start();
  expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
  expect(await client.dataset(id)).toMatchObject({
    numSamples: 90_000,
    numFiles: 4,
    splits: { train: 60_000, test: 30_000 },
  });
  const stored = await world.granary.store.list(`datasets/${id}/`);
  expect(stored.objects).toHaveLength(5);
  expect((await world.granary.store.list('uploads/imports/')).objects).toEqual([]);
  // They are known to be made of their sources: they change with them.
  await put(id, { 'test.jsonl': lines(rows.slice(0, 1)) });
  expect(await client.dataset(id)).toMatchObject({
    numSamples: 60_001,
    numFiles: 4,
    splits: { train: 60_000, test: 1 },
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Client } from '../support/client.ts';
import { ALLOWED_TOKEN } from '../support/hub-data.ts';
import { type HubWorld, startHubWorld } from '../support/hub-world.ts';
import { until } from '../support/until.ts';

type Json = ReturnType<typeof JSON.parse>;

let world: HubWorld;
let { hub, granary, client, start, download, sha256Of } = {} as HubWorld;
beforeAll(async () => {
  world = await startHubWorld();
  ({ hub, granary, client, start, download, sha256Of } = world);
});
afterAll(() => world.stop());
beforeEach(() => world.calm());

async function samples(id: string, query: Record<string, string | number> = {}): Promise<Json> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const { status, body } = await client.json('GET', `/api/v1/datasets/${id}/samples?${search}`);
  expect({ status, body: status === 200 ? {} : body }).toEqual({ status: 200, body: {} });
  return body;
}

async function statistics(id: string, query = ''): Promise<Json> {
  return until(
    async () => (await client.json('GET', `/api/v1/datasets/${id}/statistics${query}`)).body,
    ({ isCounted }) => isCounted,
  );
}

describe('what is public', () => {
  let multi: string;

  test('comes with all subsets, splits and shards, byte for byte', async () => {
    const { id, job, dataset } = await download({ repoId: 'org/multi' });
    multi = id;
    expect(job).toMatchObject({ state: 'completed', kind: 'download' });
    expect(dataset).toMatchObject({
      status: 'ready',
      format: 'parquet',
      taskType: 'text',
      source: 'huggingface',
      numSamples: 15_350,
      splits: { train: 15_050, test: 300, validation: 0 },
      description: 'Two subsets, with classes.',
      license: 'CC-BY-4.0',
      citation: '@misc{multi, title={Multi}}',
      hub: { repo: 'org/multi', subset: null, tokenProvided: false, commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
    });
    const tree = await client.tree(id);
    expect(Object.fromEntries(tree)).toEqual({
      'data/first/test-00000.parquet': sha256Of('org/multi/parquet/first/test/0000.parquet'),
      'data/first/train-00000.parquet': sha256Of('org/multi/parquet/first/train/0000.parquet'),
      'data/first/train-00001.parquet': sha256Of('org/multi/parquet/first/train/0001.parquet'),
      'data/second/train-00000.parquet': sha256Of('org/multi/parquet/second/train/0000.parquet'),
      'data/second/validation-00000.parquet': sha256Of('org/multi/parquet/second/validation/0000.parquet'),
    });
  });

  test('is paged at any offset, over the edge of shards', async () => {
    const page = await samples(multi, { subset: 'first', split: 'train', offset: 9_998, limit: 4 });
    expect(page).toMatchObject({ total: 15_000, nextOffset: 10_002, subset: 'first', split: 'train' });
    expect(page.columns).toEqual([
      { name: 'id', type: 'int64' },
      { name: 'text', type: 'string' },
      { name: 'label', type: 'class_label', names: ['no', 'maybe', 'yes'] },
      { name: 'score', type: 'float64' },
    ]);
    expect(page.items).toEqual(
      [9_998, 9_999, 10_000, 10_001].map((i) => ({
        index: i,
        row: { id: i, text: `row ${i}`, label: i % 3, score: i % 10 === 0 ? null : i / 4 },
      })),
    );
    expect(await samples(multi, { subset: 'first', offset: 14_999, limit: 4 })).toMatchObject({
      nextOffset: null,
      items: [{ index: 14_999 }],
    });
    expect((await samples(multi, { offset: 20_000 })).items).toEqual([]);
    expect(
      (await samples(multi, { subset: 'first', split: 'train', columns: 'id,text', limit: 1 })).items[0].row,
    ).toEqual({ id: 0, text: 'row 0' });
  });

  test('is searched through all rows, whatever their case, in columns and by filters', async () => {
    const found = await samples(multi, { subset: 'first', search: 'NEEDLE ÜNÏCODE 漢字', limit: 3 });
    expect(found).toMatchObject({ total: 150, nextOffset: 3 });
    expect(found.items.map(({ index }: Json) => index)).toEqual([7, 107, 207]);
    const further = await samples(multi, { subset: 'first', search: 'needle', offset: 99, limit: 2 });
    expect(further.items.map(({ index, row }: Json) => [index, row.id])).toEqual([
      [9_907, 9_907],
      [10_007, 10_007],
    ]);
    expect(await samples(multi, { subset: 'first', search: 'row 1499[0-4]$', regex: 'true' })).toMatchObject({
      total: 5,
    });
    expect(await samples(multi, { subset: 'first', search: '14.9', regex: 'false' })).toMatchObject({ total: 0 });
    expect(await samples(multi, { subset: 'first', search: '1499', in: 'id' })).toMatchObject({ total: 12 });
    const filters = JSON.stringify([
      { column: 'label', op: 'equals', value: 'yes' },
      { column: 'score', op: 'max', value: 3 },
      { column: 'score', op: 'not_null' },
    ]);
    expect((await samples(multi, { subset: 'first', filters })).items.map(({ row }: Json) => row.id)).toEqual([
      2, 5, 8, 11,
    ]);
    expect(
      await samples(multi, { subset: 'first', filters: JSON.stringify([{ column: 'score', op: 'null' }]) }),
    ).toMatchObject({ total: 1_500 });
  });

  test('says what is wrong with a search', async () => {
    const ask = (query: string) => client.json('GET', `/api/v1/datasets/${multi}/samples?${query}`);
    expect(await ask('search=%5Ba&regex=true')).toMatchObject({ status: 400, body: { issues: [{ path: 'search' }] } });
    expect(await ask('search=a&in=nope')).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'columns', message: 'there is no column "nope"' }] },
    });
    expect(await ask('filters=nope')).toMatchObject({ status: 400, body: { issues: [{ path: 'filters' }] } });
    expect(await ask('split=nope')).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('first/train') },
    });
  });

  test('an empty split has columns and no rows', async () => {
    expect(await samples(multi, { subset: 'second', split: 'validation' })).toMatchObject({
      total: 0,
      items: [],
      columns: [{ name: 'id' }, {}, {}, {}],
    });
    expect(await statistics(multi, '?subset=second&split=validation')).toMatchObject({ rows: 0 });
  });

  test('is counted', async () => {
    const { rows, columns } = await statistics(multi, '?subset=first&split=train');
    expect(rows).toBe(15_000);
    expect(columns.id).toMatchObject({ type: 'int64', nulls: 0, min: 0, max: 14_999, mean: 7_499.5 });
    expect(Math.abs(columns.id.distinct - 15_000)).toBeLessThan(3_000);
    expect(columns.id.histogram.reduce((sum: number, { count }: Json) => sum + count, 0)).toBe(15_000);
    expect(columns.score).toMatchObject({ nulls: 1_500, min: 0.25, max: 3_749.75 });
    expect(columns.text.length).toMatchObject({ min: 5, max: 29 });
    expect(columns.text.length.mean).toBeLessThanOrEqual(columns.text.length.max);
    expect(columns.text.length.histogram.reduce((sum: number, { count }: Json) => sum + count, 0)).toBe(15_000);
    expect(columns.label.values).toHaveLength(3);
    expect(columns.label.values).toEqual(expect.arrayContaining([{ value: 'maybe', count: 5_000 }]));
  });

  test('is offered when it is there already, and downloaded again when that is asked for', async () => {
    const known = await start({ repoId: 'org/multi' });
    expect(known).toMatchObject({ status: 202, body: { id: multi, isDuplicate: true } });
    const { id, dataset } = await download({ repoId: 'org/multi', subset: 'second', split: 'train' });
    expect(id).not.toBe(multi);
    expect(dataset).toMatchObject({ name: 'multi (2)', numSamples: 50, splits: { train: 50 } });
    const again = await start({ repoId: 'org/multi', subset: 'second', split: 'train', again: true });
    expect(again.body).toMatchObject({ isDuplicate: false, name: 'multi (3)' });
    await client.waitForJob(again.body.jobId);
  });

  test('gives the first samples only, and reads no more than it needs', async () => {
    const { dataset, id } = await download({ repoId: 'org/large', maxSamples: 1_000, name: 'few' });
    expect(dataset).toMatchObject({ numSamples: 1_000, name: 'few' });
    expect((await samples(id, { offset: 999 })).items[0].row.id).toBe(999);
    const sent = [...hub.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(sent).toBeLessThan(6e6);
    // Features stay with what was written anew.
    const few = await download({ repoId: 'org/multi', subset: 'first', maxSamples: 10, name: 'few classes' });
    expect(few.dataset.splits).toEqual({ train: 10, test: 10 });
    expect((await samples(few.id)).columns[2]).toMatchObject({ type: 'class_label', names: ['no', 'maybe', 'yes'] });
  });

  test('without a namespace, of another revision, nested, with an empty file', async () => {
    const { id, dataset } = await download({ repoId: 'plain' });
    expect(dataset).toMatchObject({ name: 'plain', numSamples: 40, splits: { train: 40, test: 0 } });
    expect([...(await client.tree(id)).keys()]).toEqual([
      'data/default/test-00000.parquet',
      'data/default/train-00000.parquet',
    ]);
    const page = await samples(id, { offset: 1, limit: 1 });
    expect(page.columns.map(({ name, type }: Json) => [name, type])).toEqual([
      ['id', 'int64'],
      ['messages', 'list'],
      ['meta', 'struct'],
      ['when', 'string'],
    ]);
    expect(page.items[0].row).toEqual({
      id: 1,
      messages: [
        { role: 'user', content: 'Question 1?' },
        { role: 'assistant', content: 'Answer "1" — こんにちは' },
      ],
      meta: { source: null, tags: ['a', 't1'] },
      when: '2024-02-30',
    });
    expect(await samples(id, { search: 'question 1' })).toMatchObject({ total: 11 });
    expect(await samples(id, { split: 'test' })).toMatchObject({ total: 0 });
    const tagged = await download({ repoId: 'plain', revision: 'v1.0' });
    expect(tagged.dataset).toMatchObject({ numSamples: 5, hub: { revision: 'v1.0' } });
    const few = await download({ repoId: 'plain', maxSamples: 3, split: 'train' });
    expect(few.dataset).toMatchObject({ numSamples: 3 });
  });

  test('CSV in subsets by the card', async () => {
    const { id, dataset } = await download({ repoId: 'org/card' });
    expect(dataset.numSamples).toBe(3);
    expect((await samples(id, { subset: 'alpha' })).items.map(({ row }: Json) => row)).toEqual([
      { question: 'one, two', answer: 'line\nbreak', points: 1 },
      { question: 'three', answer: 'four', points: 2.5 },
    ]);
    expect((await samples(id, { subset: 'beta' })).items[0].row).toMatchObject({ question: 'five' });
    const few = await download({ repoId: 'org/card', subset: 'alpha', maxSamples: 1 });
    expect((await samples(few.id)).items).toHaveLength(1);
  });

  test('images in rows are shown', async () => {
    const { id } = await download({ repoId: 'org/images' });
    const page = await samples(id, { limit: 1 });
    expect(page.columns[0]).toEqual({ name: 'image', type: 'image' });
    expect(page.items[0].row.image).toEqual({ $bytes: 70, path: 'pixel.png' });
    const cell = await client.raw('GET', `/api/v1/datasets/${id}/samples/cell?index=3&column=image&w=64`);
    expect(cell.status).toBe(200);
    expect(cell.headers.get('content-type')).toBe('image/webp');
    expect((await client.raw('GET', `/api/v1/datasets/${id}/samples/cell?index=3&column=caption`)).status).toBe(404);
    const stranger = new Client(granary.url);
    await stranger.register();
    expect((await stranger.raw('GET', `/api/v1/datasets/${id}/samples/cell?index=3&column=image`)).status).toBe(404);
  });
});

test('sound in rows is kept, and played by ranges', async () => {
  const { id, job } = await download({ repoId: 'org/sounds' });
  expect(job).toMatchObject({ error: null, state: 'completed' });
  const { body } = await client.json('GET', `/api/v1/datasets/${id}/samples?limit=1`);
  expect(body).toMatchObject({
    columns: [{ name: 'audio', type: 'audio' }, { name: 'text' }],
    items: [{ row: { audio: { $bytes: 100, path: 'sound.wav' }, text: 'said 0' } }],
  });
  const at = `/api/v1/datasets/${id}/samples/audio?index=2`;
  const part = await client.raw('GET', `${at}&column=audio`, undefined, { range: 'bytes=0-3' });
  expect([part.status, part.headers.get('content-type'), part.headers.get('content-range')]).toEqual([
    ...[206, 'audio/wav', 'bytes 0-3/100'],
  ]);
  expect(await part.text()).toBe('RIFF');
  expect((await client.raw('GET', `${at}&column=text`)).status).toBe(404);
});

describe('looking up', () => {
  test('shows subsets, splits, sizes and the license before anything is downloaded', async () => {
    const { status, body } = await client.json('GET', '/api/v1/hub/info?repoId=org/multi');
    expect(status).toBe(200);
    expect(body).toMatchObject({ license: 'CC-BY-4.0', gated: 'no', isConverted: true, access: null });
    expect(
      body.subsets.map((subset: Json) => [
        subset.name,
        subset.splits.map(({ name, numFiles }: Json) => [name, numFiles]),
      ]),
    ).toEqual([
      [
        'first',
        [
          ['test', 1],
          ['train', 2],
        ],
      ],
      [
        'second',
        [
          ['train', 1],
          ['validation', 1],
        ],
      ],
    ]);
    expect(body.sizeBytes).toBeGreaterThan(10_000);
  });

  test('says what a gated one is, and shows all of it to who has access', async () => {
    const { body } = await client.json('GET', '/api/v1/hub/info?repoId=org/gated');
    expect(body).toMatchObject({
      gated: 'manual',
      subsets: [],
      access: { code: 'hub_gated', message: expect.stringContaining(`${hub.url}/datasets/org/gated`) },
    });
    const allowed = await client.json('POST', '/api/v1/hub/info', { repoId: 'org/gated', accessToken: ALLOWED_TOKEN });
    expect(allowed.body).toMatchObject({ access: null, subsets: [{ name: 'default' }] });
    expect(hub.leakedTokens).toEqual([]);
  });

  test.each([
    ['a/b/c', 'slash'],
    ['org/', 'namespace'],
    ['org/na me', 'character'],
    ['org/a--b', '--'],
    ['-org/a', 'begins'],
    ['org/a.git', '.git'],
    ['x'.repeat(97), '97'],
  ])('refuses %s as an id, and says why', async (repoId, reason) => {
    const answer = await client.json('GET', `/api/v1/hub/info?repoId=${encodeURIComponent(repoId)}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'repoId', message: expect.stringContaining(reason) }] },
    });
    expect(await start({ repoId })).toMatchObject({ status: 400 });
  });
});

describe('what the Hub refuses', () => {
  test.each([
    [{ repoId: 'org/missing' }, 'hub_not_found', 'or it is private'],
    [{ repoId: 'org/private' }, 'hub_not_found', 'or it is private'],
    [{ repoId: 'org/private', accessToken: 'hf_other' }, 'hub_not_found', 'cannot see it'],
    [{ repoId: 'org/gated' }, 'hub_gated', '/datasets/org/gated'],
    [{ repoId: 'org/gated', accessToken: 'hf_other' }, 'hub_gated', 'was not given access'],
    [{ repoId: 'org/gated', accessToken: 'hf_unknown' }, 'hub_token_invalid', 'access token'],
    [{ repoId: 'org/multi', revision: 'v9' }, 'hub_revision_unknown', 'no such revision'],
    [{ repoId: 'org/multi', subset: 'third' }, 'hub_subset_unknown', '"first", "second"'],
    [{ repoId: 'org/multi', split: 'dev' }, 'hub_split_unknown', '"train"'],
    [{ repoId: 'org/disabled' }, 'hub_disabled', 'disabled'],
    [{ repoId: 'org/nodata' }, 'hub_no_data', 'no files with rows'],
    [{ repoId: 'org/broken' }, 'unreadable_table', 'train.jsonl'],
  ])('%j fails with %s', async (body, code, message) => {
    const { job, dataset, id } = await download(body);
    expect(job).toMatchObject({ state: 'failed', error: { code, message: expect.stringContaining(message) } });
    expect(dataset).toMatchObject({ status: 'failed', errorCode: code, numFiles: 0 });
    expect(await client.tree(id)).toEqual(new Map());
    const left = await granary.store.list(`datasets/${id}/`);
    expect(left.objects).toEqual([]);
  });

  test('a gated one comes with the token of who has access; a retry takes it', async () => {
    const { dataset } = await download({ repoId: 'org/private', accessToken: ALLOWED_TOKEN });
    expect(dataset).toMatchObject({ status: 'ready', numSamples: 100, hub: { tokenProvided: true } });
    const refused = await download({ repoId: 'org/gated', name: 'gated later' });
    const retried = await client.json('POST', `/api/v1/datasets/${refused.id}/retry`, { accessToken: ALLOWED_TOKEN });
    expect((await client.waitForJob(retried.body.jobId)).state).toBe('completed');
    expect(await client.dataset(refused.id)).toMatchObject({ status: 'ready', numSamples: 100 });
  });

  test('a token that comes while a download waits is taken; one that comes too late begins another', async () => {
    const { sql } = granary.database;
    const first = await start({ repoId: 'org/gated', revision: 'main', name: 'waits' });
    const second = await start({ repoId: 'org/gated', revision: 'main', accessToken: ALLOWED_TOKEN });
    // Whether the worker was faster is seen by whether it is the same.
    const isSame = second.body.id === first.body.id;
    expect(second.body.isDuplicate).toBe(isSame);
    const { state } = await client.waitForJob(second.body.jobId);
    expect(isSame || state === 'completed').toBe(true);
    // As one that waits behind others for longer.
    const waiting = await download({ repoId: 'org/gated', revision: 'main', maxSamples: 3, name: 'waits longer' });
    await sql`update imports set state = 'queued', sealed_token = null where dataset_id = ${waiting.id}`;
    await sql`update datasets set status = 'pending' where id = ${waiting.id}`;
    const given = await start({ repoId: 'org/gated', revision: 'main', maxSamples: 3, accessToken: ALLOWED_TOKEN });
    expect(given.body).toMatchObject({ id: waiting.id, isDuplicate: true });
    const [row] = await sql`select sealed_token from imports where dataset_id = ${waiting.id}`;
    expect(row?.sealed_token).not.toBeNull();
    await sql`update imports set state = 'running' where dataset_id = ${waiting.id}`;
    const late = await start({ repoId: 'org/gated', revision: 'main', maxSamples: 3, accessToken: ALLOWED_TOKEN });
    expect(late.body.isDuplicate).toBe(false);
    expect((await client.waitForJob(late.body.jobId)).state).toBe('completed');
    await sql`update imports set state = 'failed', sealed_token = null where dataset_id = ${waiting.id}`;
    await sql`update datasets set status = 'failed' where id = ${waiting.id}`;
  });

  test('a mirror without HEAD is asked otherwise', async () => {
    hub.faults.noHead = true;
    const { job } = await download({ repoId: 'org/multi', subset: 'first', split: 'test', again: true });
    expect(job.state).toBe('completed');
  });

  test('429 and 5xx are waited out', async () => {
    hub.faults.tooMany = { times: 1, retryAfterSeconds: 1 };
    hub.faults.failing = { times: 1, status: 503 };
    const { job } = await download({ repoId: 'org/multi', subset: 'second', split: 'train', again: true });
    expect(job.state).toBe('completed');
  });

  test('wrong bytes are fetched again, and then refused', async () => {
    hub.faults.wrongBytes = { file: '0000.parquet', times: 2 };
    const healed = await download({ repoId: 'org/multi', subset: 'first', split: 'test', again: true });
    expect(healed.job.state).toBe('completed');
    hub.faults.wrongBytes = { file: '0001.parquet', times: 100 };
    const { job, dataset, id } = await download({ repoId: 'org/large', name: 'wrong' });
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: 'hub_wrong_content', message: expect.stringContaining('0001.parquet') },
    });
    expect(dataset).toMatchObject({ status: 'failed', numFiles: 0 });
    expect((await granary.store.list(`datasets/${id}/`)).objects).toEqual([]);
  });
});

import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { assertContract, procedures } from '../support/contract.ts';
import { type OwnedDataset, ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
let owner: Client;
let at: string;

beforeAll(async () => {
  world = await ownedDataset(granary);
  ({ owner } = world);
  at = `/api/v1/datasets/${world.datasetId}`;
});

describe('a dataset', () => {
  test('has a name of up to 255 characters', async () => {
    const create = (name: string) => owner.json('POST', '/api/v1/datasets', { name });
    expect((await create('n'.repeat(255))).body.name).toHaveLength(255);
    expect((await create('n'.repeat(256))).body.issues).toMatchObject([{ path: 'name', limit: 255 }]);
  });

  test('says where its files are, and whose it is; an e-mail address to who manages it only', async () => {
    const mine = await owner.dataset(world.datasetId);
    expect(mine).toMatchObject({
      storageType: world.granary.store.type,
      storagePath: `datasets/${world.datasetId}/`,
      owner: { name: 'owner', email: 'owner@example.org' },
    });
    const viewer = await (await personOf(world, 'looker', 'viewer')).dataset(world.datasetId);
    expect(viewer.owner).toEqual({ id: mine.owner.id, name: 'owner' });
    expect((await owner.json('GET', '/api/v1/datasets')).body.items[0]).toHaveProperty('storagePath');
  });

  test('changes its task, and its annotations are what they were', async () => {
    const change = async (taskType: string | null) => (await owner.json('PATCH', at, { taskType })).body;
    const labels = async () => (await owner.raw('GET', `${at}/annotations/download?format=coco`)).text();
    const before = await labels();
    expect((await change('instance_segmentation')).taskType).toBe('instance_segmentation');
    expect(await labels()).toBe(before);
    expect((await change(null)).taskType).toBeNull();
    expect((await change('text')).issues).toMatchObject([{ path: 'taskType' }]);
    expect((await change('guessing')).issues).toMatchObject([{ path: 'taskType' }]);
    expect((await change('object_detection')).taskType).toBe('object_detection');
  });

  test('keeps metadata that merge, and nothing that was counted among them', async () => {
    const patch = (metadata: unknown) => owner.json('PATCH', at, { metadata });
    await patch({ trainer: { run: 1, best: [1, 2] }, tables: { a: 1 }, note: 'x' });
    const merged = await patch({ trainer: { run: null, best: [3] }, note: null, more: { deep: { er: true } } });
    const expected = {
      trainer: { run: 1, best: [3] },
      tables: { a: 1 },
      note: 'x',
      more: { deep: { er: true } },
    };
    expect([merged.status, merged.body.metadata]).toEqual([200, expected]);
    expect((await owner.dataset(world.datasetId)).metadata).toEqual(expected);
    expect((await owner.json('GET', '/api/v1/datasets')).body.items[0]).not.toHaveProperty('metadata');
    for (const refused of [
      ...['text', [1], 7, { a: 'x'.repeat(66_000) }, { a: '\0' }, { 'a\0': 1 }, { a: '\ud83d' }],
      JSON.parse(`${'{"a":'.repeat(30)}1${'}'.repeat(30)}`),
    ]) {
      const { status, body } = await patch(refused);
      expect([status, body.issues?.[0]?.path], JSON.stringify(refused).slice(0, 40)).toEqual([400, 'metadata']);
    }
    const headers = { 'content-type': 'application/json' };
    expect((await owner.raw('PATCH', at, '{"metadata":{"__proto__":{"a":1}}}', headers)).status).toBe(400);
    await Promise.all(Array.from({ length: 8 }, (_, i) => patch({ at: { once: { [`k${i}`]: i } } })));
    expect(Object.keys((await owner.dataset(world.datasetId)).metadata.at.once)).toHaveLength(8);
  });

  test('a counted split of texts is not told as metadata, and cannot be overwritten by them', async () => {
    const id = await owner.createDataset('texts');
    const rows = Array.from({ length: 20 }, (_, i) => JSON.stringify({ text: `row ${i}` })).join('\n');
    await owner.importArchive(id, 'a.zip', await zipOf(new Map([['train.jsonl', Buffer.from(rows)]])));
    await expect
      .poll(async () => (await owner.json('GET', `/api/v1/datasets/${id}/statistics`)).body.isCounted, {
        timeout: 30_000,
      })
      .toBe(true);
    expect((await owner.dataset(id)).metadata).toEqual({});
    await owner.json('PATCH', `/api/v1/datasets/${id}`, { metadata: { tables: { default: { train: null } }, a: 1 } });
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}/statistics`);
    expect(body).toMatchObject({ isCounted: true, rows: 20 });
    expect((await owner.dataset(id)).metadata).toEqual({ tables: { default: {} }, a: 1 });
  });

  test('is described by meta.json, which no list has', async () => {
    const content = (headers = {}) => owner.raw('GET', `${at}/files/content?path=meta.json`, undefined, headers);
    const stored = await world.granary.store.get(`datasets/${world.datasetId}/meta.json`);
    const bytes = Buffer.concat(await stored.toArray());
    const answer = await content();
    expect([answer.status, Buffer.from(await answer.arrayBuffer())]).toEqual([200, bytes]);
    expect(JSON.parse(bytes.toString())).toMatchObject({ id: world.datasetId, name: 'pictures' });
    const part = await content({ range: 'bytes=2-5' });
    expect([part.status, await part.text()]).toEqual([206, bytes.subarray(2, 6).toString()]);
    expect((await content({ 'if-none-match': answer.headers.get('etag') ?? '' })).status).toBe(304);
    expect([...(await owner.tree(world.datasetId)).keys()]).not.toContain('meta.json');
    await owner.json('PATCH', at, { name: 'renamed' });
    expect((await (await content()).json()).name).toBe('renamed');
    await owner.json('PATCH', at, { name: 'pictures' });
    const empty = await owner.createDataset('nothing in it');
    expect((await owner.raw('GET', `/api/v1/datasets/${empty}/files/content?path=meta.json`)).status).toBe(404);
  });
});

test('an annotation says who drew it, who confirmed it, and when', async () => {
  const { body } = await owner.json('GET', `${at}/images/${world.imageId}/annotations`);
  const { owner: me } = await owner.dataset(world.datasetId);
  expect(body.items.length).toBeGreaterThan(0);
  for (const item of body.items) {
    expect(item).toMatchObject({ state: 'confirmed', createdBy: me.id, confirmedBy: me.id });
    expect(Date.parse(item.confirmedAt)).toBeLessThanOrEqual(Date.now());
  }
});

describe('a field that a request does not have', () => {
  test('is named, however deep it lies, and nothing is changed', async () => {
    const asked = await owner.json('PATCH', at, { name: 'other', nmae: 'x', owner: { id: 1 } });
    expect([asked.status, asked.body.code]).toEqual([400, 'invalid_input']);
    expect(asked.body.issues).toEqual(
      ['nmae', 'owner'].map((path) => ({ path, message: expect.any(String), code: 'unrecognized_keys' })),
    );
    expect((await owner.dataset(world.datasetId)).name).toBe('pictures');
    const bulk = await owner.json('POST', '/api/v1/datasets/bulk-update', { filter: { serach: 'x' }, addTags: ['t'] });
    expect(bulk.body.issues).toMatchObject([{ path: 'filter.serach' }]);
  });

  test('is refused by every call that has a body', async () => {
    const accepted: string[] = [];
    for (const [name, call] of Object.entries(procedures)) {
      if (!call || call.method === 'GET' || call.method === 'DELETE' || name.startsWith('auth.logout')) continue;
      const answer = await owner.json(call.method, `/api/v1${call.path.replace(/\{\w+\}/g, 'x')}`, { strange: 1 });
      const named = answer.body.issues?.some((issue: { path: string }) => issue.path === 'strange');
      if (answer.status !== 400 || !named) accepted.push(`${name} ${answer.status}`);
      assertContract(name, answer);
    }
    expect(accepted).toEqual([]);
  });

  test('is nothing that who is not signed in is told of', async () => {
    const { status } = await fetch(new URL(at, owner.base), {
      method: 'PATCH',
      body: '{"nmae":1}',
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(401);
  });
});

test('every list tells the total when it is asked for, and only then', async () => {
  const many = await owner.createDataset('many');
  await owner.importArchive(many, 'a.zip', await zipOf(await yoloDataset(7)));
  const of = `/api/v1/datasets/${many}`;
  const admin = await personOf(world, 'watching');
  await admin.json('POST', '/api/v1/auth/login', { email: 'admin@example.org', password: 'correct horse' });
  const image = (await owner.json('GET', `${of}/images`)).body.items[0].id;
  const lists: [string, Client][] = [
    ...['/api/v1/datasets?', '/api/v1/datasets?sort=size&search=many&', '/api/v1/datasets/available?'].map(mine),
    ...[
      `${of}/files?`,
      `${of}/files?prefix=images/&`,
      `${of}/files?delimiter=/&`,
      `${of}/files?prefix=images/train/&delimiter=/&`,
    ].map(mine),
    ...[`${of}/images?`, `${of}/images?labeled=true&search=train&`, `${of}/images/${image}/annotations?`].map(mine),
    ...[`${of}/duplicates?`, `${of}/imports?`, `${of}/usages?`, `${of}/backups?`, `${of}/audit-log?`].map(mine),
    ...[`/api/v1/jobs?datasetId=${many}&`, '/api/v1/organizations?', '/api/v1/trash?'].map(mine),
    ...['admin/users?', 'admin/datasets?', 'admin/jobs?', 'admin/audit-log?', 'backups?'].map(
      (path): [string, Client] => [`/api/v1/${path}`, admin],
    ),
  ];
  for (const [path, client] of lists) {
    let [seen, cursor] = [0, ''];
    let first: { total?: number; items: unknown[] } | undefined;
    do {
      const { status, body } = await client.json(
        'GET',
        `${path}withTotal=true&limit=3${cursor && `&cursor=${cursor}`}`,
      );
      expect(status, path).toBe(200);
      first ??= body;
      expect(body.total, path).toBe(first?.total);
      seen += body.items.length + (body.folders?.length ?? 0);
      cursor = body.nextCursor ?? '';
    } while (cursor);
    expect(first?.total, path).toBe(seen);
    expect((await client.json('GET', `${path}limit=1`)).body, path).not.toHaveProperty('total');
  }
});

const mine = (path: string): [string, Client] => [path, owner];

describe('a method that a path does not have', () => {
  test.each([
    ['PUT', '/datasets/x', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['PATCH', '/datasets', 'GET, HEAD, OPTIONS, POST'],
    ['GET', '/auth/login', 'OPTIONS, POST'],
    ['DELETE', '/datasets/x/files/content', 'GET, HEAD, OPTIONS'],
    ['POST', '/jobs/x/events', 'GET, HEAD, OPTIONS'],
  ])('%s %s', async (method, path, allow) => {
    const answer = await owner.json(method, `/api/v1${path}`);
    expect([answer.status, answer.body.code, answer.headers.get('allow')]).toEqual([405, 'method_not_allowed', allow]);
  });

  test('OPTIONS tells those it has, HEAD is GET without a body, and a path that is none has none', async () => {
    const options = await owner.raw('OPTIONS', '/api/v1/datasets');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    const head = await owner.raw('HEAD', at);
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await owner.raw('HEAD', '/api/v1/datasets/nothing')).status).toBe(404);
    expect((await owner.json('PUT', '/api/v1/nothing')).status).toBe(404);
  });
});

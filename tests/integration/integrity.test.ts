import { utimesSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { contentHashOf, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { keysOf } from '../support/kill.ts';
import { contentOf, deletion, keysWithId, purge, trash } from '../support/life.ts';
import { useGranary } from '../support/world.ts';

type Json = ReturnType<typeof JSON.parse>;

const granary = useGranary();
let admin: Client;
let owner: Client;

beforeAll(async () => {
  admin = await granary.person('admin');
  owner = await granary.person('owner');
});

async function imported(images = 6): Promise<{ id: string; files: Map<string, Uint8Array> }> {
  const files = await yoloDataset(images);
  const id = await owner.createDataset();
  await owner.importArchive(id, 'a.zip', await zipOf(files));
  return { id, files };
}

async function check(client: Client, body: object): Promise<{ checkId: string; findings: Json[]; job: Json }> {
  const started = await client.json('POST', '/api/v1/integrity-checks', body);
  const job = await client.waitForJob(started.body.jobId);
  const { body: page } = await client.json('GET', `/api/v1/integrity-checks/${job.id}/findings?limit=100`);
  return { checkId: job.id, findings: page.items, job };
}

async function repair(client: Client, checkId: string, code: string, how: string): Promise<Json> {
  const call = (dryRun: boolean) =>
    client.json('POST', `/api/v1/integrity-checks/${checkId}/repairs`, { code, repair: how, dryRun });
  const dry = await call(true);
  expect(dry.body).toMatchObject({ dryRun: true, jobs: [] });
  const { body } = await call(false);
  expect(body.findings).toBe(dry.body.findings);
  for (const job of body.jobs) expect(await client.waitForJob(job)).toMatchObject({ state: 'completed' });
  return body;
}

const brief = (findings: Json[]) => findings.map(({ code, subject }) => `${code} ${subject}`).sort();

describe('integrity of a dataset', () => {
  test('a sound one has no findings, also in depth', async () => {
    const { id } = await imported();
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}/images`);
    await owner.raw('GET', `/api/v1/datasets/${id}/images/${body.items[0].id}/thumbnail`);
    const { findings, job } = await check(owner, { datasetId: id, deep: true });
    expect(findings).toEqual([]);
    expect(job.result).toMatchObject({ files: 15, objects: 15, datasets: 1, busy: 0, findings: 0 });
  });

  test('an object that is missing is found, and its row removed; what is there stays', async () => {
    const { id, files } = await imported();
    const path = [...files.keys()].find((name) => name.endsWith('.png')) ?? '';
    await granary.store.delete([`datasets/${id}/${path}`]);
    const { checkId, findings } = await check(owner, { datasetId: id });
    expect(brief(findings)).toEqual([`missing_object ${path}`]);
    expect(findings[0].repairs).toEqual(['remove']);
    await repair(owner, checkId, 'missing_object', 'remove');
    expect((await owner.dataset(id)).numImages).toBe(5);
    expect((await check(owner, { datasetId: id })).findings.filter(({ code }) => code !== 'missing_object')).toEqual(
      [],
    );
  });

  test('an object that no row knows is adopted, or deleted', async () => {
    const { id, files } = await imported();
    const added = await yoloDataset(8);
    const unknown = [...added.keys()].filter((path) => !files.has(path));
    for (const path of [...unknown, 'note.txt']) {
      await granary.store.put(`datasets/${id}/${path}`, Buffer.from(added.get(path) ?? 'a note'));
    }
    const first = await check(owner, { datasetId: id });
    expect(brief(first.findings)).toEqual([...unknown, 'note.txt'].map((path) => `unknown_object ${path}`).sort());
    const note = first.findings.find(({ subject }) => subject === 'note.txt');
    const only = await owner.json('POST', `/api/v1/integrity-checks/${first.checkId}/repairs`, {
      code: 'unknown_object',
      repair: 'delete',
      dryRun: false,
      findingIds: [note.id],
    });
    expect(await owner.waitForJob(only.body.jobs[0])).toMatchObject({ result: { repaired: 1, bytesFreed: 6 } });
    await repair(owner, first.checkId, 'unknown_object', 'adopt');
    expect((await owner.dataset(id)).contentHash).toBe(contentHashOf(new Map([...files, ...added])));
    expect(await keysWithId(granary, id)).not.toContain(`datasets/${id}/note.txt`);
    expect((await check(owner, { datasetId: id, deep: true })).findings).toEqual([]);
  });

  test('content that was changed behind the back of Granary is found by size, or in depth, and taken as it is', async () => {
    const { id, files } = await imported();
    const labels = [...files.keys()].filter((path) => path.endsWith('.txt'));
    const [longer = '', other = ''] = labels;
    const text = Buffer.from(files.get(other) ?? '').toString();
    const changed = Buffer.from(`${text.startsWith('1') ? '0' : '1'}${text.slice(1)}`);
    await granary.store.put(`datasets/${id}/${longer}`, Buffer.from('0 0.5 0.5 0.1 0.1\n'.repeat(3)));
    await granary.store.put(`datasets/${id}/${other}`, changed);
    expect(brief((await check(owner, { datasetId: id })).findings)).toEqual([`wrong_size ${longer}`]);
    const { checkId, findings } = await check(owner, { datasetId: id, deep: true });
    expect(brief(findings)).toEqual([`wrong_hash ${other}`, `wrong_size ${longer}`]);
    const backup = await owner.json('POST', `/api/v1/datasets/${id}/backups`, {});
    const failed = await owner.waitForJob(backup.body.jobId);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'content_damaged' } });
    expect(await keysOf(granary, `backups/${id}/`)).toEqual([]);
    await repair(owner, checkId, 'wrong_hash', 'rehash');
    await repair(owner, checkId, 'wrong_size', 'rehash');
    const now = new Map(files).set(longer, Buffer.from('0 0.5 0.5 0.1 0.1\n'.repeat(3))).set(other, changed);
    expect(await owner.dataset(id)).toMatchObject({ contentHash: contentHashOf(now), numAnnotations: 13 });
    expect((await check(owner, { datasetId: id, deep: true })).findings).toEqual([]);
  });

  test('totals and the content hash are counted anew', async () => {
    const { id, files } = await imported();
    await granary.database.sql`update datasets set num_files = 3, content_hash = 'x' where id = ${id}`;
    const { checkId, findings } = await check(owner, { datasetId: id });
    expect(findings.map(({ code }) => code)).toEqual(['wrong_totals', 'wrong_content_hash']);
    await repair(owner, checkId, 'wrong_totals', 'recount');
    expect(await owner.dataset(id)).toMatchObject({ numFiles: files.size, contentHash: contentHashOf(files) });
  });

  test('a repair that is none for the finding is refused', async () => {
    const { id } = await imported();
    const { checkId } = await check(owner, { datasetId: id });
    const answer = await owner.json('POST', `/api/v1/integrity-checks/${checkId}/repairs`, {
      code: 'missing_object',
      repair: 'delete',
    });
    expect(answer).toMatchObject({ status: 400, body: { issues: [{ path: 'repair' }] } });
  });
});

test('the whole store: what belongs to nothing is found and deleted, by admins alone', async () => {
  expect((await owner.json('POST', '/api/v1/integrity-checks', {})).status).toBe(403);
  const { id } = await imported();
  const gone = '00000000-0000-4000-8000-000000000000';
  const strays = [
    `datasets/${gone}/a.jpg`,
    `history/${gone}/${'0'.repeat(64)}`,
    `thumbnails/${gone}/x.webp`,
    `exports/${gone}/x.zip`,
    `backups/${gone}/20200101T000000.000Z/complete.zip`,
    `uploads/${'0'.repeat(32)}`,
    `uploads/${'0'.repeat(32)}.json`,
    `uploads/imports/${gone}/17`,
  ];
  const loose = [`thumbnails/${id}/loose.webp`];
  for (const key of [...strays, ...loose]) await granary.store.put(key, Buffer.from('stray'));
  const before = await contentOf(granary, id);
  // Nothing that is young is taken for a stray: it may belong to something that is being made.
  expect(brief((await check(admin, {})).findings)).toEqual([`orphan_thumbnail ${loose[0]}`]);
  for (const key of strays) utimesSync(`${granary.dataDir}/objects/${key}`, 1, 1);
  const { checkId, findings } = await check(admin, {});
  expect(findings.map(({ subject }) => subject).sort()).toEqual([...strays, ...loose].sort());
  await repair(admin, checkId, 'orphan_object', 'delete');
  await repair(admin, checkId, 'abandoned_upload', 'delete');
  await repair(admin, checkId, 'orphan_thumbnail', 'adopt');
  expect((await check(admin, {})).findings).toEqual([]);
  expect(await contentOf(granary, id)).toEqual(before);
});

describe('a removal', () => {
  test('can be undone, and all is what it was, with its ids', async () => {
    const { id, files } = await imported();
    const before = await contentOf(granary, id);
    const folder = 'images/train/';
    const removed = await owner.json('POST', `/api/v1/datasets/${id}/files/remove`, { folders: [folder] });
    expect(await owner.waitForJob(removed.body.jobId)).toMatchObject({ state: 'completed' });
    const taken = [...files.keys()].filter((path) => path.startsWith(folder));
    expect((await owner.dataset(id)).numFiles).toBe(files.size - taken.length);
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}/imports/${removed.body.importId}`);
    expect(body.revision).toBe(2);
    expect((await check(owner, { datasetId: id, deep: true })).findings).toEqual([]);
    const impact = await owner.json('GET', `/api/v1/datasets/${id}/deletion-impact`);
    expect(impact.body.objects).toBe((await keysWithId(granary, id)).length);
    const back = await owner.json('POST', `/api/v1/datasets/${id}/revisions/2/undo`, {});
    expect(await owner.waitForJob(back.body.jobId)).toMatchObject({
      ...{ state: 'completed', kind: 'undo' },
      result: { reverted: taken.length, conflicts: [] },
    });
    expect(await contentOf(granary, id)).toEqual(before);
    expect(await keysOf(granary, `history/${id}/`)).toEqual([]);
    expect((await check(owner, { datasetId: id, deep: true })).findings).toEqual([]);
  });

  test('is undone but for what lies there by now', async () => {
    const { id, files } = await imported();
    const path = [...files.keys()].find((name) => name.endsWith('.png')) ?? '';
    const removed = await owner.json('POST', `/api/v1/datasets/${id}/files/remove`, { paths: [path, 'data.yaml'] });
    await owner.waitForJob(removed.body.jobId);
    const other = [...files].find(([name]) => name.endsWith('.png') && name !== path)?.[1] ?? Buffer.alloc(0);
    await owner.importArchive(id, 'b.zip', await zipOf(new Map([[path, other]])));
    const back = await owner.json('POST', `/api/v1/datasets/${id}/revisions/2/undo`, {});
    expect(await owner.waitForJob(back.body.jobId)).toMatchObject({
      state: 'completed',
      result: { reverted: 1, conflicts: [path] },
    });
    expect((await owner.dataset(id)).contentHash).toBe(contentHashOf(new Map(files).set(path, other)));
  });
});

test('retention: what is due is purged, expires, or is forgotten', async () => {
  const { sql } = granary.database;
  const due = await imported();
  const kept = await imported();
  const removed = await imported();
  await trash(owner, due.id);
  await trash(owner, kept.id, { createBackup: 'false' });
  await sql`update datasets set purge_after = now() - interval '1 minute' where id = ${due.id}`;
  const taking = await owner.json('POST', `/api/v1/datasets/${removed.id}/files/remove`, { paths: ['data.yaml'] });
  await owner.waitForJob(taking.body.jobId);
  expect(await keysOf(granary, `history/${removed.id}/`)).toHaveLength(1);
  await sql`update dataset_revisions set created_at = now() - interval '31 days' where dataset_id = ${removed.id}`;
  const { JobQueue } = await import('@granary/core/queue/queue');
  const { siteDefaults } = await import('@granary/core/base/defaults');
  const { keepRetention } = await import('../../apps/worker/src/jobs/retention.ts');
  const { pino } = await import('pino');
  const { ImageDecoder } = await import('@granary/core/images/decoding/decoder');
  const { Tables, tablesSettings } = await import('@granary/tables');
  const log = pino({ level: 'silent' });
  const queue = new JobQueue(granary.database.url, log);
  await queue.start();
  const context = {
    database: granary.database,
    store: granary.store,
    tables: new Tables(granary.store, tablesSettings.parse({})),
    images: new ImageDecoder(),
    log,
    env: { DATABASE_URL: granary.database.url, ...siteDefaults.parse({}), GRANARY_UNDO_DAYS: 30 } as never,
  };
  try {
    await keepRetention(context, queue);
    const [row] = await sql<{ id: string }[]>`select purge_job_id as id from datasets where id = ${due.id}`;
    const job = await owner.waitForJob(row?.id ?? '');
    expect(job).toMatchObject({ state: 'completed', result: { imagesDeleted: 6, objectsLeft: 0 } });
    expect(await keysOf(granary, `backups/${due.id}/`)).toHaveLength(1);
    expect((await owner.dataset(kept.id)).purgeJobId).toBeNull();
    expect(await keysOf(granary, `history/${removed.id}/`)).toEqual([]);
    await sql`update backups set expires_at = now() - interval '1 minute' where dataset_id = ${due.id}`;
    await keepRetention(context, queue);
    expect(await keysOf(granary, `backups/${due.id}/`)).toEqual([]);
    const { body } = await owner.json('GET', '/api/v1/backups');
    expect(body.items.find((item: Json) => item.datasetId === due.id)).toMatchObject({ state: 'expired' });
    expect((await purge(owner, kept.id)).state).toBe('completed');
    expect((await deletion(owner, kept.id, { confirmName: 'x' })).status).toBe(404);
  } finally {
    await queue.stop();
  }
});

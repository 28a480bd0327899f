import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { contentHashOf, yoloDataset, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { startTestGranary, testS3 } from '../support/granary.ts';
import { keysOf, stateOf } from '../support/kill.ts';
import { backupOf, contentOf, keysWithId, nameOf, purge, restoreBackup, rowsLeft, trash } from '../support/life.ts';
import { useGranary } from '../support/world.ts';

const s3 = testS3('granary-deletion');
if (!s3) console.log('GRANARY_TEST_S3_ENDPOINT is not set: deletion is tested on files only');
const drivers = [['filesystem', {}], ...(s3 ? [['s3', s3] as const] : [])] as const;

describe.each(drivers)('a life on %s', (driver, env) => {
  const granary = useGranary({ env });
  let owner: Client;

  beforeAll(async () => {
    await granary.person('admin');
    owner = await granary.person('owner');
  });

  async function imported(images = 12): Promise<{ id: string; files: Map<string, Uint8Array> }> {
    const files = await yoloDataset(images);
    const id = await owner.createDataset();
    await owner.importArchive(id, 'a.zip', await zipOf(files));
    return { id, files };
  }
  async function withThumbnails(id: string, count: number): Promise<void> {
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}/images?limit=${count}`);
    for (const { id: fileId } of body.items) {
      const answer = await owner.raw('GET', `/api/v1/datasets/${id}/images/${fileId}/thumbnail`);
      if (answer.status !== 200) throw new Error(String(answer.status));
      await answer.arrayBuffer();
    }
  }

  test('the impact is what the store holds, object by object', async () => {
    const { id } = await imported();
    await withThumbnails(id, 5);
    const [before] = await Promise.all([owner.json('GET', `/api/v1/datasets/${id}/deletion-impact`)]);
    const keys = await keysWithId(granary, id);
    const sizes = await Promise.all(keys.map(async (key) => (await granary.store.head(key))?.sizeBytes ?? 0));
    expect(before.body).toMatchObject({
      images: 12,
      annotations: 24,
      versions: 0,
      projects: 1,
      usages: 0,
      objects: keys.length,
      storageBytes: sizes.reduce((sum, size) => sum + size, 0),
    });
    expect(before.body.prefixes.thumbnails.objects).toBe(5);
  });

  test('delete and restore give back the same rows, bytes and content hash', async () => {
    const { id, files } = await imported();
    const before = await stateOf(granary, owner, id);
    const deleted = await trash(owner, id, { createBackup: 'false' });
    expect(deleted).toMatchObject({ datasetId: id, impact: { images: 12 } });
    expect(deleted.backupJobId).toBeUndefined();
    expect(
      (await owner.json('GET', '/api/v1/datasets?scope=mine')).body.items.map((item: { id: string }) => item.id),
    ).not.toContain(id);
    const again = await owner.json('POST', `/api/v1/datasets/${id}/restore`, {});
    expect(again).toMatchObject({ status: 200, body: { id, deletedAt: null, contentHash: contentHashOf(files) } });
    expect(await stateOf(granary, owner, id)).toEqual(before);
    for (const [path, bytes] of files) expect((await owner.content(id, path)).equals(bytes)).toBe(true);
  });

  test('a purge leaves a receipt and nothing else', async () => {
    const { id, files } = await imported();
    await withThumbnails(id, 3);
    const upload = await owner.createUpload(id, 'never.bin', 1000, { kind: 'file' });
    await owner.patch(upload, 0, Buffer.alloc(10));
    const keys = await keysWithId(granary, id);
    const sizes = await Promise.all(keys.map(async (key) => (await granary.store.head(key))?.sizeBytes ?? 0));
    const { impact } = await trash(owner, id, { createBackup: 'false' });
    const job = await purge(owner, id);
    expect(job).toMatchObject({
      state: 'completed',
      result: {
        imagesDeleted: 12,
        annotationsDeleted: 24,
        versionsDeleted: 0,
        projectsDeleted: 1,
        objectsDeleted: keys.length,
        storageBytesFreed: sizes.reduce((sum, size) => sum + size, 0),
        objectsLeft: 0,
      },
    });
    expect(impact.objects).toBe(keys.length);
    expect(await keysWithId(granary, id)).toEqual([]);
    expect((await keysOf(granary, 'uploads/')).filter((key) => key.includes(upload))).toEqual([]);
    expect(await rowsLeft(granary, id)).toEqual([]);
    expect((await owner.json('GET', `/api/v1/datasets/${id}`)).status).toBe(404);
    expect(files.size).toBeGreaterThan(12);
  });

  test('delete, purge and restore from the backup give the same content and annotations', async () => {
    const { id, files } = await imported();
    const terms = { license: 'CC-BY-4.0', citation: 'A, 2026' };
    await owner.json('PATCH', `/api/v1/datasets/${id}`, { description: 'About it', tags: ['kept'], ...terms });
    const name = await nameOf(owner, id);
    const before = await contentOf(granary, id);
    const { backupJobId } = await trash(owner, id);
    const job = await purge(owner, id);
    expect(job.state).toBe('completed');
    expect(await owner.json('GET', `/api/v1/jobs/${backupJobId}`)).toMatchObject({ status: 404 });
    const backup = await backupOf(owner, id);
    expect(backup).toMatchObject({ datasetName: name, isDatasetGone: true, path: job.result.backupPath });
    expect(await keysOf(granary, `backups/${id}/`)).toEqual([backup.path]);
    const restored = await restoreBackup(owner, backup.id);
    expect(restored).toMatchObject({ ...terms, name, status: 'ready', visibility: 'private' });
    expect(restored.contentHash).toBe(contentHashOf(files));
    expect(await contentOf(granary, restored.id)).toEqual(before);
    for (const [path, bytes] of files) expect((await owner.content(restored.id, path)).equals(bytes)).toBe(true);
    const second = await restoreBackup(owner, backup.id);
    expect(second.name).toBe(`${name} (2)`);
  });

  test('a backup restores on an empty second instance', async () => {
    const { id, files } = await imported();
    const before = await contentOf(granary, id);
    const { body } = await owner.json('POST', `/api/v1/datasets/${id}/backups`, {});
    expect(await owner.waitForJob(body.jobId)).toMatchObject({ state: 'completed' });
    const backup = await backupOf(owner, id);
    const answer = await owner.raw('GET', `/api/v1/backups/${backup.id}/content`);
    const location = answer.headers.get('location');
    const bytes = Buffer.from(await (location ? await fetch(location) : answer).arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(backup.sha256);
    const other = await startTestGranary({
      serverUrl: inject('serverUrl'),
      env: driver === 's3' ? (testS3('granary-other') ?? {}) : {},
    });
    try {
      const there = new Client(other.url);
      await there.register();
      const empty = await there.createDataset();
      const upload = await there.upload(empty, 'backup.zip', bytes);
      const started = await there.json('POST', `/api/v1/datasets/${empty}/restore-backup`, { uploadId: upload });
      expect(started.status).toBe(202);
      expect(await there.waitForJob(started.body.jobId)).toMatchObject({ state: 'completed' });
      expect((await there.dataset(empty)).contentHash).toBe(contentHashOf(files));
      expect(await contentOf(other, empty)).toEqual(before);
      expect(await keysOf(other, 'uploads/')).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});

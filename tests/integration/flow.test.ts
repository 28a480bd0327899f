import { beforeAll, describe, expect, test } from 'vitest';
import { contentHashOf, png, sha256, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { fixture, hasFixtures } from '../support/fixtures.ts';
import { readFolder } from '../support/folder.ts';
import { testS3 } from '../support/granary.ts';
import { keysOf } from '../support/kill.ts';
import { useGranary } from '../support/world.ts';

const s3 = testS3('granary-flow');
const drivers = [
  { name: 'filesystem', isAvailable: true, env: {} },
  { name: 's3', isAvailable: s3 !== null, env: s3 ?? {} },
];

const REAL = [
  {
    name: 'yolo/coco8',
    format: 'yolo',
    taskType: 'object_detection',
    numImages: 8,
    numAnnotations: 30,
    numClasses: 80,
    splits: { train: 4, val: 4 },
  },
  {
    name: 'coco/instances',
    format: 'coco',
    taskType: 'instance_segmentation',
    numImages: 2,
    numAnnotations: 3,
    numClasses: 3,
    splits: { train: 1, val: 1 },
  },
  {
    name: 'imagefolder/imagenet10',
    format: 'imagefolder',
    taskType: 'image_classification',
    numImages: 20,
    numAnnotations: 20,
    numClasses: 10,
    splits: { train: 10, val: 10 },
  },
];

describe.each(drivers)('the main job on $name', ({ isAvailable, env }) => {
  describe.skipIf(!isAvailable)('from sign-up to annotations', () => {
    const granary = useGranary({ env });
    let client: Client;
    beforeAll(async () => {
      client = await granary.person();
    });

    test.skipIf(!hasFixtures).each(REAL)('$name goes in and comes back', async ({ name, ...facts }) => {
      const files = readFolder(fixture(`${name}/data`));
      const id = await client.createDataset();
      const { job, report } = await client.importArchive(id, 'data.zip', await zipOf(files));
      expect(job).toMatchObject({ state: 'completed', progress: 100, error: null });
      expect(report.report.issues.filter((issue: { severity: string }) => issue.severity === 'error')).toEqual([]);
      const dataset = await client.dataset(id);
      expect(dataset).toMatchObject({
        status: 'ready',
        labeled: true,
        version: 1,
        contentHash: contentHashOf(files),
        ...facts,
      });
      for (const [path, bytes] of files) expect((await client.content(id, path)).equals(bytes), path).toBe(true);
      expect(await granary.store.head(`datasets/${id}/meta.json`)).not.toBeNull();
      expect(await client.tree(id)).toEqual(new Map([...files].map(([path, bytes]) => [path, sha256(bytes)])));
      const left = await granary.store.list('uploads/');
      expect(left.objects).toEqual([]);
    });

    test('a tar.gz, then more files, then replaced and skipped ones', async () => {
      const files = await yoloDataset(12);
      const id = await client.createDataset();
      await client.importArchive(id, 'a.zip', await zipOf(files));
      const before = await client.dataset(id);
      expect(before).toMatchObject({
        numImages: 12,
        numAnnotations: 24,
        classNames: ['ant', 'bee', 'cat'],
        splits: { train: 9, val: 3 },
      });

      const more = new Map<string, Uint8Array>([
        ['images/train/new.png', await png(64, 48, 7)],
        ['labels/train/new.txt', Buffer.from('0 0.5 0.5 0.5 0.5\n')],
        ['labels/train/000000.txt', Buffer.from('2 0.5 0.5 1 1\n')],
      ]);
      const { job } = await client.importArchive(id, 'b.zip', await zipOf(more));
      expect(job.state).toBe('completed');
      const all = new Map([...files, ...more]);
      expect(await client.dataset(id)).toMatchObject({
        status: 'ready',
        numImages: 13,
        numAnnotations: 24,
        contentHash: contentHashOf(all),
      });
      expect((await client.content(id, 'labels/train/000000.txt')).toString()).toBe('2 0.5 0.5 1 1\n');

      await client.importArchive(id, 'a.zip', await zipOf(files), { onConflict: 'skip' });
      expect(await client.dataset(id)).toMatchObject({ contentHash: contentHashOf(all), numAnnotations: 24 });
      const refused = await client.importArchive(id, 'a.zip', await zipOf(files), { onConflict: 'fail' });
      expect(refused.job).toMatchObject({
        state: 'failed',
        error: { code: 'path_taken', message: expect.stringContaining('labels/train/000000.txt') },
      });
      expect(await client.dataset(id)).toMatchObject({ status: 'ready', contentHash: contentHashOf(all) });
      const keys = await keysOf(granary, `datasets/${id}/`);
      expect(keys.sort()).toEqual([...all.keys(), 'meta.json'].map((path) => `datasets/${id}/${path}`).sort());
    });

    test('annotations are confirmed by who imported them, and images have their status', async () => {
      const id = await client.createDataset();
      const files = await yoloDataset(4);
      files.delete('labels/train/000001.txt');
      await client.importArchive(id, 'a.zip', await zipOf(files));
      const me = (await client.json('GET', '/api/v1/auth/me')).body;
      const rows = await granary.database
        .sql`select distinct state, created_by, confirmed_by, confirmed_at is not null as is_dated from annotations a join dataset_files f on f.id = a.file_id where f.dataset_id = ${id}`;
      expect([...rows]).toEqual([{ state: 'confirmed', created_by: me.id, confirmed_by: me.id, is_dated: true }]);
      const { body } = await client.json('GET', `/api/v1/datasets/${id}/images?withAnnotations=true`);
      expect(
        body.items.map((image: { path: string; status: string; annotations: unknown[] }) => [
          image.path,
          image.status,
          image.annotations.length,
        ]),
      ).toEqual([
        ['images/train/000000.png', 'completed', 2],
        ['images/train/000001.png', 'not_started', 0],
        ['images/train/000002.png', 'completed', 2],
        ['images/val/000003.png', 'completed', 2],
      ]);
      const filtered = await client.json('GET', `/api/v1/datasets/${id}/images?labeled=false`);
      expect(filtered.body.items).toHaveLength(1);
      const thumbnail = await client.raw('GET', `/api/v1/datasets/${id}/images/${body.items[0].id}/thumbnail?w=320`);
      expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp']);
    });

    test('labels only, and single files', async () => {
      const id = await client.createDataset();
      const files = await yoloDataset(4);
      await client.importArchive(id, 'a.zip', await zipOf(files));
      const labels = new Map<string, Uint8Array>([
        ['labels/train/000000.txt', Buffer.from('1 0.5 0.5 0.5 0.5')],
        ['data.yaml', files.get('data.yaml') ?? Buffer.alloc(0)],
        ['images/train/x.png', await png()],
      ]);
      const { report } = await client.importArchive(id, 'labels.zip', await zipOf(labels), { labelsOnly: true });
      expect(report.report.issues.map((issue: { code: string }) => issue.code)).toContain('not_a_label');
      // Of the four images with two boxes each, one was spoken of.
      expect(await client.dataset(id)).toMatchObject({ numImages: 4, numAnnotations: 7 });
      // Those that come again as they are stay among those that come for all.
      labels.set('labels/train/000001.txt', Buffer.from('0 0.4 0.4 0.5 0.5'));
      const all = { labelsOnly: true, replaceAll: true, onConflict: 'skip' };
      await client.importArchive(id, 'all.zip', await zipOf(labels), all);
      expect(await client.dataset(id)).toMatchObject({ numImages: 4, numAnnotations: 2 });
      const upload = await client.upload(id, 'one.png', await png(10, 10), {
        kind: 'file',
        relativePath: 'extra/one.png',
      });
      const { jobId } = await client.startImport(id, [upload]);
      await client.waitForJob(jobId);
      expect(await client.dataset(id)).toMatchObject({ numImages: 5 });
      expect((await client.tree(id)).has('extra/one.png')).toBe(true);
    });
  });
});

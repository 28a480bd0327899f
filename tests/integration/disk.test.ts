import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const MEGABYTES = 64;
const disk = mkdtempSync(join(tmpdir(), 'granary-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'granary-test', disk]);
if (mounted.status !== 0) console.log(`Skipping the tests of full disks: this machine mounts none (${mounted.stderr})`);

describe.skipIf(mounted.status !== 0)('a disk', () => {
  afterAll(() => {
    spawnSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  const granary = useGranary({ env: { GRANARY_DATA_DIR: disk } });

  const ballast = join(disk, 'ballast');
  /** Leaves so many bytes free. */
  function fill(bytes: number): void {
    const { bavail, bsize } = statfsSync(disk);
    // Behind what fills it already.
    appendFileSync(ballast, Buffer.alloc(bavail * bsize - bytes));
  }
  const empty = () => rmSync(ballast, { force: true });
  const readyz = async () => {
    const answer = await fetch(`${granary.url}/readyz`);
    return { status: answer.status, text: await answer.text() };
  };

  test('that is full is named, the import waits, and goes on by itself when there is room', async () => {
    const client = await granary.person();
    const id = await client.createDataset();
    const files = await yoloDataset(8);
    for (let i = 0; i < 8; i++) files.set(`more/${i}.bin`, Buffer.alloc(1024 * 1024, i));
    const upload = await client.upload(id, 'a.zip', await zipOf(files));
    expect(await readyz()).toEqual({ status: 200, text: 'ready' });
    fill(3 * 1024 * 1024);
    expect(await readyz()).toEqual({
      status: 503,
      text: expect.stringMatching(/^not ready: no room on the storage: [0-4] MB free$/),
    });
    const { jobId } = await client.startImport(id, [upload]);
    const waits = await until(
      async () => (await client.json('GET', `/api/v1/jobs/${jobId}`)).body,
      ({ step, state }) => step?.code === 'waiting_for_room' || state === 'failed',
    );
    expect(waits).toMatchObject({ state: 'running', message: expect.stringMatching(/^Waiting for room.*\d MB free/) });
    empty();
    expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
    expect(await client.dataset(id)).toMatchObject({ status: 'ready', numImages: 8 });
    expect(await client.tree(id)).toHaveProperty('size', files.size);
    expect(await readyz()).toEqual({ status: 200, text: 'ready' });
  });

  test('that is full refuses an upload by that name, which goes on when there is room, and shows thumbnails', async () => {
    const client = await granary.person();
    const id = await client.createDataset();
    await client.importArchive(id, 'a.zip', await zipOf(await yoloDataset(1)));
    const bytes = Buffer.alloc(6 * 1024 * 1024, 7);
    const uploadId = await client.createUpload(id, 'b.bin', bytes.length);
    fill(2 * 1024 * 1024);
    const refused = await client.patch(uploadId, 0, bytes);
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 503,
      body: { code: 'disk_full' },
    });
    fill(0);
    const small = await client.patch(uploadId, await client.offset(uploadId), bytes.subarray(0, 300_000));
    expect({ status: small.status, body: await small.json() }).toMatchObject({
      ...{ status: 503, body: { code: 'disk_full' } },
    });
    const [image] = await granary.database.sql<{ id: number }[]>`
      select id::int as id from dataset_files where dataset_id = ${id} and kind = 'image'`;
    const thumbnail = await client.raw('GET', `/api/v1/datasets/${id}/images/${image?.id}/thumbnail`);
    expect(thumbnail.status).toBe(200);
    empty();
    const offset = await client.offset(uploadId);
    const goesOn = await client.patch(uploadId, offset, bytes.subarray(offset));
    expect(goesOn.status).toBe(204);
    const stored = await granary.store.get(`uploads/${uploadId}`);
    const chunks: Buffer[] = [];
    for await (const chunk of stored) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  test('that can only be read is named', async () => {
    const remount = (how: string) => spawnSync('mount', ['-o', `remount,${how}`, disk]);
    expect(remount('ro').status).toBe(0);
    try {
      expect(await readyz()).toEqual({ status: 503, text: 'not ready: the storage is read-only' });
    } finally {
      remount('rw');
    }
    expect(await readyz()).toMatchObject({ status: 200 });
  });
});

import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { contentHashOf, yoloDataset, zipOf } from '../support/archives.ts';
import { chaosRound } from '../support/chaos/round.ts';
import { Client } from '../support/client.ts';
import { TestProcess } from '../support/granary.ts';
import { importWithKills, keysOf, stateOf, untilWriting } from '../support/kill.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const MIB = 1024 * 1024;
/** Images of an import that is cut off when it has begun to write: some batches of files are left to do. */
const MANY = 1000;
const granary = useGranary();
let client: Client;
beforeAll(async () => {
  client = await granary.person();
});

test('a worker killed in mid-import leaves the same as an undisturbed one', async () => {
  const files = await yoloDataset(MANY);
  const archive = await zipOf(files);
  const undisturbed = await client.createDataset();
  await client.importArchive(undisturbed, 'data.zip', archive);
  const killed = await client.createDataset();
  const { job, kills } = await importWithKills(granary, client, killed, archive, ['writing']);
  expect(job.state).toBe('completed');
  expect(kills).toBeGreaterThan(0);
  expect(await stateOf(granary, client, killed)).toEqual(await stateOf(granary, client, undisturbed));
  expect((await client.dataset(killed)).contentHash).toBe(contentHashOf(files));
}, 240_000);

test('what people are promised holds, though a worker is killed meanwhile', async () => {
  const tally = await chaosRound(granary, { people: 3, seconds: 10, seed: 7 });
  expect(tally.broken).toEqual([]);
  expect(tally.counts.get('files compared by their bytes')).toBeGreaterThan(0);
});

test('a cancelled import takes back what it has written', async () => {
  const id = await client.createDataset();
  await client.importArchive(id, 'a.zip', await zipOf(await yoloDataset(5)));
  const before = await stateOf(granary, client, id);
  const upload = await client.upload(id, 'more.zip', await zipOf(await yoloDataset(MANY)));
  const { jobId } = await client.startImport(id, [upload]);
  await untilWriting(granary, jobId);
  const { body } = await client.json('POST', `/api/v1/datasets/${id}/cancel`);
  expect(body.cancelled).toEqual([jobId]);
  expect(await client.waitForJob(jobId)).toMatchObject({ state: 'cancelled', error: null });
  const after = await stateOf(granary, client, id);
  expect({ ...after, uploads: [] }).toEqual({ ...before, uploads: [] });
  const again = await client.json('POST', `/api/v1/datasets/${id}/retry`);
  expect(again.status).toBe(202);
  expect(await client.waitForJob(again.body.jobId)).toMatchObject({ state: 'completed' });
});

test('a cancel after a crash also takes back what no journal knows', async () => {
  const id = await client.createDataset();
  await client.importArchive(id, 'a.zip', await zipOf(await yoloDataset(5)));
  const before = await stateOf(granary, client, id);
  const upload = await client.upload(id, 'more.zip', await zipOf(await yoloDataset(MANY)));
  const { jobId } = await client.startImport(id, [upload]);
  await untilWriting(granary, jobId);
  await granary.worker.end('SIGKILL');
  // As if PostgreSQL had lost the last of the journal.
  await granary.store.put(`datasets/${id}/images/train/unknown.png`, Buffer.from('x'));
  await granary.worker.start();
  await client.json('POST', `/api/v1/datasets/${id}/cancel`);
  expect(await client.waitForJob(jobId)).toMatchObject({ state: 'cancelled' });
  expect({ ...(await stateOf(granary, client, id)), uploads: [] }).toEqual({ ...before, uploads: [] });
});

test('an import that was done when its worker was killed is completed, whenever that was', async () => {
  const id = await client.createDataset();
  const upload = await client.upload(id, 'a.zip', await zipOf(await yoloDataset(5)));
  const { jobId } = await client.startImport(id, [upload]);
  const { result } = await client.waitForJob(jobId);
  // As if the worker had ended between the end of the import and that of its job.
  const { sql } = granary.database;
  await sql`update activities set state = 'running', result = null, finished_at = null where id = ${jobId}`;
  await sql`update pgboss.job set state = 'retry', start_after = now(), completed_on = null where data->>'activityId' = ${jobId}`;
  expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed', result });
  expect(await client.dataset(id)).toMatchObject({ status: 'ready', numImages: 5 });
});

test('a worker that is told to stop hands its import back within 30 s', async () => {
  const files = await yoloDataset(MANY);
  const id = await client.createDataset();
  const upload = await client.upload(id, 'data.zip', await zipOf(files));
  const { jobId } = await client.startImport(id, [upload]);
  await untilWriting(granary, jobId);
  const start = Date.now();
  await granary.worker.end('SIGTERM');
  expect(Date.now() - start).toBeLessThan(30_000);
  expect((await client.json('GET', `/api/v1/jobs/${jobId}`)).body.state).not.toBe('failed');
  await granary.worker.start();
  expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
  expect((await client.dataset(id)).contentHash).toBe(contentHashOf(files));
});

test('imports of one dataset wait for each other, and nothing is lost', async () => {
  const id = await client.createDataset();
  const all = [...(await yoloDataset(300))];
  const jobs = await Promise.all(
    [0, 1, 2].map(async (part) => {
      const upload = await client.upload(id, `${part}.zip`, await zipOf(new Map(all.filter((_, i) => i % 3 === part))));
      return client.startImport(id, [upload]);
    }),
  );
  for (const { jobId } of jobs) expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
  expect(await client.dataset(id)).toMatchObject({
    status: 'ready',
    contentHash: contentHashOf(new Map(all)),
    numImages: 300,
    numAnnotations: 600,
  });
});

/** Sends bytes slowly until it is told to stop. */
function slowBody(bytes: Buffer, perTick: number): ReadableStream {
  return Readable.toWeb(
    Readable.from(
      (async function* () {
        for (let at = 0; at < bytes.length; at += perTick) {
          yield bytes.subarray(at, at + perTick);
          await sleep(20);
        }
      })(),
    ),
  ) as ReadableStream;
}

test('an upload goes on after the web process was killed, from where it had got to', async () => {
  const id = await client.createDataset();
  const bytes = Buffer.alloc(64 * MIB, 'granary');
  const upload = await client.createUpload(id, 'big.bin', bytes.length, { kind: 'file' });
  const cut = client.patch(upload, 0, slowBody(bytes, MIB)).catch(() => null);
  await until(
    () => client.offset(upload),
    (offset) => offset > 8 * MIB,
  );
  await granary.web.end('SIGKILL');
  await cut;
  await granary.web.start({ PORT: new URL(granary.url).port });
  const offset = await client.offset(upload);
  expect(offset).toBeGreaterThanOrEqual(8 * MIB);
  expect((await client.patch(upload, offset, bytes.subarray(offset))).status).toBe(204);
  const { jobId } = await client.startImport(id, [upload]);
  expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
  expect((await client.content(id, 'big.bin')).equals(bytes)).toBe(true);
});

test('an upload whose last byte came when its process was killed is finished for who asks how far it is', async () => {
  const id = await client.createDataset();
  const bytes = Buffer.from('all of it');
  const upload = await client.upload(id, 'small.bin', bytes, { kind: 'file' });
  // As if the process had ended before it wrote that down.
  await granary.database.sql`update uploads set state = 'uploading', finished_at = null where id = ${upload}`;
  expect(await client.offset(upload)).toBe(bytes.length);
  const { jobId } = await client.startImport(id, [upload]);
  expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
  expect((await client.content(id, 'small.bin')).equals(bytes)).toBe(true);
});

test('a second process takes an upload over from one that holds it', async () => {
  const second = new TestProcess('web', {
    ...process.env,
    DATABASE_URL: granary.database.url,
    GRANARY_DATA_DIR: granary.dataDir,
    PORT: '0',
    NODE_ENV: 'production',
    LOG_LEVEL: 'silent',
  });
  const other = new Client(`http://127.0.0.1:${await second.start()}`);
  other.cookie = client.cookie;
  try {
    const id = await client.createDataset();
    const bytes = Buffer.alloc(16 * MIB, 'x');
    const upload = await client.createUpload(id, 'a.bin', bytes.length, { kind: 'file' });
    const held = client.patch(upload, 0, slowBody(bytes, 64 * 1024)).catch(() => null);
    const offset = await until(() => other.offset(upload));
    expect(offset).toBeLessThan(bytes.length);
    expect((await other.patch(upload, offset, bytes.subarray(offset))).status).toBe(204);
    await held;
    expect(await granary.database.sql`select * from upload_locks`).toHaveLength(0);
    const { jobId } = await client.startImport(id, [upload]);
    expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
    expect((await client.content(id, 'a.bin')).equals(bytes)).toBe(true);
  } finally {
    await second.end();
  }
});

test('abandoned uploads expire with their bytes', async () => {
  const id = await client.createDataset();
  const upload = await client.createUpload(id, 'never.bin', 1000, { kind: 'file' });
  await client.patch(upload, 0, Buffer.alloc(10));
  await granary.database.sql`update uploads set expires_at = now() - interval '1 hour' where id = ${upload}`;
  const { expireUploads } = await import('../../apps/worker/src/jobs/expire-uploads.ts');
  const { pino } = await import('pino');
  expect(
    await expireUploads({ database: granary.database, store: granary.store, log: pino({ level: 'silent' }) }),
  ).toBe(1);
  expect((await keysOf(granary, 'uploads/')).filter((key) => key.includes(upload))).toEqual([]);
  expect(await client.dataset(id)).toMatchObject({ status: 'pending' });
  expect((await client.patch(upload, 10, Buffer.alloc(10))).status).toBe(404);
});

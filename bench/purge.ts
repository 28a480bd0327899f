/**
 * What a purge costs: objects per second of a whole purge job (objects, rows, receipt), over bare DeleteObjects of the
 * SDK with four requests in flight, keys known (goal: at least 0.8). Beside it, `rclone purge` where that is installed, and
 * deletion one by one. Needs a real S3 server: GRANARY_TEST_S3_ENDPOINT.
 *
 * npm run bench purge [objects]
 */
import { spawnSync } from 'node:child_process';
import { DeleteObjectCommand, DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import { S3Store } from '@granary/storage';
import pLimit from 'p-limit';
import { Client } from '../tests/support/client.ts';
import { startTestGranary, testS3 } from '../tests/support/granary.ts';
import { keysWithId, trash } from '../tests/support/life.ts';
import { report } from './report.ts';

const OBJECTS = Number(process.argv[3] ?? 20_000);
const ONE_BY_ONE = Math.min(OBJECTS, 2_000);
const BYTES = Buffer.alloc(1_000, 'x');

const env = testS3(`granary-bench-${Date.now()}`);
if (!env) throw new Error('Set GRANARY_TEST_S3_ENDPOINT: what is measured is a real S3 server.');
const granary = await startTestGranary({ env });
try {
  if (!(granary.store instanceof S3Store)) throw new Error('Not on S3');
  const { settings } = granary.store;
  const client = new Client(granary.url);
  await client.register();
  const paths = Array.from({ length: OBJECTS }, (_, i) => `images/${i % 100}/${String(i).padStart(7, '0')}.jpg`);

  const id = await client.createDataset();
  await fill(`datasets/${id}/`, paths);
  await granary.database
    .sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, split, storage_key, added_in)
    select ${id}, path, 1000, encode(sha256(path::bytea), 'hex'), 'image/jpeg', 'image', 64, 48, 'train', ${`datasets/${id}/`} || path, 1 from unnest(${paths}::text[]) path`;
  await granary.database
    .sql`update datasets set num_files = ${OBJECTS}, num_images = ${OBJECTS}, status = 'ready' where id = ${id}`;
  await granary.database.sql`vacuum analyze dataset_files`;
  await trash(client, id, { createBackup: 'false' });
  const { name } = await client.dataset(id);
  const { body } = await client.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: name });
  const job = await client.waitForJob(body.jobId, 3600);
  if (
    job.state !== 'completed' ||
    job.result.objectsDeleted !== OBJECTS ||
    (await keysWithId(granary, id)).length > 0
  ) {
    throw new Error(`The purge went wrong: ${JSON.stringify(job)}`);
  }
  const purgeSeconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;

  const { endpoint, region, forcePathStyle, bucket: Bucket } = settings;
  const credentials = { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey };
  const bare = new S3Client({
    endpoint,
    region,
    forcePathStyle,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const bareKeys = await fill('bare/', paths);
  const bareSeconds = await seconds(async () => {
    const limit = pLimit(4);
    const batches = Array.from({ length: Math.ceil(OBJECTS / 1000) }, (_, i) =>
      bareKeys.slice(i * 1000, i * 1000 + 1000),
    );
    await Promise.all(
      batches.map((keys) =>
        limit(() =>
          bare.send(
            new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }),
          ),
        ),
      ),
    );
  });

  const singleKeys = await fill('single/', paths.slice(0, ONE_BY_ONE));
  const singleSeconds = await seconds(async () => {
    for (const Key of singleKeys) await bare.send(new DeleteObjectCommand({ Bucket, Key }));
  });

  const rclone = await rcloneSeconds();
  const rate = (objects: number, took: number) => Math.round(objects / took);
  report({
    name: 'purge',
    ratio: bareSeconds / purgeSeconds,
    compared: `objects per second of a purge of ${OBJECTS}, over bare DeleteObjects with 4 requests in flight`,
    goal: 'goal at least 0.8, higher is better',
    objects: OBJECTS,
    purgePerSecond: rate(OBJECTS, purgeSeconds),
    barePerSecond: rate(OBJECTS, bareSeconds),
    oneByOnePerSecond: rate(ONE_BY_ONE, singleSeconds),
    rclonePurgePerSecond: rclone === null ? 'rclone is not installed' : rate(OBJECTS, rclone),
  });

  async function rcloneSeconds(): Promise<number | null> {
    if (spawnSync('rclone', ['version']).status !== 0) return null;
    await fill('rclone/', paths);
    return seconds(async () => {
      const { status, stderr } = spawnSync('rclone', ['purge', `granary:${Bucket}/rclone`, '--config', '/dev/null'], {
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          RCLONE_CONFIG_GRANARY_TYPE: 's3',
          RCLONE_CONFIG_GRANARY_PROVIDER: 'Ceph',
          RCLONE_CONFIG_GRANARY_ENDPOINT: endpoint,
          RCLONE_CONFIG_GRANARY_ACCESS_KEY_ID: credentials.accessKeyId,
          RCLONE_CONFIG_GRANARY_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
      });
      if (status !== 0) throw new Error(String(stderr));
    });
  }
} finally {
  await granary.stop();
}

async function fill(prefix: string, paths: readonly string[]): Promise<string[]> {
  const limit = pLimit(32);
  await Promise.all(paths.map((path) => limit(() => granary.store.put(prefix + path, BYTES))));
  return paths.map((path) => prefix + path);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

import { ImageDecoder } from '@granary/core/images/decoding/decoder';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareImages } from '../../apps/worker/src/similarity/compare.ts';
import { softPicture, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
const images = new ImageDecoder();
afterAll(() => images.close());
let client: Client;
beforeAll(async () => {
  client = await granary.person('owner');
});

const listOf = async (id: string, query = '') =>
  (await client.json('GET', `/api/v1/datasets/${id}/duplicates${query}`)).body;

/** The job follows the import: it is waited for. */
async function compared(id: string, as = client) {
  return until(
    async () => (await as.json('GET', `/api/v1/datasets/${id}/duplicates`)).body,
    ({ numImages, isComplete, numGroups }) => numImages > 0 && isComplete && numGroups > 0,
  );
}

test('copies are found whatever their size, format and quality, those over splits first', async () => {
  const one = await softPicture(1);
  const two = await softPicture(2);
  const files = new Map<string, Uint8Array>([
    ['train/a.png', await one.clone().png().toBuffer()],
    ['train/a-small.png', await one.clone().resize(120, 90).png().toBuffer()],
    ['train/a-light.png', await one.clone().modulate({ brightness: 1.08 }).png().toBuffer()],
    ['train/b.png', await two.clone().png().toBuffer()],
    ['val/b-again.jpg', await two.clone().jpeg({ quality: 40 }).toBuffer()],
  ]);
  for (let i = 3; i < 9; i++) files.set(`test/${i}.jpg`, await (await softPicture(i)).jpeg().toBuffer());
  const id = await client.createDataset();
  await client.importArchive(id, 'a.zip', await zipOf(files));
  const found = await compared(id);
  const groups = found.items.map((group: { images: { path: string }[]; splits: string[] }) => ({
    paths: group.images.map(({ path }) => path),
    splits: group.splits,
  }));
  expect(groups).toEqual([
    { paths: ['train/b.png', 'val/b-again.jpg'], splits: ['train', 'val'] },
    { paths: ['train/a-light.png', 'train/a-small.png', 'train/a.png'], splits: ['train'] },
  ]);
  expect(found).toMatchObject({ numGroups: 2, numAcrossSplits: 1, numCompared: 11, numImages: 11, nextCursor: null });

  const first = await listOf(id, '?limit=1');
  expect(first.items).toHaveLength(1);
  const second = await listOf(id, `?limit=1&cursor=${first.nextCursor}`);
  expect(second.items[0].numImages).toBe(3);

  const { body } = await client.json('POST', `/api/v1/datasets/${id}/files/remove`, { paths: ['val/b-again.jpg'] });
  await client.waitForJob(body.jobId);
  await expect.poll(async () => (await listOf(id)).numGroups, { timeout: 20_000 }).toBe(1);

  const stranger = await granary.person();
  expect((await stranger.json('GET', `/api/v1/datasets/${id}/duplicates`)).status).toBe(404);
  expect((await granary.nobody().json('GET', `/api/v1/datasets/${id}/duplicates`)).status).toBe(401);
  expect((await client.json('GET', `/api/v1/datasets/${id}/duplicates?threshold=8`)).status).toBe(400);
});

test('the look-up finds all pairs that a comparison of each with each finds', async () => {
  const id = await client.createDataset();
  const { sql } = granary.database;
  // Clouds of hashes around a few centres: distances of 0 to about 10.
  const hashes = Array.from({ length: 900 }, (_, n) => {
    const bit = (factor: number, of: number) => 1n << BigInt((n * factor) % of);
    const centre = BigInt(n % 25) * 0x9e3779b97f4a7c15n;
    return BigInt.asIntN(64, centre ^ bit(7919, 63) ^ bit(104_729, 61) ^ bit(31, 59) ^ bit(1, 57)).toString();
  });
  await sql`
    insert into dataset_files (dataset_id, path, size, sha256, mime, kind, split, storage_key, phash, is_compared, added_in)
    select ${id}, n || '.png', 1, md5(n::text), 'image/png', 'image', (array['train', 'val'])[1 + n % 2], 'none', hash, true, 1
    from unnest(${hashes}::bigint[]) with ordinality h(hash, n)`;
  await sql`insert into image_hashes (dataset_id, hash) select distinct dataset_id, phash from dataset_files where dataset_id = ${id}`;
  const context = {
    sql,
    store: granary.store,
    images,
    log: pino({ level: 'silent' }),
    datasetId: id,
    signal: new AbortController().signal,
  };
  await compareImages(context);
  const pairs = await sql`select a, b, distance from similar_hashes where dataset_id = ${id} order by a, b`;
  const expected = await sql`
    select x.hash as a, y.hash as b, bit_count((x.hash # y.hash)::bit(64))::smallint as distance
    from image_hashes x join image_hashes y on y.dataset_id = x.dataset_id and x.hash < y.hash
    where x.dataset_id = ${id} and bit_count((x.hash # y.hash)::bit(64)) <= 7 order by 1, 2`;
  expect(expected.length).toBeGreaterThan(1000);
  expect([...pairs]).toEqual([...expected]);

  // Twice is once.
  const groups = await sql`select * from duplicate_groups where dataset_id = ${id} order by threshold, position`;
  expect(groups.length).toBeGreaterThan(0);
  await compareImages(context);
  expect(await sql`select * from duplicate_groups where dataset_id = ${id} order by threshold, position`).toEqual(
    groups,
  );
});

test('a store that fails leaves images to be compared later, and one that cannot be decoded is done with', async () => {
  const id = await client.createDataset();
  const { sql } = granary.database;
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, storage_key, added_in)
    values (${id}, 'a.png', 5, 'x', 'image/png', 'image', ${`datasets/${id}/a.png`}, 1)`;
  const isCompared = async () =>
    (await sql<{ is_compared: boolean }[]>`select is_compared from dataset_files where dataset_id = ${id}`)[0]
      ?.is_compared;
  const context = { sql, images, log: pino({ level: 'silent' }), datasetId: id, signal: new AbortController().signal };
  // The real store, but for one answer that it gives when it is overloaded.
  const failing = Object.create(granary.store, { get: { value: () => Promise.reject(new Error('503')) } });
  await expect(compareImages({ ...context, store: failing })).rejects.toThrow('503');
  expect(await isCompared()).toBe(false);
  await compareImages({ ...context, store: granary.store });
  expect(await isCompared()).toBe(false);
  await granary.store.put(`datasets/${id}/a.png`, Buffer.from('hello'), { contentType: 'image/png' });
  await compareImages({ ...context, store: granary.store });
  expect(await isCompared()).toBe(true);
});

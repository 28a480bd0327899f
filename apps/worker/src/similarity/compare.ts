import { MAX_DISTANCE } from '@granary/core/duplicates/schemas';
import { AppError } from '@granary/core/errors/app-error';
import type { ImageDecoder } from '@granary/core/images/decoding/decoder';
import type { Sql } from '@granary/db';
import { ObjectNotFoundError, type ObjectStore, readStream } from '@granary/storage';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { groupImages } from './groups.ts';
import { perceptualHash, SIDE } from './perceptual-hash.ts';

const IMAGES_AT_ONCE = 200;
const PARALLEL_IMAGES = 2;
/** A longer file is not decoded. */
const MAX_SOURCE_BYTES = 256 * 1024 * 1024;
const HASHES_AT_ONCE = 500;

export interface Comparing {
  sql: Sql;
  store: ObjectStore;
  images: ImageDecoder;
  log: Logger;
  datasetId: string;
  signal: AbortSignal;
}

/**
 * Finds what looks alike among the current images of a dataset: hashes those that have not been looked at, looks up the
 * neighbours of each new hash, and makes the groups anew. Each step goes on where it was cut off.
 */
export async function compareImages(context: Comparing): Promise<void> {
  const undecodable = await hashImages(context);
  await linkHashes(context);
  await groupImages(context.sql, context.datasetId, undecodable);
}

/** @returns the images that have no hash, by their ids */
async function hashImages(context: Comparing): Promise<number[]> {
  const { sql, datasetId, signal } = context;
  const limit = pLimit(PARALLEL_IMAGES);
  const undecodable: number[] = [];
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const files = await sql<{ id: number; path: string; storage_key: string; size: number }[]>`
      select id::float8 as id, path, storage_key, size::float8 as size from dataset_files
      where dataset_id = ${datasetId} and not is_compared and phash is null and kind = 'image' and problem is null and removed_in is null and id > ${after}
      order by id limit ${IMAGES_AT_ONCE}`;
    const hashes = await Promise.all(files.map((file) => limit(() => hashOf(context, file))));
    await sql`
      with looked as (
        update dataset_files f set phash = n.hash
        from unnest(${files.map(({ id }) => id)}::bigint[], ${hashes.map((hash) => hash?.toString() ?? null)}::bigint[]) n(id, hash)
        where f.id = n.id and n.hash is not null returning n.hash)
      insert into image_hashes (dataset_id, hash) select distinct ${datasetId}, hash from looked
      on conflict do nothing`;
    for (const [i, { id }] of files.entries()) if (hashes[i] === null) undecodable.push(id);
    signal.throwIfAborted();
    if (files.length < IMAGES_AT_ONCE) return undecodable;
    after = files.at(-1)?.id ?? after;
  }
}

/**
 * Null for an image that cannot be decoded: it resembles nothing. Undefined for one whose content is moving at this
 * moment: the next comparison looks at it.
 *
 * @throws what the store throws: the queue tries again
 */
async function hashOf(
  { store, images, log, datasetId, signal }: Comparing,
  file: { path: string; storage_key: string; size: number },
): Promise<bigint | null | undefined> {
  signal.throwIfAborted();
  if (file.size > MAX_SOURCE_BYTES) return null;
  let content: Buffer;
  try {
    content = await readStream(await store.get(file.storage_key, { signal }), MAX_SOURCE_BYTES);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
  try {
    const wanted = { kind: 'greys', side: SIDE } as const;
    return perceptualHash(await images.decode(async () => content, wanted, { person: datasetId, signal }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    log.info({ path: file.path, reason }, 'image cannot be decoded, and is not compared');
    return null;
  }
}

/**
 * Multi-index hashing (Norouzi, Punjani and Fleet, 2012): hashes that differ in at most 7 bits have one of their four
 * bands of 16 bits in common but for at most one bit, so 17 look-ups by index for each band find them all.
 */
async function linkHashes({ sql, datasetId, signal }: Comparing): Promise<void> {
  const masks = [0, ...Array.from({ length: 16 }, (_, bit) => 1 << bit)];
  for (;;) {
    signal.throwIfAborted();
    const found = await sql<{ hash: string }[]>`
      select hash::text as hash from image_hashes where dataset_id = ${datasetId} and not is_linked order by hash limit ${HASHES_AT_ONCE}`;
    if (found.length === 0) return;
    const hashes = found.map(({ hash }) => hash);
    const near = (band: string) => sql`
      select n.hash as own, o.hash as other
      from image_hashes n cross join unnest(${masks}::int[]) mask
      join image_hashes o on o.dataset_id = ${datasetId} and o.${sql(band)} = n.${sql(band)} # mask
      where n.dataset_id = ${datasetId} and n.hash = any(${hashes}::bigint[]) and n.hash <> o.hash
        and bit_count((n.hash # o.hash)::bit(64)) <= ${MAX_DISTANCE}`;
    await sql`
      with pairs as (${near('band0')} union ${near('band1')} union ${near('band2')} union ${near('band3')}),
      kept as (
        insert into similar_hashes (dataset_id, a, b, distance)
        select distinct ${datasetId}, least(own, other), greatest(own, other), bit_count((own # other)::bit(64))::smallint from pairs
        on conflict do nothing)
      update image_hashes set is_linked = true where dataset_id = ${datasetId} and hash = any(${hashes}::bigint[])`;
  }
}

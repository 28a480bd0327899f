import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { MOST_SIZES, type Sql } from '@granary/db';
import { keys, ObjectNotFoundError, type ObjectStore, RESERVED_PATH } from '@granary/storage';
import type { Dataset } from '../access/policy.ts';
import { AppError } from '../errors/app-error.ts';
import type { OpenContent } from './content.ts';

/**
 * Writes `meta.json` beside the dataset's files: what it is, for those who read the bucket. Its row is locked meanwhile: of
 * two who write it the later has what the earlier changed, and no purge begins.
 */
export async function writeMeta(sql: Sql, store: ObjectStore, datasetId: string): Promise<void> {
  await sql.begin(async (tx) => {
    const [meta] = await tx`
      with average as (
        select sum(width * images) / sum(images) as avg_width, sum(height * images) / sum(images) as avg_height
        from datasets, jsonb_to_recordset(statistics->'sizes') s(width numeric, height numeric, images numeric)
        where id = ${datasetId} and jsonb_array_length(statistics->'sizes') < ${MOST_SIZES} having count(*) > 0
        union all
        select avg(width), avg(height) from dataset_files where dataset_id = ${datasetId} and removed_in is null and kind = 'image' and problem is null
          and not exists (select 1 from datasets where id = ${datasetId} and jsonb_array_length(statistics->'sizes') < ${MOST_SIZES})
        having count(*) > 0)
      select id, name, license, citation, format, task_type, num_classes, num_images::float8 as num_images, class_names, splits,
        jsonb_build_object(
          'avg_width', (select round(avg_width, 2) from average), 'avg_height', (select round(avg_height, 2) from average), 'total_size_mb', round(size_bytes / 1e6, 3)) as statistics,
        content_hash, last_modified_at as last_modified, version
      from datasets d where id = ${datasetId} and purge is null for no key update of d`;
    if (!meta) return;
    const text = Buffer.from(`${JSON.stringify(meta, null, 2)}\n`);
    await store.put(keys.meta(datasetId), text, { contentType: 'application/json' });
    await tx`update datasets set meta_bytes = ${text.length} where id = ${datasetId}`;
  });
}

/**
 * `meta.json` as it is stored, with what answers it: the bytes that were read, since it is written anew at any time.
 *
 * @throws AppError `not_found` before the first import
 */
export async function readMeta(store: ObjectStore, dataset: Dataset): Promise<OpenContent> {
  const storageKey = keys.meta(dataset.id);
  const bytes = await store
    .get(storageKey)
    .then(buffer)
    .catch((error) => {
      throw error instanceof ObjectNotFoundError ? new AppError('not_found', { cause: error }) : error;
    });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    file: { path: RESERVED_PATH, mime: 'application/json', sizeBytes: bytes.length, sha256, storageKey },
    source: {
      signedUrl: async () => null,
      get: async (_, { range } = {}) =>
        Readable.from([bytes.subarray(range?.start, range?.end === undefined ? undefined : range.end + 1)]),
    },
  };
}

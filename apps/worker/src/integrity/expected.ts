import type { Sql } from '@granary/db';
import { keys } from '@granary/storage';
import { inKept } from '../revisions/compact.ts';

const PAGE = 5_000;

/** An object that there should be, by what the rows say. */
export interface Expected {
  key: string;
  /** The path in the dataset, for one of its files; the key for others. */
  subject: string;
  /** Null where the rows do not say. */
  sizeBytes: number | null;
  sha256: string | null;
  /** Whether its absence is a loss: a thumbnail is made again. */
  isNeeded: boolean;
}

/** What lies below `datasets/{id}/`, in the order of listings. */
export async function* expectedTree(sql: Sql, datasetId: string): AsyncGenerator<Expected> {
  const meta = keys.meta(datasetId);
  let hasPassedMeta = false;
  const [dataset] = await sql<{ meta_bytes: number }[]>`
    select meta_bytes::float8 as meta_bytes from datasets where id = ${datasetId}`;
  const metaEntry = { key: meta, subject: meta, sizeBytes: dataset?.meta_bytes ?? 0, sha256: null, isNeeded: false };
  let after = '';
  for (;;) {
    const rows = await sql<{ path: string; storage_key: string; size: number; sha256: string }[]>`
      select path, storage_key, size::float8 as size, sha256 from dataset_files
      where dataset_id = ${datasetId} and removed_in is null and path > ${after} order by path limit ${PAGE}`;
    for (const { path, storage_key, size, sha256 } of rows) {
      if (!hasPassedMeta && Buffer.compare(Buffer.from(keys.file(datasetId, path)), Buffer.from(meta)) > 0) {
        hasPassedMeta = true;
        if (metaEntry.sizeBytes > 0) yield metaEntry;
      }
      yield { key: storage_key, subject: path, sizeBytes: size, sha256, isNeeded: true };
    }
    if (rows.length < PAGE) break;
    after = rows.at(-1)?.path ?? '';
  }
  if (!hasPassedMeta && metaEntry.sizeBytes > 0) yield metaEntry;
}

/** What lies below `history/{id}/`. */
export async function* expectedHistory(sql: Sql, datasetId: string): AsyncGenerator<Expected> {
  let after = '';
  for (;;) {
    const rows = await sql<{ path: string; size: number; sha256: string; is_needed: boolean }[]>`
      select distinct on (sha256) path, size::float8 as size, sha256, ${inKept(sql, sql`f.dataset_id`, 'f')} as is_needed from dataset_files f
      where dataset_id = ${datasetId} and sha256 > ${after} and removed_in is not null and storage_key = ${keys.history(datasetId, '')} || sha256
      order by sha256, is_needed desc limit ${PAGE}`;
    for (const { path, size, sha256, is_needed } of rows) {
      yield { key: keys.history(datasetId, sha256), subject: path, sizeBytes: size, sha256, isNeeded: is_needed };
    }
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.sha256 ?? '';
  }
}

/** What lies below `thumbnails/{id}/`. */
export async function* expectedThumbnails(sql: Sql, datasetId: string): AsyncGenerator<Expected> {
  let after = '';
  for (;;) {
    const rows = await sql<{ storage_key: string; size: number }[]>`
      select storage_key, size::float8 as size from thumbnails
      where dataset_id = ${datasetId} and storage_key > ${after} order by storage_key limit ${PAGE}`;
    for (const { storage_key, size } of rows) {
      yield { key: storage_key, subject: storage_key, sizeBytes: size, sha256: null, isNeeded: false };
    }
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.storage_key ?? '';
  }
}

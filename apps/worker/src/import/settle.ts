import { removeUploadObjects } from '@granary/core/uploads/objects';
import type { Sql } from '@granary/db';
import { keys, ObjectNotFoundError, type ObjectStore } from '@granary/storage';

interface Move {
  import_id: string;
  file_id: number | null;
  from_key: string;
  to_key: string | null;
  step: number;
}

/**
 * Finishes what commits of this dataset left to do with objects: replaced content makes room (to `history/`, or away),
 * then new content moves in. At any moment each row points to an object that is there, and each step can be repeated.
 */
export async function settleMoves(sql: Sql, store: ObjectStore, datasetId: string): Promise<void> {
  for (const step of [1, 2]) {
    for (;;) {
      const moves = await sql<Move[]>`
        select m.import_id, m.file_id::float8 as file_id, m.from_key, m.to_key, m.step from import_moves m join imports i on i.id = m.import_id
        where i.dataset_id = ${datasetId} and m.step = ${step} order by m.from_key limit 200`;
      if (moves.length === 0) break;
      for (const move of moves) await settleMove(sql, store, move);
    }
  }
}

async function settleMove(
  sql: Sql,
  store: ObjectStore,
  { import_id, file_id, from_key, to_key, step }: Move,
): Promise<void> {
  if (to_key !== null && from_key !== to_key) {
    await store.copy(from_key, to_key).catch(async (error) => {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      // The move was cut off after its source was dropped: the row points to the target already.
      if (await store.head(to_key)) return;
      if (step !== 1) throw error;
      // Old content that was lost before (see integrity): there is nothing to put back.
      await sql`delete from dataset_files where id = ${file_id} and added_in >= removed_in`;
    });
    await sql`update dataset_files set storage_key = ${to_key} where id = ${file_id} and storage_key = ${from_key}`;
  }
  if (from_key !== to_key) await store.delete([from_key]);
  await sql`delete from import_moves where import_id = ${import_id} and step = ${step} and from_key = ${from_key}`;
}

/** The uploads of an import are in the dataset now, or of no use to anyone: their bytes go. */
export async function dropUploads(
  sql: Sql,
  store: ObjectStore,
  importId: string,
  state: 'imported' | 'finished',
): Promise<void> {
  const rows = await sql<{ id: string }[]>`
    select u.id from uploads u join imports i on u.id = any(i.upload_ids) where i.id = ${importId} and u.state = ${state}`;
  for (const { id } of rows) {
    await removeUploadObjects(store, id);
    await sql`update uploads set state = 'expired' where id = ${id}`;
  }
}

/**
 * Removes objects of a dataset that no row knows: what an import wrote whose journal was lost when PostgreSQL crashed
 * (see docs/decisions/004). The caller holds the dataset's lock. Where a whole prefix was adopted, or was to be, there is
 * content that was never of an import's making: there it is left to the integrity check.
 */
export async function sweepUnknown(sql: Sql, store: ObjectStore, datasetId: string, importId: string): Promise<void> {
  const [adopted] =
    await sql`select 1 from imports where dataset_id = ${datasetId} and kind = 'adopt' and options->'paths' = 'null' limit 1`;
  if (adopted) return;
  const tree = keys.file(datasetId, '');
  for (const prefix of [tree, keys.incoming(importId, 0).slice(0, -1)]) {
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ObjectStore['list']>> = await store.list(prefix, { cursor });
      const found = page.objects.map((object) => object.key).filter((key) => key !== keys.meta(datasetId));
      const known = await sql<{ key: string }[]>`
        select storage_key as key from dataset_files
          where dataset_id = ${datasetId} and removed_in is null and path = any(${found.map((key) => key.slice(tree.length))})
        union select key from import_objects where key = any(${found})
        union select from_key from import_moves where from_key = any(${found})
        union select to_key from import_moves where to_key = any(${found})`;
      const kept = new Set(known.map((row) => row.key));
      await store.delete(found.filter((key) => !kept.has(key)));
      cursor = page.cursor;
    } while (cursor);
  }
}

/** Takes back exactly what an import that is not committed has written: objects first, then the journal that knows them. */
export async function discardStaged(sql: Sql, store: ObjectStore, importId: string): Promise<void> {
  const unfinished = await sql<{ storage_key: string; multipart_id: string }[]>`
    select storage_key, multipart_id from hub_files where import_id = ${importId} and multipart_id is not null`;
  for (const { storage_key, multipart_id } of unfinished) {
    // What the store has forgotten by itself is what was to be.
    await store.abortMultipart(storage_key, multipart_id).catch(() => {});
  }
  await sql`delete from hub_files where import_id = ${importId}`;
  for (;;) {
    const rows = await sql<
      { key: string }[]
    >`select key from import_objects where import_id = ${importId} order by key limit 1000`;
    if (rows.length === 0) break;
    const batch = rows.map((row) => row.key);
    await store.delete(batch);
    await sql`delete from import_objects where import_id = ${importId} and key = any(${batch})`;
  }
  await sql`delete from import_files where import_id = ${importId}`;
  await sql`delete from import_issues where import_id = ${importId}`;
}

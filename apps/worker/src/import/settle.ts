import { removeUploadObjects } from '@granary/core/uploads/objects';
import type { Sql } from '@granary/db';
import { keys, ObjectNotFoundError, type ObjectStore } from '@granary/storage';
import pLimit from 'p-limit';

interface Move {
  import_id: string;
  sha256: string;
  from_key: string;
  to_key: string;
  step: number;
}

/**
 * Finishes what commits of this dataset left to do with objects: replaced content makes room, to `history/`, then content
 * moves in, new or from there. At any moment each row points to an object that is there, and each step can be repeated.
 */
export async function settleMoves(sql: Sql, store: ObjectStore, datasetId: string): Promise<void> {
  const imports = await sql<{ id: string }[]>`
    select id from imports i where dataset_id = ${datasetId} and exists (select 1 from import_moves m where m.import_id = i.id) order by created_at`;
  for (const step of [1, 2]) {
    for (const { id } of imports) {
      for (;;) {
        const moves = await sql<Move[]>`
          select import_id, sha256, from_key, to_key, step from import_moves
          where import_id = ${id} and step = ${step} order by from_key, to_key limit ${MOVES_AT_ONCE}`;
        if (moves.length === 0) break;
        await settleSome(sql, store, datasetId, moves);
      }
    }
  }
}

const MOVES_AT_ONCE = 256;
const PARALLEL_COPIES = 16;

/** Copies the content, lets rows point to the copy, and deletes what no row points to any more. */
async function settleSome(sql: Sql, store: ObjectStore, datasetId: string, moves: readonly Move[]): Promise<void> {
  const step = moves[0]?.step ?? 0;
  const limit = pLimit(PARALLEL_COPIES);
  const going = moves.filter(({ from_key, to_key }) => from_key !== to_key);
  const isThere = await Promise.all(going.map((move) => limit(() => copy(store, move))));
  if (step === 1)
    await forgetLost(
      sql,
      datasetId,
      going.filter((_, i) => !isThere[i]),
    );
  const shas = moves.map(({ sha256 }) => sha256);
  const froms = moves.map(({ from_key }) => from_key);
  const tos = moves.map(({ to_key }) => to_key);
  const paths = moves.map((move) => pathOf(datasetId, move));
  // By path, since a great many files may have the same content: what moves in does so for its own path.
  await sql`update dataset_files f set storage_key = m.to_key
    from unnest(${shas}::text[], ${froms}::text[], ${tos}::text[], ${paths}::text[]) m(sha256, from_key, to_key, path)
    where f.dataset_id = ${datasetId} and f.path = m.path and f.sha256 = m.sha256 and f.storage_key = m.from_key and m.from_key <> m.to_key`;
  const pointing = sql`select 1 from dataset_files f where f.dataset_id = ${datasetId} and f.storage_key = m.from_key`;
  const needed = await sql<{ key: string }[]>`
    select m.from_key as key
    from (select distinct sha256, from_key, case when ${step} = 1 then path else '' end as path
      from unnest(${shas}::text[], ${froms}::text[], ${paths}::text[]) m(sha256, from_key, path)) m
    cross join lateral (
      (${pointing} and m.path <> '' and f.path = m.path limit 1) union all (${pointing} and m.path = '' and f.sha256 = m.sha256 limit 1)) f
    union all select o.from_key from imports i join import_moves o on o.import_id = i.id
      where i.dataset_id = ${datasetId} and o.step = ${step} and o.from_key = any(${froms}) and not o.to_key = any(${tos})
    ${shas.includes('') ? sql`union all select storage_key from dataset_files where dataset_id = ${datasetId} and storage_key = any(${froms})` : sql``}`;
  const kept = new Set(needed.map(({ key }) => key));
  await store.delete([...new Set(froms)].filter((key) => !kept.has(key)));
  await sql`delete from import_moves m using unnest(${moves.map(({ import_id }) => import_id)}::uuid[], ${froms}::text[], ${tos}::text[]) d(import_id, from_key, to_key)
    where m.import_id = d.import_id and m.step = ${step} and m.from_key = d.from_key and m.to_key = d.to_key`;
}

/** The path of the file that is moved: where it lay, or where it will lie. */
function pathOf(datasetId: string, { step, from_key, to_key }: Move): string {
  const key = step === 1 ? from_key : to_key;
  const tree = keys.file(datasetId, '');
  return key.startsWith(tree) ? key.slice(tree.length) : '';
}

/** @returns false for content of the dataset that was lost before */
async function copy(store: ObjectStore, { from_key, to_key }: Move): Promise<boolean> {
  try {
    await store.copy(from_key, to_key);
    return true;
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    // The move was cut off after its source was dropped: the row points to the target already.
    if (await store.head(to_key)) return true;
    if (from_key.startsWith(keys.upload(''))) throw error;
    return false;
  }
}

/** What was lost and is replaced now has no content that an older revision could show. */
async function forgetLost(sql: Sql, datasetId: string, moves: readonly Move[]): Promise<void> {
  await sql`delete from dataset_files f
    using unnest(${moves.map(({ from_key }) => from_key)}::text[], ${moves.map((move) => pathOf(datasetId, move))}::text[]) m(from_key, path)
    where f.dataset_id = ${datasetId} and f.path = m.path and f.storage_key = m.from_key and f.removed_in is not null`;
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

import type { Sql } from '@granary/db';
import { keys, type ObjectStore } from '@granary/storage';
import type { WorkerContext } from '../context.ts';
import { settleMoves } from '../import/settle.ts';
import { whileUnwritten } from '../session.ts';

const DATASETS = 200;
const ROWS = 2_000;

/**
 * Lets go of revisions that have no version once they can no longer be undone: their rows, and content that only they need.
 * First they are marked, then content goes, then the rows that know of it: cut off anywhere, the next run goes on.
 */
export async function compactRevisions({ database: { sql }, store, env }: WorkerContext): Promise<void> {
  const before = new Date(Date.now() - env.GRANARY_UNDO_DAYS * 86_400_000);
  await sql`update dataset_revisions r set is_kept = false
    where is_kept and created_at < ${before} and not ${isNeeded(sql, before)}`;
  const due = await sql<{ id: string }[]>`
    select d.id from datasets d where d.purge is null
      and exists (select 1 from dataset_revisions r where r.dataset_id = d.id and not r.is_kept)
      and exists (select 1 from dataset_files f where f.dataset_id = d.id and f.removed_in is not null and not ${inKept(sql, sql`f.dataset_id`, 'f')}
        union all select 1 from annotations a join annotation_projects p on p.id = a.project_id
          where p.dataset_id = d.id and a.removed_in is not null and not ${inKept(sql, sql`p.dataset_id`, 'a')})
    limit ${DATASETS}`;
  for (const { id } of due) {
    await whileUnwritten({ sql }, id, () => compactDataset(sql, store, id));
  }
}

/** Whether a revision `r` is one that stays: named, the newest, or one before one that can still be undone. */
const isNeeded = (sql: Sql, before: Date) => sql`(
  exists (select 1 from dataset_versions v where v.dataset_id = r.dataset_id and v.revision = r.revision)
  or r.revision = (select d.revision from datasets d where d.id = r.dataset_id)
  or exists (select 1 from dataset_revisions n where n.dataset_id = r.dataset_id and n.revision = r.revision + 1 and n.created_at >= ${before}))`;

/** Whether a closed row belongs to a revision that is kept. */
export const inKept = (sql: Sql, datasetId: ReturnType<Sql>, row: string) => sql`
  exists (select 1 from dataset_revisions k where k.dataset_id = ${datasetId} and k.is_kept
    and k.revision >= ${sql(`${row}.added_in`)} and k.revision < ${sql(`${row}.removed_in`)})`;

async function compactDataset(sql: Sql, store: ObjectStore, datasetId: string): Promise<void> {
  await settleMoves(sql, store, datasetId);
  const loose = (row: string) =>
    sql`${sql(`${row}.removed_in`)} is not null and not ${inKept(sql, sql`${datasetId}`, row)}`;
  for (;;) {
    const files = await sql<{ id: string; added_in: number; storage_key: string; sha256: string }[]>`
      select f.id::text as id, f.added_in, f.storage_key, f.sha256 from dataset_files f
      where f.dataset_id = ${datasetId} and ${loose('f')} order by f.sha256, f.id limit ${ROWS}`;
    if (files.length === 0) break;
    const isHistory = ({ storage_key }: { storage_key: string }) => storage_key.startsWith(keys.history(datasetId, ''));
    const shas = files.filter(isHistory).map(({ sha256 }) => sha256);
    const needed = await sql<{ storage_key: string }[]>`
      select storage_key from dataset_files f where f.dataset_id = ${datasetId} and f.sha256 = any(${shas}) and not (${loose('f')})`;
    const kept = new Set(needed.map(({ storage_key }) => storage_key));
    const going = new Set(files.filter(isHistory).map(({ storage_key }) => storage_key));
    await store.delete([...going].filter((key) => !kept.has(key)));
    await sql`delete from dataset_files f using unnest(${files.map(({ id }) => id)}::bigint[], ${files.map((row) => row.added_in)}::int[]) g(id, added_in)
      where f.id = g.id and f.added_in = g.added_in`;
  }
  const ofProject = sql`project_id in (select id from annotation_projects where dataset_id = ${datasetId})`;
  const tables: [table: string, scope: typeof ofProject][] = [
    ['annotations', ofProject],
    ['image_annotation_status', sql`dataset_id = ${datasetId}`],
    ['annotation_classes', ofProject],
    ['annotation_projects', sql`dataset_id = ${datasetId}`],
  ];
  for (const [table, scope] of tables) {
    for (;;) {
      const { count } = await sql`delete from ${sql(table)} where ctid = any(array(
        select t.ctid from ${sql(table)} t where ${scope} and ${loose('t')} limit ${ROWS}))`;
      if (count < ROWS) break;
    }
  }
}

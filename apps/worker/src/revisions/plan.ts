import { JobFailure } from '@granary/core/errors/failures';
import type { RequestOf } from '@granary/core/imports/kinds';
import type { DatasetState, ReadingConfig } from '@granary/db';
import type postgres from 'postgres';
import type { DatasetSession } from '../session.ts';
import { NOTHING, withoutRevision } from './reading.ts';

/** What an undo or a rollback will do; the files that go, come back or stay lie in the session's temporary tables. */
export interface Plan {
  /** The revision whose rows come back whole; null for an undo of an older one. */
  target: number | null;
  /** The revision that is undone; null for a rollback. */
  undoing: number | null;
  /** Whether the rows say all there is to say: otherwise the files are read anew. */
  isExact: boolean;
  /** What the dataset said of itself at the target; null at revision 0, or where there is none. */
  state: DatasetState | null;
  contentHash: string | null;
  /** How the files are read if they are. */
  reading: ReadingConfig;
  /** Paths that a later revision changed, too: they stay as they are. */
  conflicts: string[];
  reverted: number;
}

interface RevisionRow {
  revision: number;
  state: DatasetState;
  content_hash: string;
  is_kept: boolean;
  has_annotations: boolean;
}

const MOST_CONFLICTS = 1000;

/**
 * Finds by the indexes of `added_in` and `removed_in` what a revision, or all since a revision, did to the files, and what of
 * it can be taken back.
 *
 * @throws JobFailure `revision_gone`
 */
export async function planRevert(
  { sql }: DatasetSession,
  datasetId: string,
  request: RequestOf<'undo'> | RequestOf<'rollback'>,
): Promise<Plan> {
  const [dataset] = await sql<{ revision: number }[]>`select revision from datasets where id = ${datasetId}`;
  const newest = dataset?.revision ?? 0;
  const undoing = request.kind === 'undo' ? request.undo.revision : null;
  const target = request.kind === 'rollback' ? request.rollback.revision : undoing === newest ? newest - 1 : null;
  const since = target ?? (undoing ?? 0) - 1;
  const revisions = new Map<number, RevisionRow>();
  for (const row of await sql<RevisionRow[]>`
    select revision, state, content_hash, is_kept, has_annotations from dataset_revisions
    where dataset_id = ${datasetId} and (revision in (${since}, ${since + 1}) or (not has_annotations and revision > ${since}))`) {
    revisions.set(row.revision, row);
  }
  if (![since, ...(undoing === null ? [] : [undoing])].every((r) => r === 0 || revisions.get(r)?.is_kept)) {
    throw new JobFailure('revision_gone', 'What that revision changed is no longer kept.');
  }
  await listFiles(sql, datasetId, { target, undoing });
  const conflicts = target === null && undoing !== null ? await findConflicts(sql, datasetId, undoing) : [];
  const before = revisions.get(since)?.state ?? null;
  const isWhole = ![...revisions.values()].some(
    (row) => !row.has_annotations && (target === null ? row.revision === undoing : row.revision > since),
  );
  const isExact =
    isWhole && (target !== null || (undoing !== null && (await isPlain(sql, datasetId, undoing, conflicts))));
  const [counts] = await sql<{ files: number }[]>`
    select count(*)::float8 as files from (
      select path from closing_files c where not exists (select 1 from returning_files r where r.id = c.id)
      union select path from returning_files r where not exists (select 1 from closing_files c where c.id = r.id)) p`;
  return {
    target,
    undoing,
    isExact,
    state: target === null ? null : before,
    contentHash: target === null ? null : (revisions.get(since)?.content_hash ?? null),
    reading:
      target === null ? withoutRevision(await readingsSince(sql, datasetId, since)) : (before?.reading ?? NOTHING),
    conflicts,
    reverted: counts?.files ?? 0,
  };
}

/** How files were read at a revision and at each one since. */
async function readingsSince(sql: postgres.Sql, datasetId: string, since: number): Promise<ReadingConfig[]> {
  const rows = await sql<{ reading: ReadingConfig }[]>`
    select state->'reading' as reading from dataset_revisions where dataset_id = ${datasetId} and revision >= ${since} order by revision`;
  const readings = rows.map(({ reading }) => reading);
  return since === 0 ? [NOTHING, ...readings] : readings;
}

/** Whether the row came with its content, not only with something else said of it; and the same for one that went. */
const isNew = (sql: postgres.ISql, row: string) =>
  sql`not exists (select 1 from dataset_files s where s.id = ${sql(`${row}.id`)} and s.removed_in = ${sql(`${row}.added_in`)})`;
const isGone = (sql: postgres.ISql, row: string) =>
  sql`not exists (select 1 from dataset_files s where s.id = ${sql(`${row}.id`)} and s.added_in = ${sql(`${row}.removed_in`)})`;

/** Files that go, and those that come back; what is the same in both stays. */
async function listFiles(
  sql: postgres.Sql,
  datasetId: string,
  { target, undoing }: Pick<Plan, 'target' | 'undoing'>,
): Promise<void> {
  const about = { target, undoing };
  // What a later revision only said something else of is still what the undone one brought.
  const isOpen =
    target !== null
      ? wasOpened(sql, about)
      : sql`f.id in (select o.id from dataset_files o
          where o.dataset_id = ${datasetId} and o.added_in = ${undoing} and (o.removed_in is null or ${isNew(sql, 'o')}))`;
  const isBack =
    target !== null
      ? wasClosed(sql, about)
      : sql`f.removed_in = ${undoing} and (${isGone(sql, 'f')} or exists (
          select 1 from dataset_files s where s.id = f.id and s.added_in = ${undoing} and s.removed_in is null))`;
  await sql`drop table if exists closing_files, returning_files`;
  await sql`create temp table closing_files as select f.* from dataset_files f
    where f.dataset_id = ${datasetId} and f.removed_in is null and ${isOpen}`;
  await sql`create temp table returning_files as select f.* from dataset_files f where f.dataset_id = ${datasetId} and ${isBack}`;
  await sql`create temp table same_files as select c.id from closing_files c join returning_files r using (id)
    where (c.split, c.class_name, c.kind, c.source) is not distinct from (r.split, r.class_name, r.kind, r.source)`;
  await sql`delete from closing_files c using same_files s where s.id = c.id`;
  await sql`delete from returning_files r using same_files s where s.id = r.id`;
  await sql`drop table same_files`;
  await sql`create index on closing_files (path)`;
  await sql`create index on returning_files (path)`;
  await sql`create index on closing_files (id)`;
  await sql`create index on returning_files (id)`;
  await sql`analyze closing_files, returning_files`;
}

/** Whether a row `f` was opened by what is taken back. */
export const wasOpened = (sql: postgres.ISql, { target, undoing }: Pick<Plan, 'target' | 'undoing'>) =>
  target === null ? sql`f.added_in = ${undoing}` : sql`f.added_in > ${target}`;

/** Whether a row `f` was closed by what is taken back, and will be open again. */
export const wasClosed = (sql: postgres.ISql, { target, undoing }: Pick<Plan, 'target' | 'undoing'>) =>
  target === null ? sql`f.removed_in = ${undoing}` : sql`f.removed_in > ${target} and f.added_in <= ${target}`;

/** Takes paths out that later revisions changed, too, or that would lie where there is a folder or a file now. */
async function findConflicts(sql: postgres.Sql, datasetId: string, undoing: number): Promise<string[]> {
  const rows = await sql<{ path: string }[]>`
    select distinct t.path from (select path from dataset_files d where dataset_id = ${datasetId}
        and ((added_in = ${undoing} and ${isNew(sql, 'd')}) or (removed_in = ${undoing} and ${isGone(sql, 'd')}))) t
    where exists (select 1 from dataset_files l where l.dataset_id = ${datasetId} and l.path = t.path
        and ((l.added_in > ${undoing} and ${isNew(sql, 'l')}) or (l.removed_in > ${undoing} and ${isGone(sql, 'l')})))
      or (t.path in (select path from returning_files) and (
        exists (select 1 from dataset_files l where l.dataset_id = ${datasetId} and l.removed_in is null
          and l.path > (t.path || '/') collate "C" and l.path < (t.path || '0') collate "C" and l.id not in (select id from closing_files))
        or exists (select 1 from dataset_files l where l.dataset_id = ${datasetId} and l.removed_in is null and l.id not in (select id from closing_files)
          and l.path in (select array_to_string((string_to_array(t.path, '/'))[1:n], '/') from generate_series(1, cardinality(string_to_array(t.path, '/')) - 1) n))))
    order by t.path`;
  const paths = rows.map(({ path }) => path);
  await sql`delete from closing_files where path = any(${paths}::text[])`;
  await sql`delete from returning_files where path = any(${paths}::text[])`;
  return paths.slice(0, MOST_CONFLICTS);
}

/**
 * Whether an older revision touched nothing but images and label files of their own: then what it said of each image can be
 * taken back by itself. What names classes, or has the labels of many images, means something else beside later changes.
 */
async function isPlain(
  sql: postgres.Sql,
  datasetId: string,
  undoing: number,
  conflicts: readonly string[],
): Promise<boolean> {
  if (conflicts.length > 0) return false;
  const [entangled] = await sql`
    select 1 from dataset_files f where f.dataset_id = ${datasetId} and f.kind not in ('image', 'label')
      and ((f.added_in >= ${undoing} and ${isNew(sql, 'f')}) or (f.removed_in >= ${undoing} and ${isGone(sql, 'f')}))
    union all select 1 from annotation_projects f where f.dataset_id = ${datasetId} and (f.added_in >= ${undoing} or f.removed_in >= ${undoing})
    union all select 1 from annotation_classes f where f.project_id in (select id from annotation_projects where dataset_id = ${datasetId})
      and (f.added_in >= ${undoing} or f.removed_in >= ${undoing})
    union all (select 1 from (select f.state from dataset_revisions f where f.dataset_id = ${datasetId} and f.revision = ${undoing}) n,
      (select coalesce((select f.state from dataset_revisions f where f.dataset_id = ${datasetId} and f.revision = ${undoing - 1}), '{}') as state) o
      where (n.state->'reading', n.state->'format') is distinct from (o.state->'reading', o.state->'format'))
    limit 1`;
  return entangled === undefined;
}

import { JobFailure } from '@granary/core/errors/failures';
import { MOST_CONFLICTS, mergePlanQuery } from '@granary/core/forks/merge-plan';
import type { RequestOf } from '@granary/core/imports/kinds';
import { keys, type ObjectStore } from '@granary/storage';
import type { JobRun } from '../runner.ts';
import type { DatasetSession } from '../session.ts';
import { type Copied, copyContent } from './copy-content.ts';

type Origin = RequestOf<'merge'>['merge'];

interface Merging {
  session: DatasetSession;
  store: ObjectStore;
  run: JobRun;
  importId: string;
  datasetId: string;
}

const BATCH = 256;

/** What a merge takes over, and the paths that it leaves as they are. */
export interface Merged {
  reverted: number;
  conflicts: string[];
}

/**
 * Stages what the source of a fork has changed where the fork has not: content is copied within the store, and files that go
 * are named in the session's table `closing_files`, as those of an undo. The tree is read anew afterwards.
 *
 * @throws JobFailure `revision_gone`, `wrong_state`
 */
export async function stageMerge(context: Merging, target: Origin): Promise<Merged> {
  const { session, run, importId, datasetId } = context;
  const { sql } = session;
  await planInto(context, target);
  await sql`drop table if exists closing_files`;
  await sql`create temp table closing_files as select f.id from dataset_files f join merge_plan m using (path)
    where f.dataset_id = ${datasetId} and f.removed_in is null and m.what = 'take' and m.file_id is null`;
  const [counts] = await sql<{ taken: number; coming: number }[]>`
    select (count(*) filter (where what = 'take'))::float8 as taken,
      (count(*) filter (where what = 'take' and file_id is not null))::float8 as coming from merge_plan`;
  const { taken = 0, coming = 0 } = counts ?? {};
  let done = 0;
  for (;;) {
    run.signal.throwIfAborted();
    const rows = await sql<(Copied & { new_id: number; is_taken: boolean })[]>`
      select f.id::float8 as id, f.added_in, f.path, f.storage_key, f.size::float8 as size, nextval('dataset_files_id_seq')::float8 as new_id, '' as to,
        exists (select 1 from dataset_files o where o.dataset_id = ${datasetId} and o.path = f.path and o.removed_in is null) as is_taken
      from merge_plan m join dataset_files f on f.id = m.file_id and f.added_in = m.added_in
      where m.what = 'take' and not exists (select 1 from import_files s where s.import_id = ${importId} and s.path = f.path)
      order by f.path limit ${BATCH}`;
    if (rows.length === 0) break;
    for (const row of rows)
      row.to = row.is_taken ? keys.incoming(importId, row.new_id) : keys.file(datasetId, row.path);
    await sql`insert into import_objects (import_id, key) select ${importId}, unnest(${rows.map(({ to }) => to)}::text[]) on conflict do nothing`;
    await copyContent(context, rows);
    await sql`insert into import_files (import_id, id, path, size, sha256, mime, kind, width, height, problem, storage_key)
      select ${importId}, m.new_id, f.path, f.size, f.sha256, f.mime,
        case when f.width is not null or f.problem is not null then 'image' when f.kind = 'data' then 'data' else 'other' end,
        f.width, f.height, f.problem, m.key
      from dataset_files f join unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map((row) => row.added_in)}::int[],
        ${rows.map((row) => row.new_id)}::bigint[], ${rows.map(({ to }) => to)}::text[]) m(id, added_in, new_id, key)
        on m.id = f.id and m.added_in = f.added_in`;
    done += rows.length;
    run.progress(Math.min(75, (75 * done) / (coming || 1)), 'copying');
  }
  const conflicts = await sql<{ path: string }[]>`
    select path from merge_plan where what = 'conflict' order by path limit ${MOST_CONFLICTS}`;
  return { reverted: taken, conflicts: conflicts.map(({ path }) => path) };
}

/** The plan as the session's temporary table `merge_plan`. */
async function planInto({ session: { sql }, datasetId }: Merging, target: Origin): Promise<void> {
  const [row] = await sql<{ base: number | null; is_kept: boolean }[]>`
    select (d.forked_from->>'revision')::int as base,
      (select count(*) from dataset_revisions r where r.dataset_id = ${target.datasetId} and r.is_kept
        and r.revision in ((d.forked_from->>'revision')::int, ${target.revision}))
        = case when (d.forked_from->>'revision')::int = ${target.revision} then 1 else 2 end as is_kept
    from datasets d where d.id = ${datasetId} and d.forked_from->>'datasetId' = ${target.datasetId}`;
  if (!row || row.base === null) throw new JobFailure('wrong_state', 'This dataset is not a fork of that source.');
  if (!row.is_kept)
    throw new JobFailure('revision_gone', 'The source no longer keeps the revision that is compared with.');
  const { base } = row;
  await sql`drop table if exists merge_plan`;
  const { text, parameters } = mergePlanQuery({
    ...{ forkId: datasetId, sourceId: target.datasetId, base, to: target.revision },
  });
  await sql.unsafe(`create temp table merge_plan as ${text}`, parameters);
}

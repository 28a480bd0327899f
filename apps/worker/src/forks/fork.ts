import { JobFailure } from '@granary/core/errors/failures';
import type { RequestOf } from '@granary/core/imports/kinds';
import type { DatasetState } from '@granary/db';
import { keys } from '@granary/storage';
import type postgres from 'postgres';
import { type Committing, inRevision } from '../import/commit.ts';
import { hashTree } from '../import/totals.ts';
import { setState } from '../revisions/revert.ts';
import { type Copied, copyContent } from './copy-content.ts';

type Tx = postgres.TransactionSql;
type Origin = RequestOf<'fork'>['fork'];

const BATCH = 512;

/**
 * Fills an empty dataset with a revision of another: content is copied within the store, batch by batch, and rows are made of
 * the source's, in one transaction. An attempt that was cut off is gone on with after its last batch.
 *
 * @throws JobFailure `revision_gone`, `dataset_gone`
 */
export async function forkInto(context: Committing, origin: Origin): Promise<void> {
  await copyFiles(context, origin);
  context.run.progress(95, 'placing');
  await inRevision(context, async (tx, revision) => {
    const about = { ...context, origin, revision };
    await forkFiles(tx, about);
    await forkLabels(tx, about);
    await forkState(tx, about);
  });
}

/** Whether a row `f` belongs to the revision that is forked. */
const isAt = (sql: postgres.ISql, { revision }: Origin, name = 'f') =>
  sql`(${sql(`${name}.added_in`)} <= ${revision} and (${sql(`${name}.removed_in`)} is null or ${sql(`${name}.removed_in`)} > ${revision}))`;

async function copyFiles({ session, store, run, importId, datasetId }: Committing, origin: Origin): Promise<void> {
  const { sql } = session;
  const total = (await stateOf(sql, origin)).numFiles || 1;
  const [staged] = await sql<{ last: string | null; files: number }[]>`
    select max(path) as last, count(*)::float8 as files from import_files where import_id = ${importId}`;
  let after = staged?.last ?? '';
  let done = staged?.files ?? 0;
  for (;;) {
    run.signal.throwIfAborted();
    const rows = await sql<Copied[]>`
      select f.id::float8 as id, f.added_in, f.path, f.storage_key, f.size::float8 as size, ${keys.file(datasetId, '')} || f.path as to
      from dataset_files f where f.dataset_id = ${origin.datasetId} and f.path > ${after} and ${isAt(sql, origin)}
      order by f.path limit ${BATCH}`;
    if (rows.length === 0) break;
    await sql`insert into import_objects (import_id, key) select ${importId}, unnest(${rows.map(({ to }) => to)}::text[]) on conflict do nothing`;
    await copyContent({ session, store, run }, rows);
    await sql`insert into import_files (import_id, path, size, sha256, mime, kind, width, height, problem, storage_key)
      select ${importId}, f.path, f.size, f.sha256, f.mime, f.kind, f.width, f.height, f.problem, ${keys.file(datasetId, '')} || f.path
      from dataset_files f join unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map((row) => row.added_in)}::int[]) m(id, added_in)
        on m.id = f.id and m.added_in = f.added_in order by f.path`;
    after = rows.at(-1)?.path ?? '';
    done += rows.length;
    run.progress(Math.min(94, (94 * done) / total), 'copying');
  }
}

async function stateOf(sql: postgres.ISql, { datasetId, revision }: Origin): Promise<DatasetState> {
  const [row] = await sql<{ state: DatasetState; is_kept: boolean }[]>`
    select r.state, r.is_kept from dataset_revisions r join datasets d on d.id = r.dataset_id
    where r.dataset_id = ${datasetId} and r.revision = ${revision} and d.purge is null`;
  if (!row) throw new JobFailure('dataset_gone', 'The dataset that was to be forked is gone.');
  if (!row.is_kept) throw new JobFailure('revision_gone', 'The revision that was to be forked is no longer kept.');
  return row.state;
}

interface Forking {
  datasetId: string;
  importId: string;
  origin: Origin;
  revision: number;
}

async function forkFiles(tx: Tx, { datasetId, importId, origin, revision }: Forking): Promise<void> {
  await tx`create temp table forked_files on commit drop as
    select f.id, f.added_in, s.id as new_id from import_files s
    join dataset_files f on f.dataset_id = ${origin.datasetId} and f.path = s.path and f.sha256 = s.sha256 and ${isAt(tx, origin)}
    where s.import_id = ${importId}`;
  await tx`create unique index on forked_files (id)`;
  await tx`analyze forked_files`;
  await tx`insert into dataset_files (id, dataset_id, path, size, sha256, mime, kind, split, class_name, width, height, problem, source, phash, storage_key, added_in)
    select n.new_id, ${datasetId}, f.path, f.size, f.sha256, f.mime, f.kind, f.split, f.class_name, f.width, f.height, f.problem, f.source, f.phash,
      ${keys.file(datasetId, '')} || f.path, ${revision}
    from dataset_files f join forked_files n on n.id = f.id and n.added_in = f.added_in order by n.new_id`;
  await tx`insert into image_hashes (dataset_id, hash) select distinct ${datasetId}, phash from dataset_files
    where dataset_id = ${datasetId} and phash is not null on conflict do nothing`;
}

/** Annotations, classes and states of images, with their authors; each gets an id of its own. */
async function forkLabels(tx: Tx, { datasetId, origin, revision }: Forking): Promise<void> {
  await tx`create temp table forked_projects on commit drop as
    select p.id, gen_random_uuid() as new_id from annotation_projects p where p.dataset_id = ${origin.datasetId} and ${isAt(tx, origin, 'p')}`;
  await tx`create temp table forked_classes on commit drop as
    select c.id, nextval(pg_get_serial_sequence('annotation_classes', 'id')) as new_id from annotation_classes c
    where c.project_id in (select id from forked_projects) and ${isAt(tx, origin, 'c')} order by c.project_id, c.index`;
  await tx`create unique index on forked_classes (id)`;
  await tx`analyze forked_projects, forked_classes`;
  await tx`insert into annotation_projects (id, dataset_id, task_type, source, created_by, created_at, added_in)
    select n.new_id, ${datasetId}, p.task_type, p.source, p.created_by, p.created_at, ${revision}
    from annotation_projects p join forked_projects n using (id) where ${isAt(tx, origin, 'p')}`;
  await tx`insert into annotation_classes (id, project_id, index, name, source, added_in)
    select n.new_id, p.new_id, c.index, c.name, c.source, ${revision}
    from annotation_classes c join forked_classes n using (id) join forked_projects p on p.id = c.project_id where ${isAt(tx, origin, 'c')}`;
  await tx`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, state, created_by, confirmed_by, confirmed_at, added_in)
    select p.new_id, f.new_id, c.new_id, a.type, a.geometry, a.attributes, a.state, a.created_by, a.confirmed_by, a.confirmed_at, ${revision}
    from annotations a join forked_projects p on p.id = a.project_id join forked_files f on f.id = a.file_id
    left join forked_classes c on c.id = a.class_id where ${isAt(tx, origin, 'a')} order by a.id`;
  await tx`insert into image_annotation_status (dataset_id, file_id, state, updated_at, added_in)
    select ${datasetId}, f.new_id, s.state, s.updated_at, ${revision}
    from image_annotation_status s join forked_files f on f.id = s.file_id where s.dataset_id = ${origin.datasetId} and ${isAt(tx, origin, 's')}`;
}

/** What the source said of itself then; its report is that of the fork, which nobody has read anew. */
async function forkState(tx: Tx, { datasetId, importId, origin }: Forking): Promise<void> {
  // Asked for last: rows that are let go of are marked before.
  const state = await stateOf(tx, origin);
  const contentHash = await hashTree(tx, datasetId);
  const [counted] = await tx<{ annotations: number }[]>`
    select count(*)::float8 as annotations from annotations a join annotation_projects p on p.id = a.project_id
    where p.dataset_id = ${datasetId}`;
  if (contentHash !== origin.contentHash || counted?.annotations !== state.numAnnotations)
    throw new JobFailure('revision_gone', 'The source no longer has all that the revision held.');
  await setState(tx, datasetId, state, contentHash);
  await tx`update datasets set row_statistics = (select row_statistics from datasets where id = ${origin.datasetId}) where id = ${datasetId}`;
  await tx`update imports set (report, analysis) = (select i.report, i.analysis from dataset_revisions r join imports i on i.id = r.import_id
      where r.dataset_id = ${origin.datasetId} and r.revision = ${origin.revision}),
    counts = (select jsonb_build_object('files', count(*), 'images', count(*) filter (where kind = 'image'),
      'bytes', coalesce(sum(size), 0), 'annotations', ${counted.annotations}::float8) from import_files where import_id = ${importId})
    where id = ${importId}`;
}

import { JobFailure } from '@granary/core/errors/failures';
import type { ImportRequest } from '@granary/core/imports/kinds';
import { keys, type ObjectStore } from '@granary/storage';
import type postgres from 'postgres';
import type { JobRun } from '../runner.ts';
import type { DatasetSession } from '../session.ts';
import { writeLabels } from './labels.ts';
import type { Reading } from './read.ts';
import { closeRevision, openRevision } from './revision.ts';
import { type Changes, leaves } from './source.ts';
import { writeTotals } from './totals.ts';

type Tx = postgres.TransactionSql;

export interface Committing extends Changes {
  session: DatasetSession;
  store: ObjectStore;
  run: JobRun;
  createdBy: string | null;
  request: ImportRequest;
  /** What an undo or a rollback came to. */
  reverted?: { reverted: number; conflicts: string[] };
}

/**
 * Makes everything that was staged visible as a revision, in one transaction with the totals and the content hash: a reader
 * sees the dataset before or after. Objects that still lie at passing keys are noted in `import_moves`; see settle.ts.
 */
export async function commitImport(context: Committing, reading: Reading): Promise<void> {
  await dropUnstagedObjects(context);
  const { importId, datasetId, createdBy, request } = context;
  const undoing = request.kind === 'undo' ? request.undo.revision : undefined;
  await inRevision(context, async (tx, revision) => {
    await retireReplacedFiles(tx, context, revision);
    await addFiles(tx, context, reading, revision);
    await writeLabels(tx, { importId, datasetId, createdBy, revision, undoing }, reading);
    await writeTotals(tx, datasetId, reading, reading.isAddition ? revision : null);
    if (request.kind === 'merge')
      await tx`update datasets set forked_from = ${tx.json(request.merge)} where id = ${datasetId}`;
    await tx`update imports set report = ${tx.json(reading.report as never)}, analysis = ${tx.json(reading.analysis as never)},
      counts = (select jsonb_build_object('files', count(*), 'images', count(*) filter (where kind = 'image'),
        'bytes', coalesce(sum(size), 0), 'annotations', (select count(*) from read_annotations))
        from import_files where import_id = ${importId})
      where id = ${importId}`;
  });
}

/** Does what makes up a revision, and ends it, in one transaction that only the job's newest attempt can commit. */
export async function inRevision(
  context: Committing,
  write: (tx: Tx, revision: number) => Promise<unknown>,
): Promise<void> {
  const { session, run, importId, datasetId, request, createdBy, reverted = null } = context;
  await session.sql.begin(async (tx) => {
    await tx`set local synchronous_commit = on`;
    await run.assertCurrent(tx);
    const revision = await openRevision(tx, datasetId);
    if (revision === null) throw new JobFailure('dataset_deleted', 'The dataset was deleted in the meantime.');
    await write(tx, revision);
    await tx`update imports set phase = 'committed', reverted = ${reverted === null ? null : tx.json(reverted)} where id = ${importId}`;
    await tx`delete from import_files where import_id = ${importId}`;
    await tx`delete from import_issues where import_id = ${importId}`;
    await tx`delete from import_objects where import_id = ${importId}`;
    await tx`delete from hub_files where import_id = ${importId}`;
    await tx`update uploads set state = 'imported' where id = any(array(select unnest(upload_ids) from imports where id = ${importId}))`;
    await closeRevision(tx, { datasetId, revision, importId, kind: request.kind, createdBy });
  });
}

/** Objects journaled but not staged: of a batch that was cut off, or equal to what the dataset has. */
async function dropUnstagedObjects({ session, store, importId }: Committing): Promise<void> {
  const rows = await session.sql<{ key: string }[]>`
    select key from import_objects o where import_id = ${importId}
      and not exists (select 1 from import_files s where s.import_id = ${importId} and s.storage_key = o.key)`;
  await store.delete(rows.map((row) => row.key));
}

/** Rows that new ones replace, and those that leave without another in their place, are closed; their content moves to `history/`. */
async function retireReplacedFiles(tx: Tx, context: Committing, revision: number): Promise<void> {
  const { importId, datasetId, request } = context;
  // What an adoption finds at a path has taken the place of what was there, which is lost.
  const isFound = request.kind === 'adopt';
  await tx`create temp table retired on commit drop as
    select f.id, f.storage_key, f.sha256 from dataset_files f where f.dataset_id = ${datasetId} and f.removed_in is null
      and (exists (select 1 from import_files s where s.import_id = ${importId} and s.path = f.path) or ${leaves(tx, context)})`;
  await tx`create unique index on retired (id)`;
  await tx`insert into import_moves (import_id, sha256, from_key, to_key, step)
    select ${importId}, sha256, storage_key, case when ${isFound} then storage_key else ${keys.history(datasetId, '')} || sha256 end, 1
    from retired on conflict do nothing`;
  await tx`insert into import_moves (import_id, sha256, from_key, to_key, step)
    select ${importId}, s.sha256, s.storage_key, ${keys.file(datasetId, '')} || s.path, 2
    from import_files s where s.import_id = ${importId} and s.storage_key <> ${keys.file(datasetId, '')} || s.path`;
  await closeFiles(tx, revision);
  if (isFound)
    await tx`delete from dataset_files f using retired r where f.dataset_id = ${datasetId} and f.sha256 = r.sha256 and f.storage_key = r.storage_key`;
}

/** Closes the rows of the files in `retired`, and what is said of them. */
export async function closeFiles(tx: Tx, revision: number): Promise<void> {
  await tx`update annotations a set removed_in = ${revision} from retired r where a.file_id = r.id and a.removed_in is null`;
  await tx`update image_annotation_status s set removed_in = ${revision} from retired r where s.file_id = r.id and s.removed_in is null`;
  await tx`update dataset_files f set removed_in = ${revision} from retired r where f.id = r.id and f.removed_in is null`;
}

async function addFiles(
  tx: Tx,
  { importId, datasetId }: Committing,
  { isAddition }: Reading,
  revision: number,
): Promise<void> {
  await tx`create temp table image_facts on commit drop as
    select path, max(split) as split, max(class_name) as class_name, bool_or(is_labeled) and not bool_or(is_lost) as is_labeled, bool_or(is_lost) as is_lost,
    (array_agg(source) filter (where source is not null))[1] as source from read_images group by path`;
  await tx`create temp table role_facts on commit drop as select path, max(kind) as kind, max(split) as split from read_roles group by path`;
  await tx`create unique index on image_facts (path)`;
  await tx`create unique index on role_facts (path)`;
  await tx`analyze image_facts, role_facts`;
  await tx`insert into dataset_files (id, dataset_id, path, size, sha256, mime, kind, split, class_name, width, height, problem, storage_key, source, added_in)
    select s.id, ${datasetId}, s.path, s.size, s.sha256, s.mime, coalesce(r.kind, s.kind), coalesce(i.split, r.split), i.class_name,
      s.width, s.height, s.problem, s.storage_key, i.source, ${revision}
    from import_files s left join image_facts i using (path) left join role_facts r using (path)
    where s.import_id = ${importId} order by s.id`;
  if (isAddition) return;
  await tx`create temp table said on commit drop as
    select f.id, coalesce(i.split, r.split) as split, i.class_name, i.source, coalesce(r.kind, l.kind) as kind
    from dataset_files f join listing l on l.id = f.id left join image_facts i on i.path = l.path left join role_facts r on r.path = l.path
    where f.dataset_id = ${datasetId} and f.removed_in is null and f.added_in < ${revision}
      and (f.split is distinct from coalesce(i.split, r.split) or f.class_name is distinct from i.class_name
        or f.kind <> coalesce(r.kind, l.kind) or f.source is distinct from i.source)`;
  await tx`update dataset_files f set removed_in = ${revision} from said n where f.id = n.id and f.removed_in is null`;
  await tx`insert into dataset_files (id, dataset_id, path, size, sha256, mime, kind, split, class_name, width, height, problem, source, phash, is_compared, storage_key, added_in, created_at)
    select f.id, f.dataset_id, f.path, f.size, f.sha256, f.mime, n.kind, n.split, n.class_name, f.width, f.height, f.problem, n.source, f.phash, f.is_compared, f.storage_key, ${revision}, f.created_at
    from dataset_files f join said n on n.id = f.id where f.removed_in = ${revision}`;
}

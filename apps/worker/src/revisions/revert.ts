import type { DatasetState } from '@granary/db';
import { keys } from '@granary/storage';
import type postgres from 'postgres';
import { type Committing, inRevision } from '../import/commit.ts';
import { writeTotals } from '../import/totals.ts';
import { type Plan, wasClosed, wasOpened } from './plan.ts';

type Tx = postgres.TransactionSql;

/**
 * Takes back by the rows alone: those that were opened close, and those that were closed open again, with their ids, authors
 * and states. Nothing is read. Objects follow by `import_moves`.
 */
export async function commitRevert(context: Committing, plan: Plan): Promise<void> {
  const { datasetId, importId } = context;
  const conflicts = [...plan.conflicts];
  const reverted = { reverted: plan.reverted, conflicts };
  await inRevision({ ...context, reverted }, async (tx, revision) => {
    const about = { datasetId, importId, revision };
    if (plan.target === null) conflicts.push(...(await keepLaterLabels(tx, datasetId, plan)));
    await swapLabels(tx, about, plan);
    await swapFiles(tx, about);
    if (plan.target === null) await dropLooseLabels(tx, about);
    await writeState(tx, about, plan);
    await tx`update imports set counts = (select jsonb_build_object('files', count(*), 'images', count(*) filter (where kind = 'image'),
        'bytes', coalesce(sum(size), 0), 'annotations', (select count(*) from returning_annotations)) from returning_files) where id = ${importId}`;
    await keepReport(tx, about, plan);
  });
}

interface About {
  datasetId: string;
  importId: string;
  revision: number;
}

/** Files are closed and opened; content that no current row has at its path makes room, and what comes back moves in. */
async function swapFiles(tx: Tx, { datasetId, importId, revision }: About): Promise<void> {
  const tree = keys.file(datasetId, '');
  await tx`insert into import_moves (import_id, sha256, from_key, to_key, step)
    select ${importId}, c.sha256, c.storage_key, ${keys.history(datasetId, '')} || c.sha256, 1 from closing_files c
    where not exists (select 1 from returning_files r where r.path = c.path and r.sha256 = c.sha256) on conflict do nothing`;
  await tx`insert into import_moves (import_id, sha256, from_key, to_key, step)
    select ${importId}, r.sha256, r.storage_key, ${tree} || r.path, 2 from returning_files r
    where r.storage_key <> ${tree} || r.path on conflict do nothing`;
  await tx`update dataset_files f set removed_in = ${revision} from closing_files c where f.id = c.id and f.added_in = c.added_in and f.removed_in is null`;
  await tx`insert into dataset_files (id, dataset_id, path, size, sha256, mime, kind, split, class_name, width, height, problem, source, phash, is_compared, storage_key, added_in, created_at)
    select id, dataset_id, path, size, sha256, mime, kind, split, class_name, width, height, problem, source, phash, is_compared, storage_key, ${revision}, created_at
    from returning_files`;
}

const ANNOTATION =
  'id, project_id, file_id, class_id, type, geometry, attributes, state, created_by, confirmed_by, confirmed_at';

/** Annotations, classes, projects and states of images, each by its own rows. */
async function swapLabels(tx: Tx, { datasetId, revision }: About, plan: Plan): Promise<void> {
  const ofDataset = tx`f.dataset_id = ${datasetId}`;
  const ofProject = tx`f.project_id in (select id from annotation_projects where dataset_id = ${datasetId})`;
  const tables: [table: string, columns: string, scope: typeof ofDataset, kept: string][] = [
    ['annotations', ANNOTATION, ofProject, 'file_id'],
    ['image_annotation_status', 'dataset_id, file_id, state, updated_at', ofDataset, 'file_id'],
    ['annotation_classes', 'id, project_id, index, name, source', ofProject, ''],
    ['annotation_projects', 'id, dataset_id, task_type, source, created_by, created_at', ofDataset, ''],
  ];
  for (const [table, columns, scope, kept] of tables) {
    const key = table === 'image_annotation_status' ? 'file_id' : 'id';
    const isFree =
      plan.target === null && kept !== '' ? tx`and f.${tx(kept)} not in (select id from later_labels)` : tx``;
    const name = tx(`returning_${table}`);
    await tx`create temp table ${name} on commit drop as select f.* from ${tx(table)} f where ${scope} and ${wasClosed(tx, plan)} ${isFree}`;
    await tx`update ${tx(table)} f set removed_in = ${revision} where ${scope} and f.removed_in is null and ${wasOpened(tx, plan)} ${isFree}`;
    await tx`insert into ${tx(table)} (${tx.unsafe(columns)}, added_in) select ${tx.unsafe(columns)}, ${revision} from ${name} r
      where not exists (select 1 from ${tx(table)} f where f.${tx(key)} = r.${tx(key)} and f.removed_in is null)`;
  }
}

/** Images whose labels a later revision changed, too, keep them: their paths. */
async function keepLaterLabels(tx: Tx, datasetId: string, { undoing }: Plan): Promise<string[]> {
  await tx`create temp table later_labels on commit drop as
    select distinct a.file_id as id from annotations a
    where a.project_id in (select id from annotation_projects where dataset_id = ${datasetId}) and (a.added_in = ${undoing} or a.removed_in = ${undoing})
      and exists (select 1 from annotations b where b.file_id = a.file_id and (b.added_in > ${undoing} or b.removed_in > ${undoing}))`;
  const rows = await tx<{ path: string }[]>`
    select distinct f.path from dataset_files f join later_labels l on l.id = f.id where f.removed_in is null
      and f.id not in (select id from closing_files) order by f.path limit 1000`;
  return rows.map(({ path }) => path);
}

/** Later labels of images that are gone go with them; none come back for images that do not. */
async function dropLooseLabels(tx: Tx, { datasetId, revision }: About): Promise<void> {
  const isGone = tx`not exists (select 1 from dataset_files f where f.id = a.file_id and f.removed_in is null)`;
  const gone = tx`a.file_id in (select id from closing_files) and ${isGone}`;
  await tx`update annotations a set removed_in = ${revision} where a.removed_in is null and a.added_in < ${revision} and ${gone}`;
  await tx`update image_annotation_status a set removed_in = ${revision} where a.removed_in is null and a.added_in < ${revision} and ${gone}`;
  await tx`delete from annotations a where a.added_in = ${revision} and a.id in (select id from returning_annotations) and ${isGone}`;
  await tx`delete from image_annotation_status a where a.dataset_id = ${datasetId} and a.added_in = ${revision} and ${isGone}`;
}

/** What the dataset says of itself: as it did then, or counted anew. */
async function writeState(tx: Tx, { datasetId, revision }: About, plan: Plan): Promise<void> {
  const { state, target, contentHash } = plan;
  if (target === null || state === null) {
    const classes = await tx<{ name: string; source: Record<string, unknown> }[]>`
      select name, source from annotation_classes where removed_in is null
        and project_id in (select id from annotation_projects where dataset_id = ${datasetId} and removed_in is null) order by index`;
    const [now] = await tx<
      { format: string | null; task_type: string | null }[]
    >`select format, task_type from datasets where id = ${datasetId}`;
    const isEmpty = target !== null;
    const said = {
      classes: [...classes],
      ...plan.reading,
      format: isEmpty ? null : (now?.format ?? null),
      taskType: isEmpty ? null : (now?.task_type ?? null),
    };
    return writeTotals(tx, datasetId, said, revision);
  }
  await setState(tx, datasetId, state, contentHash);
}

/** Sets what a dataset says of itself to what it, or another, said at a revision. */
export async function setState(
  tx: Tx,
  datasetId: string,
  state: DatasetState,
  contentHash: string | null,
): Promise<void> {
  await tx`update datasets set config = config || ${tx.json(state.reading as never)}, format = ${state.format}, task_type = ${state.taskType},
    num_files = ${state.numFiles}, num_images = ${state.numImages}, num_annotations = ${state.numAnnotations}, num_classes = ${state.numClasses},
    num_samples = ${state.numSamples}, size_bytes = ${state.sizeBytes}, class_names = ${state.classNames}, splits = ${tx.json(state.splits)},
    labeled = ${state.labeled}, statistics = ${state.statistics === null ? null : tx.json(state.statistics as never)}, content_hash = ${contentHash},
    error_code = null, error_message = null, updated_at = now(), last_modified_at = now() where id = ${datasetId}`;
}

/** The report of the files as they are now: that of the target, or else the newest. */
async function keepReport(tx: Tx, { datasetId, importId }: About, { target }: Plan): Promise<void> {
  const isOf =
    target === null
      ? tx`true`
      : tx`i.id = (select r.import_id from dataset_revisions r where r.dataset_id = ${datasetId} and r.revision = ${target})`;
  await tx`update imports set (report, analysis) = (
    select i.report, i.analysis from imports i where i.dataset_id = ${datasetId} and i.state = 'completed' and ${isOf} order by i.created_at desc limit 1)
    where id = ${importId}`;
}

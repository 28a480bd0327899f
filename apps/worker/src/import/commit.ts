import { createHash } from 'node:crypto';
import { JobFailure } from '@granary/core/errors/failures';
import { IMPORTS_OF_KIND, type ImportRequest } from '@granary/core/imports/kinds';

import type { DatasetStatistics, FileKind } from '@granary/db';
import type { ClassDefinition } from '@granary/formats';
import { keys, type ObjectStore } from '@granary/storage';
import type postgres from 'postgres';
import type { JobRun } from '../runner.ts';
import type { DatasetSession } from '../session.ts';
import type { Reading } from './read.ts';
import { type Changes, leaves } from './source.ts';

type Tx = postgres.TransactionSql;

interface Committing extends Changes {
  session: DatasetSession;
  store: ObjectStore;
  run: JobRun;
  createdBy: string | null;
  request: ImportRequest;
}

/**
 * Makes everything that was staged visible, in one transaction with the totals and the content hash: a reader sees the
 * dataset before or after. Objects that still lie at passing keys are noted in `import_moves`; see settle.ts.
 */
export async function commitImport(context: Committing, reading: Reading): Promise<void> {
  await dropUnstagedObjects(context);
  const { session, run, importId, datasetId } = context;
  await session.sql.begin(async (tx) => {
    await tx`set local synchronous_commit = on`;
    await run.assertCurrent(tx);
    const [dataset] = await tx<{ version: number }[]>`
      select version from datasets where id = ${datasetId} and deleted_at is null for no key update`;
    if (!dataset) throw new JobFailure('dataset_deleted', 'The dataset was deleted in the meantime.');
    await retireReplacedFiles(tx, context, dataset.version);
    await addFiles(tx, context, reading, dataset.version);
    const projectId = await writeClasses(tx, context, reading, dataset.version);
    await writeAnnotations(tx, context, reading, projectId, dataset.version);
    await writeStatuses(tx, context, reading);
    await writeTotals(tx, datasetId, reading);
    await settlePutBack(tx, context);
    await tx`update imports set phase = 'committed', report = ${tx.json(reading.report as never)}, analysis = ${tx.json(reading.analysis as never)},
      counts = (select jsonb_build_object('files', count(*), 'images', count(*) filter (where kind = 'image'),
        'bytes', coalesce(sum(size), 0), 'annotations', (select count(*) from read_annotations))
        from import_files where import_id = ${importId})
      where id = ${importId}`;
    await tx`delete from import_files where import_id = ${importId}`;
    await tx`delete from import_issues where import_id = ${importId}`;
    await tx`delete from import_objects where import_id = ${importId}`;
    await tx`delete from hub_files where import_id = ${importId}`;
    await tx`update uploads set state = 'imported' where id = any(array(select unnest(upload_ids) from imports where id = ${importId}))`;
    await tx`insert into audit_log (dataset_id, action, performed_by, details)
      select ${datasetId}, ${IMPORTS_OF_KIND[context.request.kind].done}, ${context.createdBy},
        jsonb_build_object('importId', id, 'counts', counts, 'repairs', options->'repairs', 'remove', options->'remove') from imports where id = ${importId}`;
  });
}

/** Objects journaled but not staged: of a batch that was cut off, or equal to what the dataset has. */
async function dropUnstagedObjects({ session, store, importId }: Committing): Promise<void> {
  const rows = await session.sql<{ key: string }[]>`
    select key from import_objects o where import_id = ${importId}
      and not exists (select 1 from import_files s where s.import_id = ${importId} and s.storage_key = o.key)`;
  await store.delete(rows.map((row) => row.key));
}

/**
 * Rows that new ones replace, and those that leave without another in their place. A row added in this draft is deleted;
 * one of an earlier version stays, closed, and its content moves to `history/`. So does one that was taken out by name: it
 * can be put back for a while.
 */
async function retireReplacedFiles(tx: Tx, context: Committing, version: number): Promise<void> {
  const { importId, datasetId, remove } = context;
  await tx`create temp table retired on commit drop as
    select f.id, f.path, f.storage_key, f.sha256, f.added_in < ${version} or ${remove !== undefined} as is_kept,
      exists (select 1 from import_files s where s.import_id = ${importId} and s.path = f.path) as is_replaced
    from dataset_files f where f.dataset_id = ${datasetId} and f.removed_in is null
      and (exists (select 1 from import_files s where s.import_id = ${importId} and s.path = f.path)
        or ${leaves(tx, context)})`;
  await tx`insert into import_moves (import_id, file_id, from_key, to_key, step)
    select ${importId}, case when is_kept then id end, storage_key,
      case when is_kept then ${keys.history(datasetId, '')} || sha256 end, 1
    from retired where is_kept or not is_replaced on conflict do nothing`;
  await tx`insert into import_moves (import_id, file_id, from_key, to_key, step)
    select ${importId}, s.id, s.storage_key, ${keys.file(datasetId, '')} || s.path, 2
    from import_files s where s.import_id = ${importId} and s.storage_key <> ${keys.file(datasetId, '')} || s.path`;
  await tx`delete from annotations a using retired r where a.file_id = r.id and (not r.is_kept or a.added_in = ${version})`;
  await tx`update annotations a set removed_in = ${version} from retired r where a.file_id = r.id and a.removed_in is null`;
  await tx`delete from image_annotation_status s using retired r where s.file_id = r.id and not r.is_kept`;
  await tx`update dataset_files f set removed_in = ${version}, removed_by = ${remove ? importId : null} from retired r where f.id = r.id and r.is_kept`;
  await tx`delete from dataset_files f using retired r where f.id = r.id and not r.is_kept`;
}

/** Files that were put back are no longer kept for that; nor is their content, unless a version or another removal has it. */
async function settlePutBack(tx: Tx, { importId, datasetId, request }: Committing): Promise<void> {
  if (request.kind !== 'put_back') return;
  const hasComeBack = tx`removed_by = ${request.putBack} and path in (select path from import_files where import_id = ${importId})`;
  await forgetRemoved(tx, datasetId, importId, hasComeBack);
}

/** Rows that were kept to be put back go, and the objects that no other row has are noted to go, too. */
export async function forgetRemoved(
  tx: Tx,
  datasetId: string,
  importId: string,
  condition: postgres.PendingQuery<postgres.Row[]>,
): Promise<void> {
  const chosen = tx`dataset_id = ${datasetId} and removed_by is not null and ${condition}`;
  await tx`create temp table forgotten on commit drop as
    select id, storage_key from dataset_files where ${chosen} and added_in >= removed_in`;
  await tx`update dataset_files set removed_by = null where ${chosen} and added_in < removed_in`;
  await tx`delete from annotations where file_id in (select id from forgotten)`;
  await tx`delete from dataset_files where id in (select id from forgotten)`;
  await tx`insert into import_moves (import_id, file_id, from_key, to_key, step)
    select distinct ${importId}::uuid, null::bigint, storage_key, null, 1 from forgotten f
    where not exists (select 1 from dataset_files d where d.dataset_id = ${datasetId} and d.storage_key = f.storage_key)
    on conflict do nothing`;
}

async function addFiles(
  tx: Tx,
  { importId, datasetId }: Committing,
  { isAddition }: Reading,
  version: number,
): Promise<void> {
  await tx`create temp table image_facts on commit drop as
    select path, max(split) as split, max(class_name) as class_name, bool_or(is_labeled) and not bool_or(is_lost) as is_labeled,
    (array_agg(source) filter (where source is not null))[1] as source from read_images group by path`;
  await tx`create temp table role_facts on commit drop as select path, max(kind) as kind, max(split) as split from read_roles group by path`;
  await tx`create unique index on image_facts (path)`;
  await tx`create unique index on role_facts (path)`;
  await tx`analyze image_facts, role_facts`;
  await tx`insert into dataset_files (id, dataset_id, path, size, sha256, mime, kind, split, class_name, width, height, problem, storage_key, source, added_in)
    select s.id, ${datasetId}, s.path, s.size, s.sha256, s.mime, coalesce(r.kind, s.kind), coalesce(i.split, r.split), i.class_name,
      s.width, s.height, s.problem, s.storage_key, i.source, ${version}
    from import_files s left join image_facts i using (path) left join role_facts r using (path)
    where s.import_id = ${importId} order by s.id`;
  if (isAddition) return;
  await tx`update dataset_files f set split = n.split, class_name = n.class_name, kind = n.kind, source = n.source
    from (select l.id, coalesce(i.split, r.split) as split, i.class_name, i.source, coalesce(r.kind, l.kind) as kind
      from listing l left join image_facts i using (path) left join role_facts r using (path)) n
    where f.id = n.id and (f.split is distinct from n.split or f.class_name is distinct from n.class_name or f.kind <> n.kind
      or f.source is distinct from n.source)`;
}

/** The project of the dataset's task with the classes of this reading; null when nothing is labeled. */
async function writeClasses(
  tx: Tx,
  { datasetId, createdBy }: Committing,
  reading: Reading,
  version: number,
): Promise<string | null> {
  const [project] =
    // Rows of text are no annotations.
    reading.taskType === null || reading.taskType === 'text'
      ? []
      : await tx<{ id: string }[]>`
    insert into annotation_projects (dataset_id, task_type, source, created_by)
    values (${datasetId}, ${reading.taskType}, ${tx.json(reading.source as never)}, ${createdBy})
    on conflict (dataset_id, task_type) do update set source = excluded.source returning id`;
  const projectId = project?.id ?? null;
  await tx`create temp table other_projects on commit drop as
    select id from annotation_projects where dataset_id = ${datasetId} and id is distinct from ${projectId}`;
  await tx`delete from annotations a using other_projects p where a.project_id = p.id and a.added_in = ${version}`;
  await tx`update annotations a set removed_in = ${version} from other_projects p where a.project_id = p.id and a.removed_in is null`;
  if (projectId === null) return null;
  const rows = reading.classes.map((definition, index) => ({
    index,
    name: nameOf(definition),
    source: JSON.stringify(definition.source),
  }));
  await tx`insert into annotation_classes (project_id, index, name, source)
    select ${projectId}, index, name, source::jsonb
    from unnest(${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.name)}::text[], ${rows.map((row) => row.source)}::text[]) c(index, name, source)
    on conflict (project_id, index) do update set name = excluded.name, source = excluded.source
      where (annotation_classes.name, annotation_classes.source) is distinct from (excluded.name, excluded.source)`;
  return projectId;
}

/** Text of PostgreSQL holds no NUL. */
const nameOf = (definition: ClassDefinition): string => definition.name.replaceAll('\0', '\ufffd');

/** Writes the annotations as confirmed by who imports them; those of an image that says the same as before stay. */
async function writeAnnotations(
  tx: Tx,
  { createdBy }: Committing,
  { isAddition }: Reading,
  projectId: string | null,
  version: number,
): Promise<void> {
  if (projectId === null) return;
  const columns = tx`file_id, class_id, type, geometry, attributes`;
  const incoming = tx`select a.ordinal, l.id as file_id, c.id as class_id, a.type, a.geometry, a.attributes, a.is_draft
    from read_annotations a join listing l using (path)
    left join annotation_classes c on c.project_id = ${projectId} and c.index = a.class_index`;
  const [existing] = isAddition
    ? []
    : await tx`select 1 from annotations where project_id = ${projectId} and removed_in is null limit 1`;
  if (existing) {
    await tx`create temp table incoming on commit drop as ${incoming}`;
    const digest =
      'md5(string_agg(md5(concat_ws(chr(9), class_id, type, geometry, attributes)), null order by md5(concat_ws(chr(9), class_id, type, geometry, attributes))))';
    await tx`create temp table unchanged on commit drop as
      select file_id from (select file_id, ${tx.unsafe(digest)} as digest from incoming group by file_id) n
      join (select file_id, ${tx.unsafe(digest)} as digest from annotations where project_id = ${projectId} and removed_in is null group by file_id) o
      using (file_id) where n.digest = o.digest`;
    await tx`create unique index on unchanged (file_id)`;
    await tx`delete from annotations a where project_id = ${projectId} and removed_in is null and added_in = ${version}
      and not exists (select 1 from unchanged u where u.file_id = a.file_id)`;
    await tx`update annotations a set removed_in = ${version} where project_id = ${projectId} and removed_in is null
      and not exists (select 1 from unchanged u where u.file_id = a.file_id)`;
    await tx`delete from incoming i using unchanged u where u.file_id = i.file_id`;
  }
  await tx`insert into annotations (project_id, ${columns}, state, created_by, confirmed_by, confirmed_at, added_in)
    select ${projectId}, ${columns}, case when is_draft then 'draft' else 'confirmed' end, ${createdBy},
      case when not is_draft then ${createdBy}::uuid end, case when not is_draft then now() end, ${version}
    from ${existing ? tx`incoming` : tx`(${incoming}) incoming`} order by ordinal`;
}

async function writeStatuses(tx: Tx, { importId, datasetId }: Committing, { isAddition }: Reading): Promise<void> {
  const isRead = isAddition ? tx`f.id in (select id from import_files where import_id = ${importId})` : tx`true`;
  await tx`insert into image_annotation_status as s (file_id, state)
    select f.id, case when i.is_labeled then 'completed' else 'not_started' end
    from dataset_files f left join image_facts i using (path)
    where f.dataset_id = ${datasetId} and f.removed_in is null and f.kind = 'image' and ${isRead}
    on conflict (file_id) do update set state = excluded.state, updated_at = now() where s.state <> excluded.state`;
}

/** Totals and the content hash of the current tree. Images that can't be read are files, but do not count as images. */
export async function writeTotals(
  tx: Tx,
  datasetId: string,
  reading: Pick<Reading, 'classes' | 'repairs' | 'classMap' | 'overrides' | 'format' | 'taskType'> &
    Partial<Pick<Reading, 'csv'>>,
): Promise<void> {
  const contentHash = await hashTree(tx, datasetId);
  const classNames = reading.classes.map(nameOf);
  const statistics = await countStatistics(tx, datasetId, classNames.length);
  const { repairs, classMap, overrides, csv } = reading;
  const config = { repairs, classMap, ...(overrides ? { overrides } : {}), ...(csv ? { csv } : {}) };
  await tx`
    with current as (
      select kind, split, size, problem is null and kind = 'image' as is_image,
        case when kind = 'data' then (source->>'rows')::bigint end as samples
      from dataset_files where dataset_id = ${datasetId} and removed_in is null
    ), totals as (
      select count(*) as files, coalesce(sum(size), 0) as bytes, count(*) filter (where is_image) as images, coalesce(sum(samples), 0) as samples from current
    ), splits as (
      select coalesce(jsonb_object_agg(split, items), '{}') as splits
      from (select split, sum(coalesce(samples, 1)) as items from current
        where (is_image or samples is not null) and split is not null group by split) by_split
    ), labels as (
      select count(*) as annotations from annotations a join annotation_projects p on p.id = a.project_id
      where p.dataset_id = ${datasetId} and a.removed_in is null
    )
    update datasets d set config = d.config || ${tx.json(config as never)}, format = ${reading.format}, task_type = ${reading.taskType}, num_files = files, num_images = images, num_samples = samples,
      size_bytes = bytes, num_annotations = annotations, num_classes = ${classNames.length}, class_names = ${classNames},
      splits = splits.splits, statistics = ${tx.json(statistics as never)}, labeled = annotations > 0, content_hash = ${contentHash},
      error_code = null, error_message = null, updated_at = now(), last_modified_at = now()
    from totals, splits, labels where d.id = ${datasetId}`;
}

const MAX_SIZES = 500;

async function countStatistics(tx: Tx, datasetId: string, numClasses: number): Promise<DatasetStatistics> {
  const classes: DatasetStatistics['classes'] = Array.from({ length: numClasses }, () => ({
    annotations: 0,
    images: 0,
  }));
  const byClass = await tx<{ index: number; annotations: number; images: number }[]>`
    select c.index, count(*)::float8 as annotations, count(distinct a.file_id)::float8 as images
    from annotations a join annotation_projects p on p.id = a.project_id join annotation_classes c on c.id = a.class_id
    where p.dataset_id = ${datasetId} and a.removed_in is null group by c.index`;
  for (const { index, ...counts } of byClass) if (index < numClasses) classes[index] = counts;
  const kinds = await tx<{ kind: FileKind; files: number; bytes: number }[]>`
    select kind, count(*)::float8 as files, sum(size)::float8 as bytes
    from dataset_files where dataset_id = ${datasetId} and removed_in is null group by kind`;
  const sizes = await tx<DatasetStatistics['sizes']>`
    select width, height, count(*)::float8 as images from dataset_files
    where dataset_id = ${datasetId} and removed_in is null and kind = 'image' and problem is null and width is not null
    group by width, height order by images desc, width, height limit ${MAX_SIZES}`;
  const [images] = await tx<{ labeled: number; broken: number }[]>`
    select count(*) filter (where s.state = 'completed')::float8 as labeled,
      count(*) filter (where f.problem is not null)::float8 as broken
    from dataset_files f left join image_annotation_status s on s.file_id = f.id
    where f.dataset_id = ${datasetId} and f.removed_in is null and f.kind = 'image'`;
  return {
    classes,
    kinds: Object.fromEntries(kinds.map(({ kind, ...totals }) => [kind, totals])),
    sizes: [...sizes],
    labeledImages: images?.labeled ?? 0,
    brokenImages: images?.broken ?? 0,
  };
}

const HASH_PAGE = 20_000;

/** SHA-256 over `sha256sum`'s lines of the tree, in the byte order of the paths. */
export async function hashTree(tx: Tx, datasetId: string): Promise<string> {
  const hash = createHash('sha256');
  let after = '';
  for (;;) {
    const rows = await tx<{ path: string; sha256: string }[]>`
      select path, sha256 from dataset_files where dataset_id = ${datasetId} and removed_in is null and path > ${after}
      order by path limit ${HASH_PAGE}`;
    hash.update(rows.map((row) => `${row.sha256}  ${row.path}\n`).join(''));
    if (rows.length < HASH_PAGE) return hash.digest('hex');
    after = rows.at(-1)?.path ?? '';
  }
}

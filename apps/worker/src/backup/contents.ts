import type { ZipItem } from '@granary/archives';
import { type Dataset, datasetColumns } from '@granary/core/access/policy';
import { writableDataset } from '@granary/core/annotations/writable';
import { JobFailure } from '@granary/core/errors/failures';
import { type Database, datasets } from '@granary/db';
import { writerOf } from '@granary/formats';
import { ObjectNotFoundError, type ObjectStore, readStream } from '@granary/storage';
import { eq } from 'drizzle-orm';
import type postgres from 'postgres';

import { BACKUP, newHead } from './layout.ts';

const PAGE = 1000;
/** Their annotations are read together. */
const FILES_AT_ONCE = 250;
/** Files up to this size are fetched ahead, several at once. */
const SMALL_BYTES = 1024 * 1024;
const AHEAD = 16;

/** An entry with the hash that its content must have, where that is known. */
export interface BackupItem extends ZipItem {
  sha256: string | null;
}

interface StoredFile {
  path: string;
  storage_key: string;
  size: number;
  sha256: string;
}

/**
 * Everything of a dataset, in the order of the backup. The caller holds the dataset's lock, so that no file moves
 * meanwhile.
 */
export async function* backupContents(
  { database, store }: { database: Database; store: ObjectStore },
  datasetId: string,
  createdAt: Date,
): AsyncGenerator<BackupItem> {
  const { sql, db } = database;
  const [dataset] = await db.select(datasetColumns).from(datasets).where(eq(datasets.id, datasetId));
  if (!dataset) throw new JobFailure('dataset_gone', 'The dataset no longer exists.');
  yield text(BACKUP.head, [`${JSON.stringify(await headOf(sql, dataset, createdAt), null, 2)}\n`]);
  yield* stored(store, currentFiles(sql, datasetId), (file) => BACKUP.data + file.path);
  // What is no longer kept may be half gone already; what is let go of meanwhile is in the backup all the same.
  const kept = await sql<
    { revision: number }[]
  >`select revision from dataset_revisions where dataset_id = ${datasetId} and is_kept`;
  const revisions = kept.map(({ revision }) => revision);
  yield* stored(store, keptFiles(sql, datasetId, revisions), (file) => BACKUP.history + file.sha256);
  for (const [name, rows] of Object.entries(rowFiles(sql, datasetId, revisions)))
    yield text(`${BACKUP.rows}${name}.jsonl`, rows);
  yield* annotationFiles(database, dataset);
}

async function headOf(sql: postgres.Sql, dataset: Dataset, createdAt: Date) {
  const [row] = await sql<
    { versions: number; metadata: Record<string, unknown>; rowStatistics: Record<string, unknown> }[]
  >`
    select metadata, row_statistics as "rowStatistics", (select count(*)::float8 from dataset_versions where dataset_id = d.id) as versions from datasets d where id = ${dataset.id}`;
  const { metadata = {}, rowStatistics = {} } = row ?? {};
  const { id, name, description, tags, format, taskType, classNames, version, revision, contentHash, config } = dataset;
  const { license, citation, forkedFrom } = dataset;
  return newHead({
    createdAt: createdAt.toISOString(),
    dataset: {
      id,
      name,
      description,
      license,
      citation,
      tags,
      format,
      taskType,
      classNames,
      version,
      revision,
      contentHash,
      config,
      metadata,
      rowStatistics,
      forkedFrom,
    },
    counts: {
      files: dataset.numFiles,
      images: dataset.numImages,
      annotations: dataset.numAnnotations,
      versions: row?.versions ?? 0,
    },
    sizeBytes: dataset.sizeBytes,
  });
}

function text(path: string, lines: AsyncIterable<string> | Iterable<string>): BackupItem {
  return { path, sha256: null, isDeflated: true, content: encoded(lines) };
}

async function* encoded(lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Buffer> {
  for await (const line of lines) yield Buffer.from(line);
}

async function* currentFiles(sql: postgres.Sql, datasetId: string): AsyncGenerator<StoredFile> {
  let after = '';
  for (;;) {
    const rows = await sql<StoredFile[]>`
      select path, storage_key, size::float8 as size, sha256 from dataset_files
      where dataset_id = ${datasetId} and removed_in is null and path > ${after} order by path limit ${PAGE}`;
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.path ?? '';
  }
}

/** Whether a row belongs to the draft, or to one of these revisions. */
const isIn = (sql: postgres.Sql, revisions: readonly number[], row: string) => sql`(${sql(row)}.removed_in is null
  or exists (select 1 from unnest(${[...revisions]}::int[]) k where k >= ${sql(row)}.added_in and k < ${sql(row)}.removed_in))`;

/** Content that only older revisions have, each once. */
async function* keptFiles(
  sql: postgres.Sql,
  datasetId: string,
  revisions: readonly number[],
): AsyncGenerator<StoredFile> {
  let after = '';
  for (;;) {
    const rows = await sql<StoredFile[]>`
      select distinct on (sha256) path, storage_key, size::float8 as size, sha256 from dataset_files f
      where dataset_id = ${datasetId} and removed_in is not null and sha256 > ${after} and ${isIn(sql, revisions, 'f')} and not exists (
        select 1 from dataset_files c where c.dataset_id = f.dataset_id and c.removed_in is null and c.path = f.path and c.sha256 = f.sha256)
      order by sha256 limit ${PAGE}`;
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.sha256 ?? '';
  }
}

/** Files in their order; small ones are on their way before they are wanted. */
async function* stored(
  store: ObjectStore,
  files: AsyncIterable<StoredFile>,
  pathOf: (file: StoredFile) => string,
): AsyncGenerator<BackupItem> {
  const waiting: { file: StoredFile; bytes: Promise<Buffer> | null }[] = [];
  const take = (): BackupItem[] => {
    const first = waiting.shift();
    if (!first) return [];
    const { file, bytes } = first;
    return [{ path: pathOf(file), sha256: file.sha256, isDeflated: false, content: contentOf(store, file, bytes) }];
  };
  for await (const file of files) {
    const bytes = file.size <= SMALL_BYTES ? readWhole(store, file) : null;
    // Marks a failure as handled until somebody awaits it.
    bytes?.catch(() => {});
    waiting.push({ file, bytes });
    if (waiting.length > AHEAD) yield* take();
  }
  while (waiting.length > 0) yield* take();
}

async function readWhole(store: ObjectStore, file: StoredFile): Promise<Buffer> {
  return readStream(await store.get(file.storage_key));
}

async function* contentOf(
  store: ObjectStore,
  file: StoredFile,
  bytes: Promise<Buffer> | null,
): AsyncGenerator<Uint8Array> {
  try {
    if (bytes) yield await bytes;
    else yield* await store.get(file.storage_key);
  } catch (error) {
    throw error instanceof ObjectNotFoundError ? damaged(file.path, 'is missing in the store') : error;
  }
}

export const damaged = (path: string, what: string): JobFailure =>
  new JobFailure(
    'content_damaged',
    `${path} ${what}, so a backup would be incomplete. Check the integrity of the dataset, repair what it finds, and try again; or go on without a backup.`,
  );

/** Rows as JSON Lines, page by page: those of what is current and of these revisions. */
function rowFiles(
  sql: postgres.Sql,
  datasetId: string,
  revisions: readonly number[],
): Record<string, AsyncIterable<string>> {
  const own = sql`dataset_id = ${datasetId}`;
  const isKept = (row: string) => isIn(sql, revisions, row);
  return {
    files: ofFiles(
      sql,
      datasetId,
      (ids) => sql`
        select f.id, f.path, f.size, f.sha256, f.mime, f.kind, f.split, f.class_name, f.width, f.height, f.problem, f.source,
          s.state as status, f.added_in, f.removed_in
        from dataset_files f left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
        where f.id = any(${ids}::bigint[]) and ${isKept('f')} order by f.id, f.added_in`,
    ),
    states: ofFiles(
      sql,
      datasetId,
      (ids) => sql`
        select file_id, state, added_in, removed_in from image_annotation_status s where file_id = any(${ids}::bigint[]) and ${isKept('s')} order by file_id, added_in`,
    ),
    projects: byKey(
      sql,
      sql`select id || '/' || added_in as key, id, task_type, source, added_in, removed_in from annotation_projects p where ${own} and ${isKept('p')}`,
    ),
    classes: byKey(
      sql,
      sql`select id || '/' || added_in as key, id, project_id, index, name, source, added_in, removed_in from annotation_classes c
        where project_id in (select id from annotation_projects where ${own}) and ${isKept('c')}`,
    ),
    annotations: ofFiles(
      sql,
      datasetId,
      (ids) => sql`
        select id, project_id, file_id, class_id, type, geometry, attributes, state, confirmed_at, added_in, removed_in
        from annotations a where file_id = any(${ids}::bigint[]) and ${isKept('a')} order by id, added_in`,
    ),
    versions: byKey(
      sql,
      sql`select version, revision, message, created_at, version as key,
        array(select tag from version_tags t where t.dataset_id = v.dataset_id and t.version = v.version order by tag) as tags
        from dataset_versions v where ${own}`,
    ),
    revisions: byKey(
      sql,
      sql`select revision, kind, import_id, created_at, counts, content_hash, state,
          revision = any(${[...revisions]}::int[]) as is_kept, has_annotations, revision as key
        from dataset_revisions where ${own}`,
    ),
    permissions: byKey(
      sql,
      sql`select u.id as key, u.id, u.email, u.name, p.role, p.granted_at from dataset_permissions p join users u on u.id = p.user_id where ${own}`,
    ),
    imports: byKey(
      sql,
      sql`select id as key, id, options, state, analysis, report, counts, error_code, error_message, created_at, finished_at from imports where ${own}`,
    ),
    'audit-log': byKey(
      sql,
      sql`select id as key, id, at, action, performed_by_name, details from audit_log where ${own}`,
    ),
  };
}

type Query = postgres.PendingQuery<postgres.Row[]>;

/** A query's rows in the order of their column `key`, which is left out. */
async function* byKey(sql: postgres.Sql, query: Query): AsyncGenerator<string> {
  for (let after: string | null = null; ; ) {
    const isBehind: Query = after === null ? sql`true` : sql`r.key > ${after}`;
    const rows: { key: string; line: string }[] = await sql<{ key: string; line: string }[]>`
      select r.key::text as key, (to_jsonb(r) - 'key')::text as line from (${query}) r where ${isBehind} order by r.key limit ${PAGE}`;
    yield rows.map(({ line }) => `${line}\n`).join('');
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.key ?? '';
  }
}

/** What a query finds for files of the current tree or of a version, some files at a time. */
async function* ofFiles(sql: postgres.Sql, datasetId: string, query: (ids: string[]) => Query): AsyncGenerator<string> {
  for (let after = { sha256: '', id: '0' }; ; ) {
    const files = await sql<{ sha256: string; id: string }[]>`
      select distinct sha256, id from dataset_files
      where dataset_id = ${datasetId} and sha256 >= ${after.sha256} and (sha256, id) > (${after.sha256}, ${after.id}::bigint)
      order by sha256, id limit ${FILES_AT_ONCE}`;
    const rows = await sql<
      { line: string }[]
    >`select to_jsonb(r)::text as line from (${query(files.map(({ id }) => id))}) r`;
    yield rows.map(({ line }) => `${line}\n`).join('');
    if (files.length < FILES_AT_ONCE) return;
    after = files.at(-1) ?? after;
  }
}

/** The current annotations as COCO, and as DICE where that is what the dataset came as. */
async function* annotationFiles(database: Database, dataset: Dataset): AsyncGenerator<BackupItem> {
  if (dataset.numAnnotations === 0) return;
  const formats = dataset.format === 'dice' ? (['coco', 'dice'] as const) : (['coco'] as const);
  const writable = await writableDataset(database, dataset);
  for (const format of formats) {
    for await (const file of writerOf(format)?.write(writable) ?? []) {
      if ('text' in file) yield text(`${BACKUP.annotations}${format}/${file.path}`, file.text);
    }
  }
}

import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { settleStatus } from '@granary/core/base/dataset-status';
import { JobFailure } from '@granary/core/errors/failures';
import { cleanEntryName, FORMATS, mimeOf, REPAIR_CODES } from '@granary/formats';
import { KeyConflictError, keys, type ObjectStore } from '@granary/storage';
import { csvOptions } from '@granary/tables';
import type postgres from 'postgres';
import { z } from 'zod';
import { closeRevision } from '../import/revision.ts';
import { writeTotals } from '../import/totals.ts';
import type { JobRun } from '../runner.ts';
import { copyRows, type DatasetSession } from '../session.ts';
import { BACKUP, type BackupHead, type RowFile, rowSchemas } from './layout.ts';
import { type BackupEntry, damagedBackup, parse, readBackup } from './read.ts';

const BATCH = 2000;

interface Restoring {
  session: DatasetSession;
  store: ObjectStore;
  run: JobRun;
  datasetId: string;
  /** Who asked for it: annotations are theirs. */
  personId: string | null;
}

/**
 * Fills an empty dataset from a backup: content goes where it belongs as it is read, rows are gathered in temporary
 * tables, and become visible in one transaction, if all of it is what the backup says it is. Nothing in a backup is
 * believed: paths are cleaned, keys are made anew, and rows are checked one by one.
 *
 * @throws JobFailure `backup_damaged` and others
 */
export async function restoreFrom(context: Restoring, storageKey: string): Promise<BackupHead['counts']> {
  const { session, store, run } = context;
  await createTables(session.sql);
  let head: BackupHead | null = null;
  for await (const entry of readBackup(store, storageKey, run.signal)) {
    head ??= entry.head;
    run.progress(95 * entry.position, 'restoring');
    await restoreEntry(context, entry);
  }
  if (!head) throw damagedBackup(BACKUP.head);
  run.progress(96, 'placing');
  await assertWhole(session.sql);
  await commit(context, head);
  return head.counts;
}

async function createTables(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create temp table b_content (name text collate "C" primary key, size bigint not null, sha256 text not null);
    create temp table b_files (id bigint not null, path text collate "C" not null,
      size bigint not null, sha256 text not null, mime text not null, kind text not null, split text, class_name text, width int, height int,
      problem text, source jsonb, status text, added_in int not null, removed_in int, primary key (id, added_in));
    create temp table b_states (file_id bigint not null, state text not null, added_in int not null, removed_in int);
    create temp table b_projects (id text not null, task_type text not null, source jsonb not null, added_in int not null, removed_in int);
    create temp table b_classes (id bigint not null, project_id text not null, index int not null, name text not null, source jsonb not null,
      added_in int not null, removed_in int);
    create temp table b_annotations (ordinal bigint generated always as identity, id bigint, project_id text not null, file_id bigint not null, class_id bigint,
      type text not null, geometry jsonb not null, attributes jsonb not null, state text not null, confirmed_at timestamptz, added_in int not null, removed_in int);
    create temp table b_versions (version int primary key, revision int not null, message text not null, tags jsonb not null, created_at timestamptz not null);
    create temp table b_revisions (revision int primary key, kind text not null, created_at timestamptz not null, counts jsonb not null, content_hash text not null,
      state jsonb not null, is_kept boolean not null, has_annotations boolean not null);`);
}

async function restoreEntry(context: Restoring, entry: BackupEntry): Promise<void> {
  const { path } = entry;
  if (path.startsWith(BACKUP.data)) {
    const wanted = path.slice(BACKUP.data.length);
    const cleaned = cleanEntryName(wanted);
    if (!('path' in cleaned) || cleaned.path !== wanted) throw refused(path, 'is no path that a dataset can have');
    return restoreContent(context, entry, keys.file(context.datasetId, wanted), mimeOf(wanted));
  }
  if (path.startsWith(BACKUP.history)) {
    const sha256 = path.slice(BACKUP.history.length);
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw refused(path, 'is not named after a SHA-256');
    return restoreContent(context, entry, keys.history(context.datasetId, sha256), 'application/octet-stream');
  }
  const rows = /^metadata\/(.+)\.jsonl$/.exec(path)?.[1] as RowFile | undefined;
  if (rows !== undefined && Object.hasOwn(rowSchemas, rows)) return restoreRows(context, entry, rows);
  // The rest is for people.
}

async function restoreContent(
  { session, store, run }: Restoring,
  entry: BackupEntry,
  key: string,
  contentType: string,
): Promise<void> {
  const hash = createHash('sha256');
  const hashed = async function* () {
    for await (const chunk of entry.content()) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const body = Readable.from(hashed(), { objectMode: false });
  await store.put(key, body, { contentType, signal: run.signal, expectedBytes: entry.sizeBytes }).catch((error) => {
    throw error instanceof KeyConflictError ? refused(entry.path, 'is both a file and a folder') : error;
  });
  await session.sql`insert into b_content (name, size, sha256) values (${entry.path}, ${entry.sizeBytes}, ${hash.digest('hex')})`.catch(
    (error) => {
      throw error.code === '23505' ? refused(entry.path, 'is there twice') : error;
    },
  );
}

const COLUMNS: Record<RowFile, readonly string[]> = {
  files: [
    'id',
    'path',
    'size',
    'sha256',
    'mime',
    'kind',
    'split',
    'class_name',
    'width',
    'height',
    'problem',
    'source',
    'status',
    'added_in',
    'removed_in',
  ],
  states: ['file_id', 'state', 'added_in', 'removed_in'],
  projects: ['id', 'task_type', 'source', 'added_in', 'removed_in'],
  classes: ['id', 'project_id', 'index', 'name', 'source', 'added_in', 'removed_in'],
  annotations: [
    'id',
    'project_id',
    'file_id',
    'class_id',
    'type',
    'geometry',
    'attributes',
    'state',
    'confirmed_at',
    'added_in',
    'removed_in',
  ],
  versions: ['version', 'revision', 'message', 'tags', 'created_at'],
  revisions: ['revision', 'kind', 'created_at', 'counts', 'content_hash', 'state', 'is_kept', 'has_annotations'],
};

async function restoreRows({ session, run }: Restoring, entry: BackupEntry, name: RowFile): Promise<void> {
  const lines = createInterface({ input: Readable.from(entry.content()), crlfDelay: Number.POSITIVE_INFINITY });
  const schema: z.ZodType<Record<string, unknown>> = rowSchemas[name];
  let number = 0;
  let batch: (string | number | boolean | null)[][] = [];
  const flush = async () => {
    run.signal.throwIfAborted();
    await copyRows(session.sql, `b_${name}`, COLUMNS[name], batch).catch((error) => {
      throw /^2[23]/.test(error.code ?? '') ? refused(entry.path, `has rows that cannot be (${error.message})`) : error;
    });
    batch = [];
  };
  for await (const line of lines) {
    number++;
    const row = schema.safeParse(parse(line));
    if (!row.success) {
      const [issue] = row.error.issues;
      throw refused(entry.path, `cannot be read at line ${number}: ${issue?.path.join('.')} ${issue?.message}`);
    }
    batch.push(COLUMNS[name].map((column) => cellOf(row.data[column])));
    if (batch.length >= BATCH) await flush();
  }
  await flush();
}

/** Text of PostgreSQL holds no NUL, whoever wrote it. */
function cellOf(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd');
  return typeof value === 'object' ? JSON.stringify(value).replaceAll('\\u0000', '\\ufffd') : (value as number);
}

const refused = (path: string, why: string): JobFailure =>
  new JobFailure('backup_refused', `${path} in the backup ${why}: Granary did not write it, or it was changed later.`);

/** Every file has its content, with the size and hash that its row says, and there is no content without a file. */
async function assertWhole(sql: postgres.Sql): Promise<void> {
  await sql`create temp table b_expected as
    select ${BACKUP.data} || path as name, size, sha256 from b_files where removed_in is null
    union select ${BACKUP.history} || sha256, size, sha256 from b_files f where removed_in is not null and not ${isInTree(sql)}`;
  const [odd] = await sql<{ name: string }[]>`
    select coalesce(e.name, c.name) as name from b_expected e full join b_content c using (name)
    where e.name is null or c.name is null or e.size <> c.size or e.sha256 <> c.sha256 limit 1`;
  if (odd) throw refused(odd.name, 'does not go with metadata/files.jsonl');
  const [loose] = await sql<{ what: string }[]>`
    select 'annotation of file ' || a.file_id as what from b_annotations a
    where not exists (select 1 from b_files f where f.id = a.file_id)
      or not exists (select 1 from b_projects p where p.id = a.project_id)
      or (a.class_id is not null and not exists (select 1 from b_classes c where c.id = a.class_id and c.project_id = a.project_id)) limit 1`;
  if (loose) throw refused('metadata/annotations.jsonl', `has an ${loose.what} that goes with nothing`);
}

/** Whether the current tree has the content of a closed row at its path. */
const isInTree = (sql: postgres.ISql) =>
  sql`exists (select 1 from b_files c where c.removed_in is null and c.path = f.path and c.sha256 = f.sha256)`;

const restoredConfig = z.object({
  repairs: z.array(z.enum(REPAIR_CODES)).catch([]),
  classMap: z.record(z.string(), z.string()).catch({}),
  overrides: z.array(z.object({ files: z.array(z.string()), over: z.array(z.string()) })).catch([]),
  csv: csvOptions.nullish().catch(null),
});

/** What people keep beside the dataset, and what was counted. */
function keptBeside({ metadata, rowStatistics }: BackupHead['dataset']): Record<'metadata' | 'rowStatistics', object> {
  if (rowStatistics !== undefined) return { metadata, rowStatistics };
  const { tables, ...rest } = metadata;
  return { metadata: rest, rowStatistics: typeof tables === 'object' && tables !== null ? tables : {} };
}

async function commit({ session, run, datasetId, personId }: Restoring, head: BackupHead): Promise<void> {
  const { dataset } = head;
  const { metadata, rowStatistics } = keptBeside(dataset);
  await session.sql.begin(async (tx) => {
    await tx`set local synchronous_commit = on`;
    await run.assertCurrent(tx);
    const [row] = await tx`
      update datasets set description = ${dataset.description}, tags = ${dataset.tags}, version = ${dataset.version}, metadata = ${tx.json(metadata as never)}, row_statistics = ${tx.json(rowStatistics as never)},
        license = coalesce(${dataset.license ?? null}, license), citation = ${dataset.citation ?? ''},
        forked_from = ${dataset.forkedFrom ? tx.json(dataset.forkedFrom) : null}
      where id = ${datasetId} and deleted_at is null and num_files = 0 and revision = 0 returning id`;
    if (!row) throw new JobFailure('wrong_state', 'The dataset no longer exists, or is no longer empty.');
    await restoreRowsOf(tx, datasetId, personId, dataset.revision === undefined);
    await writeTotals(tx, datasetId, {
      classes: dataset.classNames.map((name) => ({ name, source: {} })),
      format: FORMATS.find((format) => format === dataset.format) ?? null,
      taskType: dataset.taskType as never,
      ...restoredConfig.parse(dataset.config),
    });
    const [now] = await tx<{ content_hash: string | null; num_annotations: number }[]>`
      select content_hash, num_annotations::float8 as num_annotations from datasets where id = ${datasetId}`;
    const hadContent = dataset.contentHash !== null;
    if (hadContent && now?.content_hash !== dataset.contentHash)
      throw refused(BACKUP.head, 'says another content hash');
    if (now?.num_annotations !== head.counts.annotations)
      throw refused(BACKUP.head, 'says another number of annotations');
    await tx`update datasets set content_hash = case when ${hadContent} then content_hash end where id = ${datasetId}`;
    if (dataset.revision === undefined && hadContent) {
      await closeRevision(tx, { datasetId, revision: 1, importId: null, kind: 'import', createdBy: personId });
    } else await tx`update datasets set revision = ${dataset.revision ?? 0} where id = ${datasetId}`;
    await settleStatus(tx, datasetId);
  });
}

/** Everything gets an id of its own, and keeps it through its revisions. */
async function restoreRowsOf(
  tx: postgres.TransactionSql,
  datasetId: string,
  personId: string | null,
  isOld: boolean,
): Promise<void> {
  await tx`create temp table n_files on commit drop as
    select id, nextval('dataset_files_id_seq') as new_id from (select distinct id from b_files order by id) f`;
  await tx`create temp table n_projects on commit drop as select id, gen_random_uuid() as new_id from (select distinct id from b_projects) p`;
  await tx`create temp table n_classes on commit drop as
    select id, nextval(pg_get_serial_sequence('annotation_classes', 'id')) as new_id from (select distinct id from b_classes order by id) c`;
  // Older backups do not say the ids of annotations.
  await tx`update b_annotations set id = -ordinal where id is null`;
  await tx`create temp table n_annotations on commit drop as
    select id, nextval(pg_get_serial_sequence('annotations', 'id')) as new_id from (select id from b_annotations group by id order by min(ordinal)) a`;
  for (const table of ['n_files', 'n_classes', 'n_annotations']) await tx`create unique index on ${tx(table)} (id)`;
  await tx`analyze n_files, n_classes, n_annotations, b_files`;
  await tx`insert into dataset_files (id, dataset_id, path, size, sha256, mime, kind, split, class_name, width, height, problem, source, storage_key, added_in, removed_in)
    select n.new_id, ${datasetId}, path, size, sha256, mime, kind, split, class_name, width, height, problem, source,
      case when removed_in is null or ${isInTree(tx)} then ${keys.file(datasetId, '')} || path else ${keys.history(datasetId, '')} || sha256 end, added_in, removed_in
    from b_files f join n_files n using (id) order by n.new_id, added_in`;
  if (isOld)
    await tx`insert into b_states select id, status, added_in, removed_in from b_files where status is not null`;
  await tx`insert into image_annotation_status (dataset_id, file_id, state, added_in, removed_in)
    select ${datasetId}, n.new_id, state, added_in, removed_in from b_states s join n_files n on n.id = s.file_id`;
  await tx`insert into annotation_projects (id, dataset_id, task_type, source, created_by, added_in, removed_in)
    select n.new_id, ${datasetId}, task_type, source, ${personId}, added_in, removed_in from b_projects p join n_projects n using (id)`;
  await tx`insert into annotation_classes (id, project_id, index, name, source, added_in, removed_in)
    select n.new_id, p.new_id, c.index, c.name, c.source, c.added_in, c.removed_in from b_classes c join n_classes n using (id) join n_projects p on p.id = c.project_id`;
  await tx`insert into annotations (id, project_id, file_id, class_id, type, geometry, attributes, state, created_by, confirmed_by, confirmed_at, added_in, removed_in)
    select n.new_id, p.new_id, f.new_id, c.new_id, a.type, a.geometry, a.attributes, a.state, ${personId}, case when a.state = 'confirmed' then ${personId}::uuid end,
      a.confirmed_at, a.added_in, a.removed_in
    from b_annotations a join n_annotations n using (id) join n_projects p on p.id = a.project_id join n_files f on f.id = a.file_id
    left join n_classes c on c.id = a.class_id order by a.ordinal`;
  await tx`insert into dataset_revisions (dataset_id, revision, kind, created_by, created_at, counts, content_hash, state, is_kept, has_annotations)
    select ${datasetId}, revision, kind, ${personId}, created_at, counts, content_hash, state, is_kept, has_annotations from b_revisions`;
  await tx`insert into dataset_versions (dataset_id, version, revision, message, created_by, created_at)
    select ${datasetId}, version, revision, message, ${personId}, created_at from b_versions`;
  await tx`insert into version_tags (dataset_id, tag, version, moved_by)
    select ${datasetId}, tag, version, ${personId} from b_versions, jsonb_array_elements_text(tags) tag`;
}

import { readSettings } from '@granary/core/base/defaults';
import { JobFailure } from '@granary/core/errors/failures';
import type { PayloadOf } from '@granary/core/queue/definitions';
import { removeUploadObjects } from '@granary/core/uploads/objects';
import type { PurgeState, Sql } from '@granary/db';
import { keys, type ObjectStore } from '@granary/storage';
import { PostgresLocker } from '@granary/storage/locker';
import pLimit from 'p-limit';
import { makeBackup } from '../backup/write.ts';
import type { WorkerContext } from '../context.ts';
import { countLeft, emptyPrefixes, prefixesOf } from '../purge/objects.ts';
import { dropRows } from '../purge/rows.ts';
import type { Handler, JobRun } from '../runner.ts';
import { openSession } from '../session.ts';

type Payload = PayloadOf<'purge'>;

/** What a purge has done, for the job, the audit log and whoever asked for it. */
interface Receipt {
  name: string;
  imagesDeleted: number;
  annotationsDeleted: number;
  versionsDeleted: number;
  projectsDeleted: number;
  storageBytesFreed: number;
  objectsDeleted: number;
  /** Objects that a last listing of every prefix has found: none. */
  objectsLeft: number;
  backupPath?: string;
}

interface Doomed {
  name: string;
  deleted_at: Date | null;
  backup_required: boolean;
  purge_job_id: string | null;
  purge: PurgeState | null;
}

/** Someone still writes to the dataset: the next attempt checks again. */
const MAX_SWEEPS = 3;
const PARALLEL_LISTS = 8;

/**
 * Destroys a dataset of the trash: a backup first, if there has to be one; then the objects; then the rows; its own row
 * last, in one transaction with the receipt. Whatever interrupts it, the dataset is either still in the trash or gone.
 */
export function purgeHandler(context: WorkerContext): Handler<Payload> {
  return {
    async run(payload, run) {
      const session = await openSession(context.env.DATABASE_URL, payload.datasetId, run.signal, () =>
        run.progress(0, 'waiting_for_dataset'),
      );
      try {
        return await purge(context, payload, run);
      } finally {
        await session.close();
      }
    },
    /** Before anything was destroyed the dataset stays in the trash as it was. After that, another purge goes on. */
    async takeBack({ datasetId, activityId }) {
      const { sql } = context.database;
      // So that the schedule does not start it again right away.
      await sql`update datasets set purge_job_id = null, purge_after = greatest(purge_after, now() + interval '1 day')
        where id = ${datasetId} and purge_job_id = ${activityId} and purge is null`;
      await sql`update backups set state = 'failed' where job_id = ${activityId} and state = 'running'`;
    },
  };
}

async function purge(context: WorkerContext, payload: Payload, run: JobRun): Promise<Receipt> {
  const { database, store } = context;
  const { sql } = database;
  const { datasetId } = payload;
  const [doomed] = await sql<Doomed[]>`
    select name, deleted_at, backup_required, purge_job_id, purge from datasets where id = ${datasetId}`;
  if (!doomed) return receiptOf(sql, run.activityId, datasetId);
  if (!doomed.deleted_at || doomed.purge_job_id !== run.activityId) {
    throw new JobFailure('not_in_trash', 'The dataset is no longer in the trash, or another job is purging it.');
  }
  if (doomed.backup_required && !doomed.purge) await assureBackup(context, run, datasetId, doomed.deleted_at);
  let state = doomed.purge ?? (await begin(sql, run, datasetId));
  // Whoever is writing a thumbnail holds a lock on the row; from here on nobody can take it.
  await sql.begin((tx) => tx`select 1 from datasets where id = ${datasetId} for update`);
  await endUploads(context, run, datasetId);
  const prefixes = await prefixesOf(sql, datasetId);
  const [expected] = await sql<{ files: number }[]>`
    select count(*)::float8 as files from dataset_files where dataset_id = ${datasetId}`;
  for (let sweep = 0; ; sweep++) {
    state = await emptyPrefixes({ sql, store, run, datasetId, state, expected: expected?.files ?? 0 }, prefixes);
    if ((await countLeft(store, prefixes)) === 0) break;
    if (sweep >= MAX_SWEEPS) throw new Error(`Objects of the dataset ${datasetId} come back as they are deleted`);
  }
  await dropRows(sql, datasetId, run);
  return finish(sql, run, datasetId, doomed.name, state);
}

/** There must be a backup that was made since the deletion and read back; if there is none, it is made now. */
async function assureBackup(
  { database, store, env }: WorkerContext,
  run: JobRun,
  datasetId: string,
  deletedAt: Date,
): Promise<void> {
  const { sql } = database;
  const made = await sql<{ storage_key: string }[]>`
    select storage_key from backups where dataset_id = ${datasetId} and state = 'verified' and created_at >= ${deletedAt}`;
  for (const { storage_key } of made) if (await store.head(storage_key)) return;
  const createdAt = new Date();
  const { backupDays } = await readSettings(database.db, env);
  await sql`insert into backups (id, dataset_id, dataset_name, owner_id, organization_id, storage_key, job_id, created_by, created_at, expires_at)
    select ${run.activityId}, d.id, d.name, d.owner_id, d.organization_id, ${keys.backup(datasetId, createdAt)}, ${run.activityId},
      (select created_by from activities where id = ${run.activityId}), ${createdAt}, now() + make_interval(days => ${Math.ceil(backupDays)})
    from datasets d where d.id = ${datasetId} on conflict (id) do nothing`;
  const [backup] = await sql<{ id: string; dataset_id: string; storage_key: string; created_at: Date }[]>`
    select id, dataset_id, storage_key, created_at from backups where id = ${run.activityId}`;
  if (backup) await makeBackup({ database, store, run }, backup, [0, 40]);
}

/** From here on the dataset is being destroyed. */
async function begin(sql: Sql, run: JobRun, datasetId: string): Promise<PurgeState> {
  return sql.begin(async (tx) => {
    await run.assertCurrent(tx);
    const [counts] = await tx<PurgeState['counts'][]>`
      select num_images::float8 as images, num_annotations::float8 as annotations,
        (select count(*) from dataset_versions where dataset_id = d.id)::float8 as versions,
        (select count(distinct id) from annotation_projects where dataset_id = d.id)::float8 as projects
      from datasets d where id = ${datasetId}`;
    if (!counts) throw new Error(`The dataset ${datasetId} is gone`);
    const state: PurgeState = { counts, objects: 0, bytes: 0, prefix: '', countedTo: '' };
    await tx`update datasets set purge = ${tx.json({ ...state })} where id = ${datasetId}`;
    return state;
  });
}

/** Ends all uploads to the dataset, also unfinished ones: objects first, so that an interruption here is repeated. */
async function endUploads({ database: { sql }, store }: WorkerContext, run: JobRun, datasetId: string): Promise<void> {
  const open = await sql<
    { id: string }[]
  >`select id from uploads where dataset_id = ${datasetId} and state <> 'expired'`;
  const locker = new PostgresLocker(sql);
  for (const { id } of open) {
    // Waits until whoever is writing has let go of the lock.
    const lock = locker.newLock(keys.upload(id));
    await lock.lock(run.signal, async () => {});
    try {
      await removeUploadObjects(store, id);
      await sql`update uploads set state = 'expired' where id = ${id}`;
    } finally {
      await lock.unlock();
    }
  }
  const imports = await sql<{ id: string }[]>`select id from imports where dataset_id = ${datasetId}`;
  const limit = pLimit(PARALLEL_LISTS);
  await Promise.all(imports.map(({ id }) => limit(() => dropLaidAside(store, id))));
}

/** Everything an import has set aside, journaled or not: a write may have arrived after its worker died. */
async function dropLaidAside(store: ObjectStore, importId: string): Promise<void> {
  for await (const { key } of store.walk(keys.allIncoming(importId))) await store.delete([key]);
}

async function finish(
  sql: Sql,
  run: JobRun,
  datasetId: string,
  name: string,
  { counts, objects, bytes }: PurgeState,
): Promise<Receipt> {
  return sql.begin(async (tx) => {
    await run.assertCurrent(tx);
    const [backup] = await tx<{ storage_key: string }[]>`
      select storage_key from backups where dataset_id = ${datasetId} and state = 'verified' order by created_at desc limit 1`;
    const receipt: Receipt = {
      name,
      imagesDeleted: counts.images,
      annotationsDeleted: counts.annotations,
      versionsDeleted: counts.versions,
      projectsDeleted: counts.projects,
      storageBytesFreed: bytes,
      objectsDeleted: objects,
      objectsLeft: 0,
      ...(backup ? { backupPath: backup.storage_key } : {}),
    };
    await tx`insert into audit_log (dataset_id, action, performed_by, details)
      select ${datasetId}, 'purged', created_by, ${tx.json({ jobId: run.activityId, ...receipt })} from activities where id = ${run.activityId}`;
    await tx`delete from datasets where id = ${datasetId}`;
    return receipt;
  });
}

/** The receipt of a purge whose worker died between its end and saying so. */
async function receiptOf(sql: Sql, jobId: string, datasetId: string): Promise<Receipt> {
  const [row] = await sql<{ details: Receipt & { jobId?: string } }[]>`
    select details from audit_log where dataset_id = ${datasetId} and action = 'purged' and details->>'jobId' = ${jobId}`;
  if (!row) throw new JobFailure('dataset_gone', 'The dataset no longer exists.');
  const { jobId: _, ...receipt } = row.details;
  return receipt;
}

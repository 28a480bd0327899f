import type { JobQueue } from '@granary/core/queue/queue';
import { startJob } from '@granary/core/queue/start';
import { datasets } from '@granary/db';
import { and, eq, sql as expression } from 'drizzle-orm';
import type { WorkerContext } from '../context.ts';
import { discardStaged } from '../import/settle.ts';
import { compactRevisions } from '../revisions/compact.ts';
import { whileUnwritten } from '../session.ts';

const BATCH = 200;

/** Starts purges that are due, and deletes backups that have expired and what only old revisions need. */
export async function keepRetention(context: WorkerContext, queue: JobQueue): Promise<void> {
  await startDuePurges(context, queue);
  await dropExpiredBackups(context);
  await dropExpiredExports(context);
  await compactRevisions(context);
  await forgetFailedDownloads(context);
  await forgetExpired(context);
}

/** What failed downloads kept for a retry, when nobody retried within a day. */
async function forgetFailedDownloads({ database: { sql }, store }: WorkerContext): Promise<void> {
  const due = await sql<{ import_id: string; dataset_id: string }[]>`
    select i.id as import_id, i.dataset_id from imports i
    where i.state = 'failed' and i.finished_at < now() - interval '1 day'
      and exists (select 1 from hub_files h where h.import_id = i.id) limit ${BATCH}`;
  for (const { import_id, dataset_id } of due) {
    await whileUnwritten({ sql }, dataset_id, () => discardStaged(sql, store, import_id));
  }
}

/** Rows of rate limits, links and workers that are no longer needed. */
async function forgetExpired({ database: { sql } }: WorkerContext): Promise<void> {
  await sql`delete from rate_limits where expire < ${Date.now()}`;
  await sql`delete from sessions where expires_at < now()`;
  await sql`delete from password_resets where expires_at < now() - interval '30 days'`;
  await sql`delete from workers where seen_at < now() - interval '30 days'`;
}

/** Datasets whose days in the trash are over, and those that an abandoned purge left half destroyed. */
async function startDuePurges({ database: { db, sql }, log }: WorkerContext, queue: JobQueue): Promise<void> {
  const due = await sql<{ id: string; deleted_by: string | null; purge_job_id: string | null }[]>`
    select d.id, d.deleted_by, d.purge_job_id from datasets d
    where d.deleted_at is not null and (
      (d.purge_job_id is null and d.purge_after < now())
      or (d.purge_job_id is not null and not exists (
        select 1 from activities a where a.id = d.purge_job_id and a.state in ('queued', 'running'))))
    order by d.purge_after limit ${BATCH}`;
  for (const { id, deleted_by, purge_job_id } of due) {
    await db.transaction(async (tx) => {
      const jobId = crypto.randomUUID();
      const [row] = await tx
        .update(datasets)
        .set({ purgeJobId: jobId })
        .where(
          and(
            eq(datasets.id, id),
            expression`${datasets.deletedAt} is not null and ${datasets.purgeJobId} is not distinct from ${purge_job_id}::uuid`,
          ),
        )
        .returning({ id: datasets.id });
      if (!row) return;
      await startJob(
        queue,
        tx,
        'purge',
        { kind: 'purge', datasetId: id, createdBy: deleted_by, id: jobId },
        { datasetId: id },
      );
      log.info({ datasetId: id, jobId }, 'purge is due');
    });
  }
}

/** Archives that nobody is promised any more; their rows say so for a month. */
export async function dropExpiredExports({
  database: { sql },
  store,
}: Pick<WorkerContext, 'database' | 'store'>): Promise<void> {
  for (;;) {
    const rows = await sql<{ id: string; storage_key: string }[]>`
      select id, storage_key from exports where state = 'completed' and expires_at < now() limit ${BATCH}`;
    for (const { id, storage_key } of rows) {
      // First nobody finds it, then it goes; who asks for an equal one just now keeps it.
      const { count } =
        await sql`update exports set state = 'expired' where id = ${id} and state = 'completed' and expires_at < now()`;
      if (count > 0) await store.delete([storage_key]);
    }
    if (rows.length < BATCH) break;
  }
  const old = await sql<{ id: string; storage_key: string }[]>`
    select id, storage_key from exports
    where state in ('expired', 'failed', 'cancelled') and expires_at < now() - interval '30 days' limit ${BATCH}`;
  await store.delete(old.map(({ storage_key }) => storage_key));
  await sql`delete from exports where id = any(${old.map(({ id }) => id)})`;
}

async function dropExpiredBackups({ database: { sql }, store }: WorkerContext): Promise<void> {
  for (;;) {
    const rows = await sql<{ id: string; storage_key: string }[]>`
      select id, storage_key from backups where state <> 'expired' and expires_at < now() limit ${BATCH}`;
    for (const { id, storage_key } of rows) {
      await store.delete([storage_key]);
      await sql.begin(async (tx) => {
        const [row] = await tx<{ dataset_id: string }[]>`
          update backups set state = 'expired' where id = ${id} and state <> 'expired' returning dataset_id`;
        if (row)
          await tx`insert into audit_log (dataset_id, dataset_name, action, details)
          select dataset_id, dataset_name, 'backup_expired', ${tx.json({ backupId: id, path: storage_key })} from backups where id = ${id}`;
      });
    }
    if (rows.length < BATCH) return;
  }
}

import { settleStatus } from '@granary/core/base/dataset-status';
import { JobFailure } from '@granary/core/errors/failures';
import { writeMeta } from '@granary/core/files/meta';
import type { PayloadOf } from '@granary/core/queue/definitions';
import { removeUploadObjects } from '@granary/core/uploads/objects';
import { keys } from '@granary/storage';
import type { Apart } from '../apart/apart.ts';
import { restoreFrom } from '../backup/restore.ts';
import type { ApartContext, WorkerContext } from '../context.ts';
import type { Handler, JobRun } from '../runner.ts';
import { openSession } from '../session.ts';

type Payload = PayloadOf<'restore-backup'>;

const LOCK_WAIT_MS = 60_000;
const BATCH = 1000;

/** Fills an empty dataset from a backup; a second attempt starts over, and a failed one leaves the dataset empty. */
export function restoreBackupHandler({ env, database, store }: WorkerContext, apart: Apart): Handler<Payload> {
  const { sql } = database;
  return {
    run: async (payload, run) => {
      await apart.run({ name: 'restore-backup', payload }, run);
      return { datasetId: payload.datasetId };
    },

    async takeBack({ datasetId }, { state, code, message }) {
      const session = await openSession(env.DATABASE_URL, datasetId, AbortSignal.timeout(LOCK_WAIT_MS));
      try {
        const [row] = await sql`select 1 from datasets where id = ${datasetId} and num_files = 0`;
        if (!row) return;
        const { datasets, history } = keys.prefixes(datasetId);
        for (const prefix of [datasets, history]) {
          await store.abortMultiparts(prefix);
          for (;;) {
            const { objects } = await store.list(prefix, { limit: BATCH });
            if (objects.length === 0) break;
            await store.delete(objects.map(({ key }) => key));
          }
        }
        await settleStatus(sql, datasetId, state === 'failed' ? { code, message } : null);
      } finally {
        await session.close();
      }
    },
  };
}

/** What reads the backup: done apart from the worker. */
export async function restoreFromBackup(
  context: ApartContext,
  { datasetId, storageKey, activityId }: Payload,
  run: JobRun,
): Promise<void> {
  const { env, store } = context;
  const { sql } = context.database;
  const session = await openSession(env.DATABASE_URL, datasetId, run.signal, () =>
    run.progress(0, 'waiting_for_dataset'),
  );
  try {
    const [row] = await sql<{ num_files: number; created_by: string | null }[]>`
      select num_files::float8 as num_files, (select created_by from activities where id = ${activityId}) as created_by
      from datasets where id = ${datasetId} and deleted_at is null`;
    if (!row) throw new JobFailure('dataset_gone', 'The dataset was deleted in the meantime.');
    // An earlier attempt died between its commit and its end.
    if (row.num_files === 0) {
      await restoreFrom({ session, store, run, datasetId, personId: row.created_by }, storageKey);
    }
  } finally {
    await session.close();
  }
  await writeMeta(sql, store, datasetId);
  await dropUpload(context, storageKey);
}

/** Drops the backup that was uploaded for this. */
async function dropUpload({ database: { sql }, store }: ApartContext, storageKey: string): Promise<void> {
  const id = /^uploads\/([0-9a-f]{32})$/.exec(storageKey)?.[1];
  if (!id) return;
  await removeUploadObjects(store, id);
  await sql`update uploads set state = 'expired' where id = ${id}`;
}

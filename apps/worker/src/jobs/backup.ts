import { JobFailure } from '@granary/core/errors/failures';
import type { PayloadOf } from '@granary/core/queue/definitions';
import { makeBackup } from '../backup/write.ts';
import type { WorkerContext } from '../context.ts';
import type { Handler } from '../runner.ts';
import { openSession } from '../session.ts';

type Payload = PayloadOf<'backup'>;

/** Backs up a dataset, also one in the trash; its imports wait until that is done. */
export function backupHandler({ env, database, store }: WorkerContext): Handler<Payload> {
  const { sql } = database;
  return {
    async run({ backupId, datasetId }, run) {
      const session = await openSession(env.DATABASE_URL, datasetId, run.signal, () =>
        run.progress(0, 'waiting_for_dataset'),
      );
      try {
        const [backup] = await sql<
          { id: string; dataset_id: string; storage_key: string; created_at: Date; state: string }[]
        >`
          select id, dataset_id, storage_key, created_at, state from backups where id = ${backupId}`;
        if (!backup || backup.state === 'failed' || backup.state === 'expired') {
          throw new JobFailure('backup_gone', 'The backup was abandoned.');
        }
        const made =
          backup.state === 'verified'
            ? {}
            : await makeBackup({ database, store, run }, backup, [0, 99]).catch(async (error) => {
                // If somebody wrote to the dataset in between, its content is not to blame.
                if (error instanceof JobFailure && !(await session.isHeld()))
                  throw new Error('The lock was lost', { cause: error });
                throw error;
              });
        return { backupId, backupPath: backup.storage_key, ...made };
      } finally {
        await session.close();
      }
    },
    async takeBack({ backupId }) {
      const [backup] = await sql<{ storage_key: string }[]>`
        select storage_key from backups where id = ${backupId} and state in ('running', 'failed')`;
      if (!backup) return;
      await store.abortMultiparts(backup.storage_key);
      await store.delete([backup.storage_key]);
      await sql`update backups set state = 'failed' where id = ${backupId}`;
    },
  };
}

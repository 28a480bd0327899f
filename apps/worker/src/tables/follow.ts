import { requestOf } from '@granary/core/imports/kinds';
import type { PayloadOf } from '@granary/core/queue/definitions';
import type { JobQueue } from '@granary/core/queue/queue';
import { startJob } from '@granary/core/queue/start';
import { splitsOf } from '@granary/core/rows/shards';
import { countedOf } from '@granary/core/rows/statistics';
import { queueTokenization } from '@granary/core/tokenization/tokenizations';
import type { ImportKind } from '@granary/db';
import type { WorkerContext } from '../context.ts';

/**
 * What follows an import of rows: the count of new splits, and the tokenization that was asked for with a download. The
 * import stays done even if these fail.
 */
export async function followTables(
  { database, log }: WorkerContext,
  queue: JobQueue,
  { importId, datasetId }: PayloadOf<'import'>,
): Promise<void> {
  const { sql, db } = database;
  const [row] = await sql<
    {
      task_type: string | null;
      row_statistics: unknown;
      created_by: string | null;
      kind: ImportKind;
      options: unknown;
    }[]
  >`
    select d.task_type, d.row_statistics, i.created_by, i.kind, i.options from imports i join datasets d on d.id = i.dataset_id where i.id = ${importId}`;
  if (row?.task_type !== 'text') return;
  const splits = await splitsOf(db, datasetId);
  const request = requestOf(row);
  const tokenize = request.kind === 'download' ? request.hub.tokenize : undefined;
  const createdBy = row.created_by;
  await db
    .transaction(async (tx) => {
      if (splits.some((split) => countedOf(row.row_statistics, split) === null)) {
        await startJob(queue, tx, 'statistics', { kind: 'statistics', datasetId, createdBy }, { datasetId });
      }
      if (tokenize && splits.length > 0) {
        const requester = { queue, person: createdBy === null ? null : { id: createdBy }, ip: null, apiKey: null };
        await queueTokenization(
          requester,
          tx,
          { datasetId, importId: crypto.randomUUID(), uploadedKey: null },
          tokenize,
        );
      }
    })
    .catch((error) => log.warn({ err: error, datasetId }, 'what follows an import was not queued'));
}

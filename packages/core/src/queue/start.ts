import { activities, type JobKind, type Transaction } from '@granary/db';
import type { PayloadOf, VisibleJobName } from './definitions.ts';
import type { JobQueue } from './queue.ts';

/** Queues a job that people see and writes its row, both within the transaction. @returns its id */
export async function startJob<Name extends VisibleJobName>(
  queue: JobQueue,
  tx: Transaction,
  name: Name,
  about: { kind: JobKind; datasetId: string | null; createdBy: string | null; id?: string },
  payload: Omit<PayloadOf<Name>, 'activityId'>,
): Promise<string> {
  const { kind, datasetId, createdBy, id = crypto.randomUUID() } = about;
  await tx.insert(activities).values({ id, kind, datasetId, createdBy, message: 'Waiting for a worker' });
  const whole = { ...payload, activityId: id } as PayloadOf<Name>;
  await queue.enqueue(tx, name, whole, { id, ...(datasetId === null ? {} : { group: datasetId }) });
  return id;
}

import { activities, type Transaction } from '@granary/db';
import type { z } from 'zod';
import type { JobDefinition } from './definitions.ts';
import type { JobQueue } from './queue.ts';

/** Puts a job that people see in the queue, and on record: both with the transaction. @returns its id */
export async function startJob<Payload extends z.ZodType>(
  queue: JobQueue,
  tx: Transaction,
  job: JobDefinition<Payload>,
  about: { kind: string; datasetId: string | null; createdBy: string | null; id?: string },
  payload: Omit<z.input<Payload>, 'activityId'>,
): Promise<string> {
  const { kind, datasetId, createdBy, id = crypto.randomUUID() } = about;
  await tx.insert(activities).values({ id, kind, datasetId, createdBy, message: 'Waiting for a worker' });
  const whole = { ...payload, activityId: id } as z.input<Payload>;
  await queue.enqueue(tx, job, whole, { id, ...(datasetId === null ? {} : { group: datasetId }) });
  return id;
}

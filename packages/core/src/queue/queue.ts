import type { Transaction } from '@granary/db';
import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss } from 'pg-boss';
import type { z } from 'zod';
import { DEAD_LETTER_QUEUE, JOBS, type JobDefinition } from './definitions.ts';

/** A dead worker's jobs are taken up by another after this long, plus a pass of the monitor. */
const HEARTBEAT_SECONDS = 10;

/** Creates and updates the queue's own schema and the queues of the registry. */
export async function installQueues(url: string): Promise<void> {
  const boss = new PgBoss({ connectionString: url, max: 2, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  try {
    await boss.createQueue(DEAD_LETTER_QUEUE, { deleteAfterSeconds: 30 * 86_400 });
    for (const job of JOBS) {
      const options = {
        retryLimit: job.retries,
        retryDelay: job.retryDelaySeconds,
        retryBackoff: true,
        expireInSeconds: job.timeoutSeconds,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        deadLetter: DEAD_LETTER_QUEUE,
        notify: true,
      };
      await boss.createQueue(job.name, options);
      if (job.schedule) await boss.schedule(job.name, job.schedule, {});
    }
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** The sending side of the queue. */
export class JobQueue {
  readonly #boss: PgBoss;

  constructor(url: string) {
    this.#boss = new PgBoss({ connectionString: url, max: 2, supervise: false, schedule: false, migrate: false });
    this.#boss.on('error', () => {});
  }

  async start(): Promise<void> {
    await this.#boss.start();
  }

  /** Enqueues within a transaction: the job exists if and only if the transaction commits. */
  async enqueue<Payload extends z.ZodType>(
    transaction: Transaction,
    job: JobDefinition<Payload>,
    payload: z.input<Payload>,
    options: { id: string; group?: string },
  ): Promise<void> {
    await this.#boss.send(job.name, payload as object, {
      id: options.id,
      db: fromDrizzle(transaction, sql),
      ...(options.group ? { group: { id: options.group } } : {}),
    });
  }

  async cancel(job: JobDefinition, id: string): Promise<void> {
    await this.#boss.cancel(job.name, id);
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }
}

import type { Transaction } from '@granary/db';
import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss } from 'pg-boss';
import { DEAD_LETTER_QUEUE, JOBS, type JobDefinition, type JobName, type PayloadOf } from './definitions.ts';

/** A dead worker's jobs are taken up by another after this long, plus a pass of the monitor. */
const HEARTBEAT_SECONDS = 10;

/** Creates and updates the queue's own schema and the queues of the registry. */
export async function installQueues(url: string): Promise<void> {
  const boss = new PgBoss({ connectionString: url, max: 2, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  try {
    await boss.createQueue(DEAD_LETTER_QUEUE, { deleteAfterSeconds: 30 * 86_400 });
    for (const [name, job] of Object.entries<JobDefinition>(JOBS)) {
      const options = {
        retryLimit: job.retries,
        retryDelay: job.retryDelaySeconds,
        retryBackoff: true,
        expireInSeconds: job.timeoutSeconds,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        deadLetter: DEAD_LETTER_QUEUE,
        notify: true,
      };
      await boss.createQueue(name, options);
      if (job.schedule) await boss.schedule(name, job.schedule, {});
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
  async enqueue<Name extends JobName>(
    transaction: Transaction,
    name: Name,
    payload: PayloadOf<Name>,
    options: { id: string; group?: string },
  ): Promise<void> {
    await this.#boss.send(name, payload ?? {}, {
      id: options.id,
      db: fromDrizzle(transaction, sql),
      ...(options.group ? { group: { id: options.group } } : {}),
    });
  }

  /** Asks for a comparison of the dataset's images; one that waits already is enough. */
  async askForComparison(datasetId: string): Promise<void> {
    const name: JobName = 'compare-images';
    await this.#boss.send(name, { datasetId }, { group: { id: datasetId }, singletonKey: datasetId });
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }
}

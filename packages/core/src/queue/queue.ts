import type { Transaction } from '@granary/db';
import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { DEAD_LETTER_QUEUE, JOBS, type JobDefinition, type JobName, type PayloadOf } from './definitions.ts';
import { roundOf } from './fairness.ts';

/** Another worker takes over a dead worker's jobs after this long, plus a pass of the monitor. */
const HEARTBEAT_SECONDS = 10;

/** Creates and updates the queue's own schema and the queues of the registry. @throws what went wrong on the way */
export async function installQueues(url: string): Promise<void> {
  const boss = new PgBoss({ connectionString: url, max: 2, supervise: false, schedule: false });
  const failures: unknown[] = [];
  boss.on('error', (error) => failures.push(error));
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
    if (failures.length > 0) throw failures[0];
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** The sending side of the queue. */
export class JobQueue {
  readonly #boss: PgBoss;

  /** @param log is told what goes wrong between two calls, such as a connection that is lost */
  constructor(url: string, log: Pick<Logger, 'error'>) {
    this.#boss = new PgBoss({ connectionString: url, max: 2, supervise: false, schedule: false, migrate: false });
    this.#boss.on('error', (error) => log.error({ err: error }, 'queue'));
  }

  async start(): Promise<void> {
    await this.#boss.start();
  }

  /**
   * Enqueues within a transaction: the job exists if and only if the transaction commits. One that people see has its turn
   * after one of each who waits.
   */
  async enqueue<Name extends JobName>(
    transaction: Transaction,
    name: Name,
    payload: PayloadOf<Name>,
    options: { id: string; group?: string },
  ): Promise<void> {
    const round = payload && 'activityId' in payload ? await roundOf(transaction, name, payload.activityId) : 0;
    await this.#boss.send(name, payload ?? {}, {
      id: options.id,
      priority: -round,
      db: fromDrizzle(transaction, sql),
      ...(options.group ? { group: { id: options.group } } : {}),
    });
  }

  /** Asks for a comparison of the dataset's images, unless one is already waiting. */
  async askForComparison(datasetId: string): Promise<void> {
    const name: JobName = 'compare-images';
    await this.#boss.send(name, { datasetId }, { group: { id: datasetId }, singletonKey: datasetId });
  }

  /** Asks for the publication of the dataset's edits after so long, unless it is asked for already. */
  async askForPublication(datasetId: string, afterSeconds: number): Promise<void> {
    const name: JobName = 'publish-edits';
    await this.#boss.send(
      name,
      { datasetId },
      { startAfter: afterSeconds, singletonKey: datasetId, singletonSeconds: Math.max(1, afterSeconds) },
    );
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }
}

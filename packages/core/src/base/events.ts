import { EventEmitter, on } from 'node:events';
import type { Sql } from '@granary/db';
import type { Query } from './query.ts';

const CHANNEL = 'job_changed';

/** Tells every web process that a job's row has changed; inside a transaction, when it commits. */
export async function announceJob(sql: Query, jobId: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${jobId})`;
}

/** One LISTEN connection of a process, fanned out to whoever waits for a job. */
export class EventBus {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async start(): Promise<void> {
    // After a lost connection notices may have been missed: everyone looks again.
    const lookAgain = () => {
      for (const id of this.#emitter.eventNames()) this.#emitter.emit(id);
    };
    await this.#sql.listen(CHANNEL, (id) => void this.#emitter.emit(id), lookAgain);
  }

  /** Yields once at the start and after each change of the job; ends when the signal aborts. */
  async *changes(jobId: string, signal: AbortSignal): AsyncGenerator<void> {
    const events = on(this.#emitter, jobId, { signal });
    try {
      yield;
      for await (const _ of events) yield;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

import { EventEmitter, on } from 'node:events';
import type { Sql } from '@granary/db';
import type { Query } from './query.ts';

const CHANNEL = 'job_changed';

/** Tells every web process that a job's row has changed; inside a transaction, when it commits. */
export async function announceJob(sql: Query, jobId: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${jobId})`;
}

/** What those who wait for one job read together. */
interface Topic {
  listeners: number;
  changes: number;
  read: { change: number; answer: Promise<unknown> } | null;
}

/** One LISTEN connection of a process, fanned out to whoever waits for a job. */
export class EventBus {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #sql: Sql;
  readonly #topics = new Map<string, Topic>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async start(): Promise<void> {
    const tell = (id: string) => {
      const topic = this.#topics.get(id);
      if (!topic) return;
      topic.changes++;
      this.#emitter.emit(id);
    };
    // After a lost connection notices may have been missed: everyone looks again.
    const lookAgain = () => {
      for (const id of this.#topics.keys()) tell(id);
    };
    await this.#sql.listen(CHANNEL, tell, lookAgain);
  }

  /**
   * Yields null once at the start, and after changes of the job what `read` gives, which is asked once for all who wait
   * for the job. Who is slow gets the newest only. Ends when the signal aborts.
   */
  async *changes<Row>(jobId: string, read: () => Promise<Row>, signal: AbortSignal): AsyncGenerator<Row | null> {
    const topic = this.#topics.get(jobId) ?? { listeners: 0, changes: 0, read: null };
    this.#topics.set(jobId, topic);
    topic.listeners++;
    const events = on(this.#emitter, jobId, { signal });
    let seen = topic.changes;
    try {
      yield null;
      for await (const _ of events) {
        if (seen === topic.changes) continue;
        seen = topic.changes;
        if (topic.read?.change !== seen) topic.read = { change: seen, answer: read() };
        // All who listen to a topic read the same.
        yield (await topic.read.answer) as Row;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      topic.listeners--;
      if (topic.listeners === 0) this.#topics.delete(jobId);
    }
  }
}

import { Worker } from 'node:worker_threads';
import type { Shaping, TokenizedShard } from './thread.ts';

interface Task {
  texts: string[];
  done: (shard: TokenizedShard) => void;
  failed: (error: Error) => void;
}

// The library would share out each batch among all processors; here every thread has a shard, which is faster.
process.env.TOKENIZERS_PARALLELISM ??= 'false';

/** What the library returns has much memory behind small objects: a small nursery is emptied often, and frees it. */
const YOUNG_MB = 4;

/** Threads that tokenize, each one shard at a time. */
export class TokenizerPool {
  readonly size: number;
  readonly #threads: Worker[];
  readonly #idle: Worker[];
  readonly #waiting: Task[] = [];

  constructor(size: number, what: { json: string; options: Shaping }) {
    this.size = size;
    this.#threads = Array.from(
      { length: size },
      () =>
        new Worker(new URL('./thread.ts', import.meta.url), {
          workerData: what,
          resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
        }),
    );
    for (const thread of this.#threads) thread.setMaxListeners(0);
    this.#idle = [...this.#threads];
  }

  /** The texts as a parquet file of tokens. */
  tokenize(texts: string[]): Promise<TokenizedShard> {
    return new Promise((done, failed) => {
      this.#waiting.push({ texts, done, failed });
      this.#next();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #next(): void {
    const thread = this.#idle.pop();
    const task = thread && this.#waiting.shift();
    if (!thread || !task) {
      if (thread) this.#idle.push(thread);
      return;
    }
    const onMessage = (answer: TokenizedShard | { error: string }) => {
      thread.off('error', onError);
      this.#idle.push(thread);
      if ('error' in answer) task.failed(new Error(answer.error));
      else task.done(answer);
      this.#next();
    };
    const onError = (error: Error) => {
      thread.off('message', onMessage);
      task.failed(error);
    };
    thread.once('message', onMessage);
    thread.once('error', onError);
    thread.postMessage(task.texts);
  }
}

import { ChildPool } from '@granary/processes/child-pool';
import type { ChildProgram } from '@granary/processes/child-program';
import type { Reply } from './engine-messages.ts';
import { doTask, type TaskOptions } from './engine-task.ts';
import type { Tasks } from './tasks.ts';

export interface EngineSettings {
  /** What tables may take in memory in each process, in megabytes; what does not fit is spilled to the scratch folder. */
  memoryMb: number;
  threads: number;
  /** How many processes may read at once; further tasks wait. */
  processes: number;
  /** Gives a folder of this process alone. */
  scratchDir: () => string;
  /** Called, by whoever asked for a task, while the process that does it is at work, or others have their turn. */
  onWork?: () => void;
}

/** Beside DuckDB: Node itself, rows on their way, what a reader of JSON or Arrow holds. */
const OWN_MB = 768;
const HEAP_MB = 512;
const WATCH_MS = 250;
const IDLE_MS = 60_000;

/**
 * DuckDB, and everything that reads what people bring, in processes of their own: one task at a time in each. What kills
 * such a process, or takes too much memory or time, fails its own task and no other.
 */
export class Engine {
  readonly #settings: EngineSettings;
  readonly #pool = new ChildPool<Reply>(new URL('./engine-process.ts', import.meta.url), {
    idleMs: IDLE_MS,
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
  });
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
  }

  /** @throws EngineError when the process of the task has died, and whatever the task throws */
  run<Name extends keyof Tasks>(
    name: Name,
    input: Parameters<Tasks[Name]>[1],
    options: TaskOptions,
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    return this.#do(name, input, options) as Promise<Awaited<ReturnType<Tasks[Name]>>>;
  }

  /** The same for a task that hands on parts of its result: the next comes when `use` is done with one. */
  async stream<Name extends keyof Tasks, Part>(
    name: Name,
    input: Parameters<Tasks[Name]>[1],
    options: TaskOptions,
    use: (part: Part) => Promise<void>,
  ): Promise<void> {
    await this.#do(name, input, options, (part) => use(part as Part));
  }

  /** Ends the processes that are waiting for work. */
  close(): void {
    this.#pool.close();
  }

  async #do(
    name: string,
    input: unknown,
    options: TaskOptions,
    use?: (part: unknown) => Promise<void>,
  ): Promise<unknown> {
    options.signal.throwIfAborted();
    await this.#turn(options.signal);
    try {
      return await this.#pool.use((child) => this.#watched(child, { name, input }, options, use));
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #watched(
    child: ChildProgram<Reply>,
    asked: { name: string; input: unknown },
    options: TaskOptions,
    use?: (part: unknown) => Promise<void>,
  ): Promise<unknown> {
    // The scratch folder may have been made again since, elsewhere than where the process began.
    const { memoryMb, threads, scratchDir, onWork } = this.#settings;
    const mostMb = memoryMb + OWN_MB;
    const over = new AbortController();
    onWork?.();
    void child.watch(over.signal, WATCH_MS, (ticks, bytes) => {
      if (ticks !== 0) onWork?.();
      if (bytes > mostMb * 1024 * 1024) child.kill(`it needs more than ${mostMb} MB of memory`);
    });
    try {
      return await doTask(child, { ...asked, settings: { memoryMb, threads, scratchDir: scratchDir() } }, options, use);
    } finally {
      over.abort();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#running >= this.#settings.processes) {
      const waiting = setInterval(() => this.#settings.onWork?.(), WATCH_MS);
      await new Promise<void>((resolve) => {
        const go = () => {
          signal.removeEventListener('abort', stop);
          resolve();
        };
        // Who has gone must not be given the turn of another.
        const stop = () => {
          this.#waiting.splice(this.#waiting.indexOf(go), 1);
          resolve();
        };
        this.#waiting.push(go);
        signal.addEventListener('abort', stop, { once: true });
      });
      clearInterval(waiting);
      signal.throwIfAborted();
    }
    this.#running++;
  }
}

export { EngineError } from './engine-messages.ts';

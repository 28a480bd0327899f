import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EngineError, errorOf, type Reply } from './engine-messages.ts';
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
/** A task that does not end by itself when it is told to is ended. */
const PATIENCE_MS = 3000;
const IDLE_MS = 60_000;

interface TaskOptions {
  signal: AbortSignal;
  /** A task that takes longer is ended. */
  timeoutMs?: number;
}

/**
 * DuckDB, and everything that reads what people bring, in processes of their own: one task at a time in each. What kills
 * such a process, or takes too much memory or time, fails its own task and no other.
 */
export class Engine {
  readonly #settings: EngineSettings;
  readonly #idle: EngineProcess[] = [];
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
    return this.#use(options, (process) => process.run(name, input, options)) as Promise<
      Awaited<ReturnType<Tasks[Name]>>
    >;
  }

  /** The same for a task that hands on parts of its result: the next comes when `use` is done with one. */
  async stream<Name extends keyof Tasks, Part>(
    name: Name,
    input: Parameters<Tasks[Name]>[1],
    options: TaskOptions,
    use: (part: Part) => Promise<void>,
  ): Promise<void> {
    await this.#use(options, (process) => process.run(name, input, options, (part) => use(part as Part)));
  }

  /** Ends the processes that are waiting for work. */
  close(): void {
    for (const process of this.#idle.splice(0)) process.end();
  }

  async #use<T>({ signal }: TaskOptions, work: (process: EngineProcess) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    await this.#turn(signal);
    const process = this.#free() ?? new EngineProcess(this.#settings);
    try {
      return await work(process);
    } finally {
      if (process.isAlive) {
        this.#idle.push(process);
        process.rest(() => {
          const at = this.#idle.indexOf(process);
          if (at >= 0) this.#idle.splice(at, 1);
        });
      }
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  #free(): EngineProcess | undefined {
    for (;;) {
      const process = this.#idle.pop();
      if (!process || process.isAlive) return process;
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

class EngineProcess {
  readonly #settings: EngineSettings;
  readonly #child: ChildProcess;
  readonly #isGone: Promise<string>;
  #scratchDir: string;
  #idleTimer: NodeJS.Timeout | undefined;
  #serial = 0;
  #endReason: string | null = null;
  isAlive = true;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.#scratchDir = settings.scratchDir();
    this.#child = fork(fileURLToPath(new URL('./engine-process.ts', import.meta.url)), [], {
      serialization: 'advanced',
      // Of the secrets in this process's environment a reader of foreign files needs none.
      env: { NODE_ENV: 'production', ...pickEnv(['PATH', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS']) },
      execArgv: [`--max-old-space-size=${HEAP_MB}`, '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#isGone = new Promise((resolve) => {
      const gone = (reason: string) => {
        this.isAlive = false;
        clearTimeout(this.#idleTimer);
        resolve(this.#endReason ?? reason);
      };
      this.#child.once('exit', (code, signal) => gone(reasonOf(code, signal)));
      this.#child.once('error', (error) => gone(error.message));
    });
    this.#child.unref();
    this.#child.channel?.unref();
  }

  async run(
    name: string,
    input: unknown,
    { signal, timeoutMs }: TaskOptions,
    use?: (part: unknown) => Promise<void>,
  ): Promise<unknown> {
    clearTimeout(this.#idleTimer);
    const id = ++this.#serial;
    const { memoryMb, threads } = this.#settings;
    // It may have been made again since, elsewhere than where the process began.
    this.#scratchDir = this.#settings.scratchDir();
    const over = new AbortController();
    this.#child.channel?.ref();
    void this.#watchProcess(over.signal);
    const timer = timeoutMs
      ? setTimeout(() => this.#kill(`it took longer than ${Math.round(timeoutMs / 60_000)} minutes`), timeoutMs)
      : undefined;
    const stop = () => {
      this.#send({ id, stop: true });
      void wait(PATIENCE_MS, undefined, { signal: over.signal, ref: false }).then(
        () => this.#kill('it was stopped'),
        () => {},
      );
    };
    try {
      const replies = this.#replies(id);
      this.#send({ id, name, input, settings: { memoryMb, threads, scratchDir: this.#scratchDir } });
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      for await (const reply of replies) {
        if ('part' in reply) {
          try {
            await use?.(reply.part);
          } catch (error) {
            stop();
            await this.#drained(replies);
            throw error;
          }
          this.#send({ id, next: true });
          continue;
        }
        if ('result' in reply) return reply.result;
        signal.throwIfAborted();
        throw errorOf(reply.error);
      }
      throw new EngineError('the process that reads tables has ended');
    } finally {
      over.abort();
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      this.#child.channel?.unref();
    }
  }

  /** Ends the process when nothing has come for a while. */
  rest(onEnd: () => void): void {
    this.#idleTimer = setTimeout(() => {
      onEnd();
      this.end();
    }, IDLE_MS);
    this.#idleTimer.unref();
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  async #drained(replies: AsyncGenerator<Reply>): Promise<void> {
    try {
      for await (const reply of replies) if (!('part' in reply)) return;
    } catch {
      // It has ended, and that is what was wanted.
    }
  }

  async *#replies(id: number): AsyncGenerator<Reply> {
    const queue: Reply[] = [];
    let wake = () => {};
    const listen = (reply: Reply) => {
      if (reply.id !== id) return;
      queue.push(reply);
      wake();
    };
    let goneReason: string | null = null;
    void this.#isGone.then((reason) => {
      goneReason = reason;
      wake();
    });
    this.#child.on('message', listen);
    try {
      for (;;) {
        for (let reply = queue.shift(); reply; reply = queue.shift()) yield reply;
        if (goneReason !== null) throw new EngineError(goneReason);
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (queue.length > 0 || goneReason !== null) resolve();
        });
      }
    } finally {
      this.#child.off('message', listen);
    }
  }

  async #watchProcess(over: AbortSignal): Promise<void> {
    const most = (this.#settings.memoryMb + OWN_MB) * 1024 * 1024;
    let spent = processorTicks(this.#child.pid);
    while (!over.aborted && this.isAlive) {
      const now = processorTicks(this.#child.pid);
      if (now === null || now !== spent) this.#settings.onWork?.();
      spent = now;
      if (residentBytes(this.#child.pid) > most) {
        this.#kill(`it needs more than ${Math.round(most / 1024 / 1024)} MB of memory`);
        return;
      }
      await wait(WATCH_MS, undefined, { signal: over, ref: false }).catch(() => {});
    }
  }

  #send(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #kill(reason: string): void {
    this.#endReason ??= reason;
    this.#child.kill('SIGKILL');
  }
}

function reasonOf(code: number | null, signal: string | null): string {
  if (signal === 'SIGABRT' || signal === 'SIGKILL' || code === 134) return 'it needs more memory than there is';
  return `its reader has ended (${signal ?? `code ${code}`})`;
}

/** 0 where the system does not tell. */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1] ?? 0) * 4096;
  } catch {
    return 0;
  }
}

/** What the process has had of the processors, in ticks of the system; null where that is not told. */
function processorTicks(pid: number | undefined): number | null {
  try {
    // The name of the program, in parentheses, may have spaces: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null;
  }
}

const pickEnv = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])),
  );

export { EngineError } from './engine-messages.ts';

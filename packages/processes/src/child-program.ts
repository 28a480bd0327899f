import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** Whether it has this process's environment, with all settings; else nothing that a reader of foreign bytes does not need. */
  hasSettings?: boolean;
  execArgv?: readonly string[];
  /** Whether what it writes goes where this process writes. */
  isHeard?: boolean;
}

/**
 * A program of ours in a process of its own, which ends with this one. What kills it is told as a reason, and kills nobody
 * else.
 */
export class ChildProgram<Told> {
  readonly #child: ChildProcess;
  #reason: string | null = null;
  /** Why it has ended, as the end of a sentence about what it did. */
  readonly gone: Promise<string>;

  /** @param program its TypeScript file, which calls `beChild` */
  constructor(program: URL, { hasSettings = false, execArgv = [], isHeard = false }: ChildOptions = {}) {
    const output = isHeard ? 'inherit' : 'ignore';
    this.#child = fork(fileURLToPath(program), [], {
      serialization: 'advanced',
      env: hasSettings ? process.env : withoutSecrets(),
      execArgv: ['--disable-warning=ExperimentalWarning', ...execArgv],
      stdio: ['ignore', output, output, 'ipc'],
    });
    this.#child.setMaxListeners(0);
    this.gone = new Promise((resolve) => {
      const end = (reason: string) => resolve(this.#reason ?? reason);
      this.#child.once('exit', (code, signal) => end(reasonOf(code, signal)));
      this.#child.on('error', (error) => end(error.message));
    });
    this.rest();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it can be given work. */
  get isAlive(): boolean {
    return this.#child.connected && this.#reason === null;
  }

  /** @returns how to stop listening */
  listen(listener: (message: Told) => void): () => void {
    this.#child.on('message', listener);
    return () => void this.#child.off('message', listener);
  }

  send(message: object): void {
    // One that has just ended is told of by `gone`.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  kill(reason: string): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }

  /** Lets it end by itself. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  /** This process does not stay for it. */
  rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** This process stays for it. */
  work(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  /**
   * Looks at it now and then until `over`.
   * @param look gets what it has had of the processors since the look before, in hundredths of a second, or null where the
   * system does not tell; and its resident memory in bytes, 0 where that is not told
   */
  async watch(over: AbortSignal, everyMs: number, look: (ticks: number | null, bytes: number) => void): Promise<void> {
    for (let before = processorTicks(this.pid); this.isAlive; ) {
      await sleep(everyMs, undefined, { signal: over, ref: false }).catch(() => {});
      if (over.aborted) return;
      const now = processorTicks(this.pid);
      look(now === null || before === null ? null : now - before, residentBytes(this.pid));
      before = now;
    }
  }
}

function processorTicks(pid: number | undefined): number | null {
  try {
    // The program's name, in parentheses, may have spaces: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null;
  }
}

function residentBytes(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function withoutSecrets(): NodeJS.ProcessEnv {
  const { NODE_ENV, PATH, LANG, TZ, NODE_COMPILE_CACHE } = process.env;
  return { NODE_ENV, PATH, LANG, TZ, NODE_COMPILE_CACHE };
}

function reasonOf(code: number | null, signal: string | null): string {
  if (signal === 'SIGKILL') return 'it was killed, as systems do that run out of memory';
  if (signal === 'SIGABRT' || code === 134) return 'it ran out of memory';
  return `it ended with ${signal ?? `code ${code}`}`;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { JobFailure } from '@granary/core/errors/failures';
import { ChildProgram } from '@granary/core/processes/child-program';
import type { PayloadOf } from '@granary/core/queue/definitions';
import type { JobRun } from '../runner.ts';
import { moved } from '../watchdog.ts';
import { type ApartJob, type Asked, errorOf, sentReason, type Told } from './messages.ts';

/** What does not end when it is told to is ended. */
const PATIENCE_MS = 20_000;
const IDLE_MS = 300_000;
const WATCH_MS = 2_000;
/** With this much of a processor, in hundredths of a second between two looks, it works without a pause. */
const BUSY_TICKS = WATCH_MS / 20;
const DIED = 'The process that read the content has ended';

interface Idle {
  child: ChildProgram<Told>;
  timer: NodeJS.Timeout;
}

/**
 * Runs attempts that read what people bring in processes of their own, one at a time in each. What kills such a process
 * fails the job that it had, at once and with that as its reason, and no other: not the worker, and no further attempt.
 */
export class Apart {
  readonly #idle: Idle[] = [];

  /** @throws JobFailure `reader_died`, and what the work throws */
  async run<Name extends ApartJob>(name: Name, payload: PayloadOf<Name>, run: JobRun): Promise<void> {
    run.signal.throwIfAborted();
    const child = this.#free() ?? start();
    child.work();
    const over = new AbortController();
    const stop = () => {
      child.send({ kind: 'stop', reason: sentReason(run.signal.reason) } satisfies Asked);
      const kill = () => child.kill('it did not stop when it was told to');
      void sleep(PATIENCE_MS, undefined, { signal: over.signal, ref: false }).then(kill, () => {});
    };
    run.signal.addEventListener('abort', stop, { once: true });
    let unlisten = () => {};
    try {
      const answer = new Promise<void>((done, failed) => {
        unlisten = child.listen((told) => {
          if (told.kind === 'moved') moved();
          else if (told.kind === 'progress') run.progress(...told.progress);
          else if (told.kind === 'done') done();
          else failed(errorOf(told.error));
        });
      });
      void watch(child, over.signal, moved);
      const { activityId, attempt } = run;
      child.send({ kind: 'run', name, payload, activityId, attempt, job: name });
      await Promise.race([answer, child.gone.then((reason) => died(run, reason))]);
    } finally {
      unlisten();
      over.abort();
      run.signal.removeEventListener('abort', stop);
      if (child.isAlive) this.#rest(child);
    }
  }

  /** Ends the processes that wait for work. */
  close(): void {
    for (const { child, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      child.end();
    }
  }

  #free(): ChildProgram<Told> | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (idle.child.isAlive) return idle.child;
    }
    return undefined;
  }

  #rest(child: ChildProgram<Told>): void {
    child.rest();
    const timer = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(idle), 1);
      child.end();
    }, IDLE_MS).unref();
    const idle = { child, timer };
    this.#idle.push(idle);
  }
}

const start = (): ChildProgram<Told> =>
  new ChildProgram(new URL('../apart-program.ts', import.meta.url), {
    // As in main.ts.
    execArgv: ['--no-allocation-site-pretenuring'],
    hasSettings: true,
    isHeard: true,
  });

function died(run: JobRun, reason: string): never {
  run.signal.throwIfAborted();
  throw new JobFailure(
    'reader_died',
    `${DIED}, because ${reason}. Its content may be damaged, or need more memory than there is.`,
  );
}

/** What computes without a pause says nothing, and is at work all the same. */
async function watch(child: ChildProgram<Told>, over: AbortSignal, onWork: () => void): Promise<void> {
  for (let spent = child.processorTicks(); !over.aborted && child.isAlive; ) {
    await sleep(WATCH_MS, undefined, { signal: over, ref: false }).catch(() => {});
    const now = child.processorTicks();
    if (now !== null && spent !== null && now - spent >= BUSY_TICKS) onWork();
    spent = now;
  }
}

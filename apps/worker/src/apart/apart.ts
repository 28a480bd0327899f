import { setTimeout as sleep } from 'node:timers/promises';
import { JobFailure } from '@granary/core/errors/failures';
import { ChildPool } from '@granary/processes/child-pool';
import type { ChildProgram } from '@granary/processes/child-program';
import type { JobRun } from '../runner.ts';
import { storeCalls } from '../store-calls.ts';
import { moved } from '../watchdog.ts';
import { type ApartWork, type Asked, errorOf, sentReason, type Told } from './messages.ts';

/** What does not end when it is told to is ended. */
const PATIENCE_MS = 20_000;
const IDLE_MS = 300_000;
const WATCH_MS = 2_000;
/** With this much of a processor, in hundredths of a second between two looks, it works without a pause. */
const BUSY_TICKS = WATCH_MS / 20;
const DIED = 'The process that read the content has ended';

/**
 * Runs attempts that read what people bring in processes of their own, one at a time in each. What kills such a process
 * fails the job that it had, at once and with that as its reason, and no other: not the worker, and no further attempt.
 */
export class Apart {
  readonly #pool = new ChildPool<Told>(new URL('../apart-program.ts', import.meta.url), {
    idleMs: IDLE_MS,
    // As in main.ts.
    execArgv: ['--no-allocation-site-pretenuring'],
    hasSettings: true,
    isHeard: true,
  });

  /** @throws JobFailure `reader_died`, and what the work throws */
  async run(work: ApartWork, run: JobRun): Promise<void> {
    run.signal.throwIfAborted();
    const { activityId, attempt } = run;
    await this.#pool.use((child) => attend(child, { kind: 'run', activityId, attempt, ...work }, run));
  }

  /** Ends the processes that wait for work. */
  close(): void {
    this.#pool.close();
  }
}

async function attend(child: ChildProgram<Told>, asked: Asked, run: JobRun): Promise<void> {
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
        else if (told.kind === 'stored') storeCalls.add(told.calls);
        else if (told.kind === 'progress') run.progress(...told.progress);
        else if (told.kind === 'done') done();
        else failed(errorOf(told.error));
      });
    });
    // What computes without a pause says nothing, and is at work all the same.
    void child.watch(over.signal, WATCH_MS, (ticks) => {
      if (ticks !== null && ticks >= BUSY_TICKS) moved();
    });
    child.send(asked);
    await Promise.race([answer, child.gone.then((reason) => died(run, reason))]);
  } finally {
    unlisten();
    over.abort();
    run.signal.removeEventListener('abort', stop);
  }
}

function died(run: JobRun, reason: string): never {
  run.signal.throwIfAborted();
  throw new JobFailure(
    'reader_died',
    `${DIED}, because ${reason}. Its content may be damaged, or need more memory than there is.`,
  );
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import { LOCKS } from '@granary/core/base/locks';
import type { Sql } from '@granary/db';

/** An attempt that no longer moves, and what it was at. */
export class Stalled extends Error {
  override name = 'Stalled';
  readonly stage: string;
  readonly minutes: number;
  constructor(stage: string, minutes: number) {
    super(`Nothing has moved for ${minutes} minutes at: ${stage}`);
    this.stage = stage;
    this.minutes = minutes;
  }
}

/** How long an attempt that was told to end has for it; then it is left behind. */
const GRACE_MS = 10_000;
const TICK_MS = 500;

const watchedBy = new AsyncLocalStorage<{ moved(): void }>();

/** Does work of which another process is told when it moves. */
export const watchedFrom = <T>(watcher: { moved(): void }, work: () => Promise<T>): Promise<T> =>
  watchedBy.run(watcher, work);

/** Says that the attempt to which the caller belongs has moved: bytes, rows or entries; without one, nothing. */
export const moved = (): void => watchedBy.getStore()?.moved();

/** {@link moved} for whoever is called back elsewhere. */
export function movedHere(): () => void {
  const watchdog = watchedBy.getStore();
  return () => watchdog?.moved();
}

interface Watching {
  minutes: number;
  /** What the work is at, in words. */
  stage(): string;
  /** Asked once nothing else has moved: whether something is at work all the same. */
  isWorking(): Promise<boolean>;
}

/** Ends work in which nothing moves. Time in which this process does not run, or runs without a pause, does not count. */
export class Watchdog {
  readonly #watching: Watching;
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #stillMs = 0;
  #lastTick = performance.now();
  #isAsking = false;

  constructor(watching: Watching) {
    this.#watching = watching;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Aborts with a {@link Stalled} as its reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  moved(): void {
    this.#stillMs = 0;
  }

  /** Does the work; what does not end when it is told to is left behind. @throws Stalled, or what the work throws */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const isLeftBehind = new Promise<never>((_, leave) => {
      this.signal.addEventListener('abort', () => {
        timer = setTimeout(() => leave(this.signal.reason), GRACE_MS);
      });
    });
    try {
      return await Promise.race([watchedBy.run(this, work), isLeftBehind]);
    } catch (error) {
      throw this.signal.aborted ? this.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.stop();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#stillMs += Math.min(now - this.#lastTick, 2 * TICK_MS);
    this.#lastTick = now;
    if (this.#isAsking || this.signal.aborted || this.#stillMs < this.#watching.minutes * 60_000) return;
    this.#isAsking = true;
    this.#watching
      .isWorking()
      // Whoever can't be asked may be at work.
      .catch(() => true)
      .then((isWorking) => {
        this.#isAsking = false;
        if (isWorking) this.moved();
        else if (this.#stillMs > 0) this.#abort.abort(new Stalled(this.#watching.stage(), this.#watching.minutes));
      });
  }
}

/** What the connections of a worker, and of what it begins apart, are called: by the worker's process. */
export const connectionName = (pid: number): string => `granary-worker ${hostname().slice(0, 36)}:${pid}`;

/**
 * Whether PostgreSQL is at work for this worker or for the dataset's writer: at a statement that waits for nobody, or at
 * one that began or ended a moment ago.
 */
export async function isDatabaseWorking(sql: Sql, datasetId: string | null, minutes: number): Promise<boolean> {
  const [row] = await sql<{ is_working: boolean }[]>`
    select exists (
      select from pg_stat_activity a left join pg_locks l on l.pid = a.pid and l.locktype = 'advisory' and l.granted
        and l.classid = ${LOCKS.datasetWriter} and l.objid::bigint = hashtext(${datasetId ?? ''})::bigint & 4294967295
      where a.pid <> pg_backend_pid() and a.datname = current_database()
        and (a.application_name = current_setting('application_name') and a.state = 'active' or l.pid is not null and (
          a.state = 'active' or a.state_change > now() - make_interval(secs => ${minutes * 60})))
        and not (a.state = 'active' and coalesce(a.wait_event_type, '') in ('Lock', 'Client'))
    ) as is_working`;
  return row?.is_working ?? false;
}

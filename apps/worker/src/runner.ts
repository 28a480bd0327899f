import { isDeepStrictEqual } from 'node:util';
import { announceJob } from '@granary/core/base/events';
import { failureOf, willRepeat } from '@granary/core/errors/failures';
import type { JobName, PayloadOf } from '@granary/core/queue/definitions';
import { type JobStep, messageOf } from '@granary/core/queue/steps';
import type { AnySql, Database, Sql } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { Logger } from 'pino';
import type { Env } from './env.ts';
import { whenTheStoreCan } from './store-wait.ts';
import { isDatabaseWorking, Stalled, Watchdog } from './watchdog.ts';

/** Why a run stopped before its end. */
export type StopReason = 'cancelled' | 'paused' | 'superseded' | 'shutdown';

export class Stopped extends Error {
  override name = 'Stopped';
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(`The job was stopped: ${reason}`);
    this.reason = reason;
  }
}

/** One attempt at a job, as its handler sees it. */
export interface JobRun {
  readonly activityId: string;
  readonly attempt: number;
  /** Aborts with a {@link Stopped} or a {@link Stalled} as its reason. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Says how far the work is; written at most twice a second. */
  progress(percent: number, code: JobStep['code'], subject?: string, bytes?: JobStep['bytes']): void;
  /** Within a transaction: fails unless this is still the newest attempt and nobody has cancelled. @throws Stopped */
  assertCurrent(transaction: AnySql): Promise<void>;
}

export interface Handler<Payload> {
  /** Does the work, or resumes an interrupted attempt; marks the activity completed itself or returns the result. */
  run(payload: Payload, run: JobRun): Promise<unknown>;
  /** Takes back what unfinished attempts have done; must be able to run twice. */
  takeBack(payload: Payload, outcome: { state: 'failed' | 'cancelled'; code: string; message: string }): Promise<void>;
}

/** What a job without an activity does; another attempt begins anew. */
export type BackgroundHandler<Name extends JobName> = (
  payload: PayloadOf<Name>,
  signal: AbortSignal,
) => Promise<unknown>;

const PROGRESS_EVERY_MS = 500;
const CHECK_EVERY_MS = 2_000;

export interface RunContext {
  database: Database;
  log: Logger;
  shutdown: AbortSignal;
  store: Pick<ObjectStore, 'freeBytes' | 'check'>;
  env: Pick<Env, 'GRANARY_STALL_MINUTES'>;
}

interface Started {
  id: string;
  attempt: number;
  dataset_id: string | null;
  cancel_requested: boolean;
  pause_requested: boolean;
}

/** Where an attempt stands among those that the queue makes. */
interface Tries {
  before: number;
  isLast: boolean;
}

/**
 * Runs one attempt of a job that people can see. A failure that a repetition would not mend ends it at once; any other
 * is thrown, so that the queue tries again, unless this was the last attempt. One that stands still is tried once more.
 */
export async function runJob<Payload extends { activityId: string }>(
  context: RunContext,
  name: JobName,
  handler: Handler<Payload>,
  payload: Payload,
  tries: Tries,
): Promise<void> {
  const { sql } = context.database;
  const id = payload.activityId;
  const [started] = await sql<Started[]>`
    update activities set state = 'running', attempt = attempt + 1, started_at = coalesce(started_at, now()), updated_at = now()
    where id = ${id} and state in ('queued', 'running') returning id, attempt, dataset_id, cancel_requested, pause_requested`;
  if (!started) return;
  const log = context.log.child({ job: name, id, attempt: started.attempt });
  const watch = new Watch({ ...context, log }, started);
  const end = async (state: 'failed' | 'cancelled', code: string, message: string) => {
    await handler.takeBack(payload, { state, code, message });
    await finishActivity(sql, id, started.attempt, { state, code, message });
  };
  try {
    if (started.cancel_requested) throw new Stopped('cancelled');
    if (started.pause_requested) throw new Stopped('paused');
    const run: JobRun = {
      activityId: id,
      attempt: started.attempt,
      signal: watch.signal,
      log,
      progress: (percent, code, subject = '', bytes) =>
        watch.report(percent, { code, subject, ...(bytes ? { bytes } : {}) }),
      assertCurrent: (transaction) => assertCurrent(transaction, id, started.attempt),
    };
    const { store } = context;
    const waiting = { store, log, signal: watch.signal, say: (step: JobStep) => watch.reportWaiting(step) };
    const result = await watch.watchdog.watch(() => whenTheStoreCan(waiting, () => handler.run(payload, run)));
    await watch.stop();
    await finishActivity(sql, id, started.attempt, { state: 'completed', result });
  } catch (error) {
    await watch.stop();
    const stopped = stopReason(error) ?? stopReason(watch.signal.reason);
    if (stopped === 'superseded') return log.warn('a newer attempt has taken over');
    if (stopped === 'cancelled') return end('cancelled', 'cancelled', 'Cancelled');
    if (stopped === 'paused') return rest(sql, id, started.attempt);
    if (stopped === 'shutdown') throw error;
    const failure = failureOf(error);
    if (failure) {
      if (failure.errorCode === 'data_refused') log.error({ err: error }, 'job failed by its data');
      else log.info({ code: failure.errorCode, reason: failure.message }, 'job failed for good');
      return end('failed', failure.errorCode, failure.message);
    }
    const isLast = tries.isLast || willRepeat(error) || (error instanceof Stalled && tries.before > 0);
    log.error({ err: error }, isLast ? 'job failed, no attempts left' : 'job failed, will be tried again');
    if (!isLast) throw error;
    if (error instanceof Stalled) return end('failed', 'stalled', stalledMessage(error));
    await end(
      'failed',
      'internal',
      `Something went wrong on our side. Try again later, or give the administrator the id of the job: ${id}.`,
    );
  }
}

const stalledMessage = ({ stage, minutes }: Stalled): string =>
  `Nothing moved in this job for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, twice, so it was ended while it was at this step: ${stage}. Try again later, or ask the administrator.`;

/** Pauses the job with everything it has done, until somebody resumes it. */
async function rest(sql: Sql, id: string, attempt: number): Promise<void> {
  const step: JobStep = { code: 'paused', subject: '' };
  await sql`update activities set state = 'queued', message = ${messageOf(step)}, step = ${sql.json(step)}, updated_at = now()
    where id = ${id} and attempt = ${attempt} and state = 'running'`;
  await announceJob(sql, id);
}

function stopReason(error: unknown): StopReason | null {
  return error instanceof Stopped ? error.reason : null;
}

/** Fails unless this is the newest attempt, and nobody has cancelled. @throws Stopped */
export async function assertCurrent(transaction: AnySql, id: string, attempt: number): Promise<void> {
  const [row] = await transaction<{ attempt: number; state: string; cancel_requested: boolean }[]>`
    select attempt, state, cancel_requested from activities where id = ${id} for update`;
  if (!row || row.attempt !== attempt || row.state !== 'running') throw new Stopped('superseded');
  if (row.cancel_requested) throw new Stopped('cancelled');
}

type Outcome =
  | { state: 'completed'; result: unknown }
  | { state: 'failed' | 'cancelled'; code: string; message: string };

async function finishActivity(sql: Sql, id: string, attempt: number, outcome: Outcome): Promise<void> {
  if (outcome.state === 'completed') {
    await sql`update activities set state = 'completed', progress = 100, message = 'Done', step = null, result = ${sql.json((outcome.result ?? null) as never)},
      finished_at = now(), updated_at = now() where id = ${id} and attempt = ${attempt} and state = 'running'`;
  } else {
    const { state, code, message } = outcome;
    await sql`update activities set state = ${state}, message = ${message}, step = null, error_code = ${state === 'failed' ? code : null},
      error_message = ${state === 'failed' ? message : null}, finished_at = now(), updated_at = now()
      where id = ${id} and attempt = ${attempt} and state = 'running'`;
  }
  await announceJob(sql, id);
}

interface Progress {
  percent: number;
  step: JobStep;
}

/** Writes progress, notices by the same write when the attempt has been cancelled or superseded, and when nothing moves. */
class Watch {
  readonly #sql: Sql;
  readonly #log: Logger;
  readonly #id: string;
  readonly #attempt: number;
  readonly #abort = new AbortController();
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #unlisten: () => void;
  #latest: Progress | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #lastWrite = 0;
  /** What was said last, as it was said. */
  #said: Progress | null = null;
  readonly watchdog: Watchdog;

  constructor({ shutdown, env, database: { sql }, log }: RunContext, { id, attempt, dataset_id }: Started) {
    this.#sql = sql;
    this.#log = log;
    this.#id = id;
    this.#attempt = attempt;
    const minutes = env.GRANARY_STALL_MINUTES;
    this.watchdog = new Watchdog({
      minutes,
      stage: () => (this.#said ? messageOf(this.#said.step) : 'Starting'),
      isWorking: () => isDatabaseWorking(sql, dataset_id, minutes),
    });
    const onShutdown = () => this.#abort.abort(new Stopped('shutdown'));
    shutdown.addEventListener('abort', onShutdown, { once: true });
    this.#unlisten = () => shutdown.removeEventListener('abort', onShutdown);
    if (shutdown.aborted) onShutdown();
    this.#timer = setInterval(() => this.#tick(), PROGRESS_EVERY_MS);
    this.signal = AbortSignal.any([this.#abort.signal, this.watchdog.signal]);
  }

  report(percent: number, step: JobStep): void {
    const said = { percent, step };
    if (!isDeepStrictEqual(said, this.#said)) this.watchdog.moved();
    this.#said = said;
    this.#latest = { percent: Math.max(0, Math.min(99, Math.floor(percent))), step };
  }

  reportWaiting(step: JobStep): void {
    this.report(this.#said?.percent ?? 0, step);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.watchdog.stop();
    this.#unlisten();
    await this.#writing;
  }

  #tick(): void {
    const isDue = this.#latest !== null || performance.now() - this.#lastWrite > CHECK_EVERY_MS;
    if (this.#isWriting || !isDue) return;
    this.#isWriting = true;
    this.#lastWrite = performance.now();
    this.#writing = this.#write(this.#latest)
      .catch((error) => this.#log.warn({ err: error }, 'progress was not written'))
      .finally(() => {
        this.#isWriting = false;
      });
    this.#latest = null;
  }

  async #write(latest: Progress | null): Promise<void> {
    const sql = this.#sql;
    const said = latest && { message: messageOf(latest.step), step: sql.json(latest.step) };
    const [row] = await sql<{ cancel_requested: boolean; pause_requested: boolean }[]>`
      with job as (
        update activities set progress = coalesce(${latest?.percent ?? null}, progress), message = coalesce(${said?.message ?? null}, message),
          step = coalesce(${said?.step ?? null}::jsonb, step), updated_at = now()
        where id = ${this.#id} and attempt = ${this.#attempt} and state = 'running'
        returning cancel_requested, pause_requested, dataset_id, progress
      ), dataset as (
        update datasets set progress = job.progress from job where datasets.id = job.dataset_id and datasets.status in ('processing', 'downloading')
      )
      select cancel_requested, pause_requested from job`;
    if (!row) this.#abort.abort(new Stopped('superseded'));
    else if (row.cancel_requested) this.#abort.abort(new Stopped('cancelled'));
    else if (row.pause_requested) this.#abort.abort(new Stopped('paused'));
    if (latest) await announceJob(sql, this.#id);
  }
}

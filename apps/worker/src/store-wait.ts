import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf } from '@granary/core/errors/failures';
import type { JobStep } from '@granary/core/queue/steps';
import { inMegabytes, isAway, isNoRoom, type ObjectStore } from '@granary/storage';
import type { Logger } from 'pino';
import { moved } from './watchdog.ts';

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

interface Waiting {
  store: Pick<ObjectStore, 'freeBytes' | 'check'>;
  log: Logger;
  signal: AbortSignal;
  /** Says what the work waits for. */
  say(step: JobStep): void;
}

/**
 * Does the work; whenever the store is full, can't be written to or does not answer, it waits and is done again, from where
 * it goes on.
 */
export async function whenTheStoreCan<T>(waiting: Waiting, work: () => Promise<T>): Promise<T> {
  const { log, signal, say } = waiting;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      const step = await whatIsAwaited(error, waiting);
      if (!step) throw error;
      signal.throwIfAborted();
      log.warn({ err: error, step }, 'the job waits for the store');
      say(step);
    }
    for (const end = performance.now() + pause; performance.now() < end; ) {
      // It stands still on purpose.
      moved();
      await sleep(1000, undefined, { signal });
    }
  }
}

/** Null for an error that has another cause. */
async function whatIsAwaited(error: unknown, { store }: Waiting): Promise<JobStep | null> {
  if (isNoRoom(error)) {
    const free = await store.freeBytes().catch(() => null);
    return free === null
      ? { code: 'waiting_for_bucket', subject: '' }
      : { code: 'waiting_for_room', subject: inMegabytes(free) };
  }
  if (failureOf(error) !== null || !isAway(error)) return null;
  // PostgreSQL may be what was away; the queue tries again then.
  const isThere = await store.check().then(
    () => true,
    (cause) => !isAway(cause),
  );
  return isThere ? null : { code: 'waiting_for_store', subject: '' };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { inMegabytes, isNoRoom, type ObjectStore } from '@granary/storage';
import type { Logger } from 'pino';
import { moved } from './watchdog.ts';

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

interface Waiting {
  store: Pick<ObjectStore, 'freeBytes'>;
  log: Logger;
  signal: AbortSignal;
  /** Says that the work waits, and how much is free. */
  say(free: string): void;
}

/** Does the work; whenever the disk is full or can't be written to, it waits and is done again, from where it goes on. */
export async function whenThereIsRoom<T>({ store, log, signal, say }: Waiting, work: () => Promise<T>): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      signal.throwIfAborted();
      const free = inMegabytes((await store.freeBytes().catch(() => null)) ?? 0);
      log.warn({ err: error, free }, 'no room: the job waits');
      say(free);
    }
    for (const end = Date.now() + pause; Date.now() < end; ) {
      // It stands still on purpose.
      moved();
      await sleep(1000, undefined, { signal });
    }
  }
}

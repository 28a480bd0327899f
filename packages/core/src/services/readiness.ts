import type { Database } from '@granary/db';
import { noRoomIn, type ObjectStore } from '@granary/storage';
import type { Logger } from 'pino';

const PATIENCE_MS = 5_000;

/** Why nothing can be served now, as anyone may know it; null when PostgreSQL and the store answer and have room. */
export async function whyNotReady({
  database,
  store,
  log,
}: {
  database: Database;
  store: ObjectStore;
  log: Pick<Logger, 'error'>;
}): Promise<string | null> {
  const timeout = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS / 1000} s`)), PATIENCE_MS).unref(),
  );
  try {
    const answers = Promise.all([store.freeBytes(), store.check(), database.sql`select 1`]);
    const [freeBytes] = await Promise.race([answers, timeout]);
    const reason = noRoomIn(freeBytes);
    if (reason !== null) log.error({ freeBytes }, `not ready: ${reason}`);
    return reason;
  } catch (error) {
    log.error({ err: error }, 'not ready');
    const isReadOnly = error instanceof Error && 'code' in error && error.code === 'EROFS';
    return isReadOnly ? 'the storage is read-only' : 'PostgreSQL or the storage does not answer';
  }
}

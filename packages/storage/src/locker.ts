import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS, type Lock, type Locker, type RequestRelease } from '@tus/utils';
import type { Sql } from 'postgres';

const CHANNEL = 'upload_lock_wanted';

/** A holder that dies frees its lock after this long. */
const LEASE_SECONDS = 6;
const RENEW_EVERY_MS = 2_000;
const RETRY_EVERY_MS = 200;
const GIVE_UP_AFTER_MS = 30_000;

/**
 * One writer per tus upload over all web processes, by lease rows in `upload_locks`: no transaction stays open while
 * bytes flow. A second writer asks the first to let go through NOTIFY, and takes over when it has, or when its lease
 * ran out.
 */
export class PostgresLocker implements Locker {
  readonly #sql: Sql;
  readonly #held = new Map<string, RequestRelease>();
  #listening: Promise<unknown> | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  newLock(id: string): Lock {
    const owner = randomUUID();
    let renewal: NodeJS.Timeout | undefined;
    return {
      lock: async (signal, requestRelease) => {
        await this.#listen();
        await this.#acquire(id, owner, signal);
        this.#held.set(id, requestRelease);
        renewal = setInterval(() => this.#renew(id, owner, requestRelease), RENEW_EVERY_MS);
      },
      unlock: async () => {
        clearInterval(renewal);
        this.#held.delete(id);
        await this.#sql`delete from upload_locks where upload_id = ${id} and owner = ${owner}`;
      },
    };
  }

  async #acquire(id: string, owner: string, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + GIVE_UP_AFTER_MS;
    while (!signal.aborted && performance.now() < deadline) {
      const [row] = await this.#sql`
        insert into upload_locks as held (upload_id, owner, expires_at)
        values (${id}, ${owner}, now() + make_interval(secs => ${LEASE_SECONDS}))
        on conflict (upload_id) do update set owner = excluded.owner, expires_at = excluded.expires_at
          where held.expires_at < now()
        returning owner`;
      if (row) return;
      await this.#sql.notify(CHANNEL, id);
      await sleep(RETRY_EVERY_MS, undefined, { signal }).catch(() => {});
    }
    throw ERRORS.ERR_LOCK_TIMEOUT;
  }

  async #renew(id: string, owner: string, requestRelease: RequestRelease): Promise<void> {
    try {
      const renewed = await this.#sql`
        update upload_locks set expires_at = now() + make_interval(secs => ${LEASE_SECONDS})
        where upload_id = ${id} and owner = ${owner} returning owner`;
      if (renewed.length === 0) await requestRelease();
    } catch {
      // The database is out of reach: the lease runs out by itself, and the next renewal notices.
    }
  }

  #listen(): Promise<unknown> {
    this.#listening ??= this.#sql.listen(CHANNEL, (id) => void this.#held.get(id)?.());
    return this.#listening;
  }
}

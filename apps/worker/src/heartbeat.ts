import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { WorkerContext } from './context.ts';
import { storeCalls } from './store-calls.ts';

const EVERY_MS = 10_000;

/** Reports every few seconds that this worker is alive and what it asked of the store, until it is stopped. */
export function startHeartbeat({ database: { sql }, log }: WorkerContext): () => Promise<void> {
  const id = randomUUID();
  const beat = () =>
    sql`insert into workers (id, host, pid) values (${id}, ${hostname()}, ${process.pid})
      on conflict (id) do update set seen_at = now(), store_calls = ${sql.json(storeCalls.all.map((call) => ({ ...call })))}`.then(
      () => {},
      (error) => log.warn({ err: error }, 'heartbeat'),
    );
  let beating: Promise<void> = beat();
  const timer = setInterval(() => {
    beating = beat();
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await beating;
    await sql`delete from workers where id = ${id}`.catch(() => {});
  };
}

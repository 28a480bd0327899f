import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import { openSql } from './open-sql.ts';

/** Any fixed number: all processes that migrate this database wait for the same lock. */
const MIGRATION_LOCK = 7_203_411;

/** Brings the schema up to date. Several processes may call it at once: one works, the others wait. */
export async function migrate(url: string): Promise<void> {
  const client = openSql(url, { max: 1, onnotice: () => {}, connect_timeout: 15 });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await runMigrations(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)),
    });
  } finally {
    await client.end({ timeout: 5 });
  }
}

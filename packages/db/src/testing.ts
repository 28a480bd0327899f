import { randomBytes } from 'node:crypto';
import type postgres from 'postgres';
import { openSql } from './open-sql.ts';

/** Name of the migrated database that tests clone. */
export const TEMPLATE = 'granary_template';

/**
 * Clones the template into a database of the caller's own, in some 50 ms.
 *
 * @param serverUrl a URL of any database on the server that holds the template
 */
export async function cloneTemplate(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `granary_test_${randomBytes(6).toString('hex')}`;
  await asAdmin(serverUrl, (sql) => sql.unsafe(`create database ${name} template ${TEMPLATE} strategy file_copy`));
  return {
    url: withDatabase(serverUrl, name),
    drop: () => asAdmin(serverUrl, (sql) => dropDatabase(sql, name)),
  };
}

/** Makes an empty template and returns its URL; the caller migrates it and closes its connections. */
export async function createTemplate(serverUrl: string): Promise<string> {
  await asAdmin(serverUrl, async (sql) => {
    await dropDatabase(sql, TEMPLATE);
    await sql.unsafe(`create database ${TEMPLATE}`);
  });
  return withDatabase(serverUrl, TEMPLATE);
}

/**
 * Ends what the role may end. `with (force)` would also want to end an autovacuum that happens to be there, which only a
 * superuser may; without it, PostgreSQL sends that away by itself.
 */
async function dropDatabase(sql: postgres.Sql, name: string): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and usename = current_user`;
  await sql.unsafe(`drop database if exists ${name}`);
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin(serverUrl: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = openSql(serverUrl, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

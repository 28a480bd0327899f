import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { openSql } from './open-sql.ts';
import * as schema from './schema/index.ts';

/** Raw SQL: COPY, LISTEN, cursors and the set-based statements that no query builder says better. */
export type Sql = postgres.Sql;
/** {@link Sql}, or a transaction of it. */
export type AnySql = postgres.ISql;
export type Db = ReturnType<typeof drizzleOver>;
/** A Drizzle transaction, as `db.transaction` hands it to its callback. */
export type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0];

/** One process's way to PostgreSQL. */
export interface Database {
  readonly url: string;
  readonly db: Db;
  readonly sql: Sql;
  close(): Promise<void>;
}

/**
 * Opens two pools on one database. Drizzle changes the serializers of the client it is given (Dates and objects no
 * longer pass through raw queries), so raw SQL has a client of its own.
 *
 * @param options.onQuery is told every query of Drizzle's, for who looks into their plans
 */
export function connect(
  url: string,
  options: { max?: number; name?: string; onQuery?: (text: string, parameters: unknown[]) => void } = {},
): Database {
  const settings = {
    max: options.max ?? 10,
    onnotice: () => {},
    connect_timeout: 15,
    idle_timeout: 60,
    connection: { application_name: options.name ?? 'granary' },
  } satisfies postgres.Options<Record<string, never>>;
  const sql = openSql(url, settings);
  const { onQuery } = options;
  const debug = onQuery && ((_connection: number, text: string, parameters: unknown[]) => onQuery(text, parameters));
  const forDrizzle = preparing(openSql(url, { ...settings, ...(debug ? { debug } : {}) }));
  return {
    url,
    db: drizzleOver(forDrizzle),
    sql,
    async close() {
      await Promise.all([sql.end({ timeout: 5 }), forDrizzle.end({ timeout: 5 })]);
    },
  };
}

/**
 * Drizzle sends its queries by `unsafe`, which has each of them parsed, described and planned anew: twice the way to the
 * server and back. With this, a connection keeps the statements that it has seen, as those of tagged templates.
 */
function preparing(client: postgres.Sql): postgres.Sql {
  const { unsafe } = client;
  client.unsafe = (query, parameters, options) => unsafe(query, parameters, { ...options, prepare: true });
  return client;
}

function drizzleOver(client: postgres.Sql) {
  return drizzle(client, { schema });
}

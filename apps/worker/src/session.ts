import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LOCKS } from '@granary/core/base/locks';
import { openSql } from '@granary/db';
import type postgres from 'postgres';
import { moved, Stalled } from './watchdog.ts';

/**
 * A connection of its own for whoever writes to a dataset, or wants it to stay as it is: it holds the dataset's advisory
 * lock, and the temporary tables of a reading. Both end with the connection, whatever ends the process.
 *
 * Staging is committed without waiting for the disk: each wait would flush the files just written. What a crash of
 * PostgreSQL loses of it is done again by the next attempt, or swept (see settle.ts); the commit that makes an import
 * visible does wait.
 */
export interface DatasetSession {
  readonly sql: postgres.Sql;
  /** Whether the lock is still held: a lost connection is reopened without it. */
  isHeld(): Promise<boolean>;
  close(): Promise<void>;
}

const CLOSE_SECONDS = 5;

/**
 * Waits until no other process writes to the dataset. The queue hands out one job of a dataset at a time, but two workers
 * that ask in the same instant get one each: the second says by `onWait` that it waits here.
 */
export async function openSession(
  url: string,
  datasetId: string,
  signal: AbortSignal,
  onWait?: () => void,
): Promise<DatasetSession> {
  const options = {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    socket: withoutDelay,
    connection: {
      application_name: 'granary-dataset',
      synchronous_commit: 'off',
      // What still runs for a connection that is gone would hold the lock.
      client_connection_check_interval: 5_000,
    },
  };
  const sql = openSql(url, options);
  const close = () => sql.end({ timeout: CLOSE_SECONDS });
  // Work that stands still closes nothing, and the next attempt needs the lock.
  const letGo = () => {
    if (signal.reason instanceof Stalled) void close();
  };
  signal.addEventListener('abort', letGo, { once: true });
  const isHeld = async () => {
    const [row] =
      await sql`select 1 from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and classid = ${LOCKS.datasetWriter} and granted`;
    return row !== undefined;
  };
  try {
    for (;;) {
      if (await tryLock(sql, datasetId)) return { sql, isHeld, close };
      // Whoever has the lock is watched.
      moved();
      onWait?.();
      await new Promise((wake) => setTimeout(wake, 500));
      signal.throwIfAborted();
    }
  } catch (error) {
    await close();
    throw error;
  }
}

async function tryLock(sql: postgres.Sql, datasetId: string): Promise<boolean> {
  const [row] = await sql<
    { locked: boolean }[]
  >`select pg_try_advisory_lock(${LOCKS.datasetWriter}, hashtext(${datasetId})) as locked`;
  return row?.locked ?? false;
}

/** Does something while nobody writes to the dataset; null when somebody does. */
export async function whileUnwritten<T>(
  { sql }: { sql: postgres.Sql },
  datasetId: string,
  work: () => Promise<T>,
): Promise<T | null> {
  const connection = await sql.reserve();
  try {
    if (!(await tryLock(connection, datasetId))) return null;
    try {
      return await work();
    } finally {
      await connection`select pg_advisory_unlock(${LOCKS.datasetWriter}, hashtext(${datasetId}))`;
    }
  } finally {
    connection.release();
  }
}

/** COPY sends small packets one after the other: each would wait 40 ms for the answer to the one before (Nagle's algorithm). */
function withoutDelay({ host, port, path }: { host: string[]; port: number[]; path?: string }): Promise<Socket> {
  return new Promise((connected, failed) => {
    const socket = connect(path ? { path } : { host: host[0] ?? 'localhost', port: port[0] ?? 5432, noDelay: true });
    socket.once('error', failed).once('connect', () => {
      socket.off('error', failed);
      connected(socket);
    });
  });
}

/** Rows into a table by COPY; values are numbers, texts, booleans, or JSON as a string. @throws what PostgreSQL says of them */
export async function copyRows(
  sql: postgres.ISql,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number | boolean | null)[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const sink = await sql.unsafe(`copy ${table} (${columns.join(', ')}) from stdin`).writable();
  await pipeline(Readable.from(encoded(rows)), sink);
}

const CHUNK_CHARACTERS = 256 * 1024;

function* encoded(rows: readonly (readonly (string | number | boolean | null)[])[]): Generator<string> {
  let lines = '';
  for (const row of rows) {
    lines += `${row.map(encode).join('\t')}\n`;
    if (lines.length < CHUNK_CHARACTERS) continue;
    yield lines;
    lines = '';
  }
  yield lines;
}

/** The text format of COPY: https://www.postgresql.org/docs/current/sql-copy.html */
function encode(value: string | number | boolean | null): string {
  if (value === null) return '\\N';
  if (typeof value !== 'string') return String(value);
  return /[\\\t\n\r]/.test(value)
    ? value.replace(/[\\\t\n\r]/g, (c) => (c === '\\' ? '\\\\' : c === '\t' ? '\\t' : c === '\n' ? '\\n' : '\\r'))
    : value;
}

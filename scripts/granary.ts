import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { installQueues } from '@granary/core/queue/queue';
import { migrate } from '@granary/db';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@granary/db/embedded';
import { openStore } from '@granary/storage';
import { StartError } from './console.ts';
import { lockDataFolder, makePrivate, prepareDataFolder, secretKey } from './data-folder.ts';
import { KeptRunning } from './kept-running.ts';
import { type Role, startProcess } from './process.ts';
import type { StartSettings } from './settings.ts';

/** A Granary that runs: its processes, and PostgreSQL where it is the embedded one. */
export interface Granary {
  url: string | null;
  /** Ends the processes and starts them again, as their source is now. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Brings up everything that the environment does not name: PostgreSQL, the store, the schema, then the processes. What ends
 * by itself later is started again.
 *
 * @throws StartError or EmbeddedPostgresError with one line when something that is needed is wrong; the signal's reason
 *   when that ends the start. Nothing runs then.
 */
export async function startGranary(
  settings: StartSettings,
  roles: readonly Role[],
  mode: 'production' | 'development',
  signal: AbortSignal,
): Promise<Granary> {
  const { HOST: host, PORT: port } = settings;
  if (roles.includes('web')) await assertFree(host, port);
  const dataDir = resolve(settings.GRANARY_DATA_DIR);
  const { isPrivate } = prepareDataFolder(dataDir);

  /** What is undone at the end, the last first. */
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const databaseUrl = settings.DATABASE_URL ?? (await embeddedPostgres(dataDir, undo, signal)).url;
    await assertUsable(databaseUrl, () => openStore({ ...settings, GRANARY_DATA_DIR: dataDir }).check());
    signal.throwIfAborted();
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      GRANARY_DATA_DIR: dataDir,
      GRANARY_SECRET_KEY: settings.GRANARY_SECRET_KEY ?? secretKey(dataDir),
      HOST: host,
      PORT: String(port),
      NODE_ENV: mode,
    };
    const processes = roles.map(
      (role) => new KeptRunning(`The ${role} process`, (ending) => startProcess(role, env, ending)),
    );
    const stopProcesses = () => Promise.all(processes.map((kept) => kept.stop()));
    undo.push(stopProcesses);
    signal.addEventListener('abort', stopProcesses);
    const started = await Promise.all(processes.map((kept) => kept.start()));
    signal.removeEventListener('abort', stopProcesses);
    signal.throwIfAborted();
    // A web process that was given any free port comes back on the same.
    env.PORT = String(started.find((running) => running.port !== null)?.port ?? port);
    if (!isPrivate) makePrivate(dataDir, signal).catch((error: Error) => console.error(error.message));
    return {
      url: roles.includes('web')
        ? `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${env.PORT}`
        : null,
      async restart() {
        await stopProcesses();
        await Promise.all(processes.map((kept) => kept.start()));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function embeddedPostgres(
  dataDir: string,
  undo: (() => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const lock = lockDataFolder(dataDir);
  undo.push(async () => lock.release());
  const postgres = new KeptRunning('The embedded PostgreSQL', (ending) =>
    startEmbeddedPostgres(join(dataDir, 'postgres'), ending),
  );
  const stop = () => postgres.stop();
  undo.push(stop);
  signal.addEventListener('abort', stop);
  const started = await postgres.start();
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return started;
}

/** Looks at the store, and brings the database up to date. */
async function assertUsable(databaseUrl: string, checkStore: () => Promise<void>): Promise<void> {
  try {
    await checkStore();
    await migrate(databaseUrl);
    await installQueues(databaseUrl);
  } catch (error) {
    throw new StartError(whatFailed(error, databaseUrl), { cause: error });
  }
}

function assertFree(host: string, port: number): Promise<void> {
  return new Promise((free, failed) => {
    const probe = createServer();
    probe.on('error', (error: NodeJS.ErrnoException) =>
      failed(
        new StartError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} on ${host} is taken by another program. Set PORT to a free one, for example: PORT=${port + 1} npm start`
            : `The web server can't listen on ${host}:${port}: ${error.message}. Check HOST and PORT.`,
        ),
      ),
    );
    probe.listen(port, host, () => probe.close(() => free()));
  });
}

function whatFailed(error: unknown, databaseUrl: string): string {
  const { message, code } = error as NodeJS.ErrnoException;
  const isDatabase = ['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'CONNECT_TIMEOUT', '28P01', '28000', '3D000'];
  if (!isDatabase.includes(code ?? '') || (code === 'ENOENT' && !message.startsWith('connect'))) return message;
  const { hostname, port, pathname, searchParams } = new URL(databaseUrl);
  return `PostgreSQL at ${searchParams.get('host') ?? `${hostname}:${port || 5432}`}${pathname} can't be used (${message || code}). Check DATABASE_URL.`;
}

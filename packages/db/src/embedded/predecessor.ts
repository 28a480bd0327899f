import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './error.ts';
import { type FileLock, lockFile } from './lock.ts';
import { SOCKET } from './socket.ts';

/** A predecessor is asked to end, told to after this long, and waited for a little longer. */
const ASKED_MS = 30_000;
const TOLD_MS = 60_000;

/**
 * Waits until no server runs on the cluster: one that a killed Granary left is stopped. The lock is passed on to the new
 * server, and so tells for certain whether one runs; the number in `postmaster.pid` may be another process's by now, and
 * PostgreSQL would refuse to start because of it.
 *
 * @throws EmbeddedPostgresError when a server does not end
 */
export async function takeOver(dir: string, socketFolder: string, signal: AbortSignal | undefined): Promise<FileLock> {
  const began = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const lock = lockFile(join(dir, 'server.lock'));
    const pid = predecessor(dir);
    if (lock && pid === null) {
      for (const path of [
        join(dir, 'postmaster.pid'),
        join(socketFolder, SOCKET),
        join(socketFolder, `${SOCKET}.lock`),
      ])
        rmSync(path, { force: true });
      return lock;
    }
    lock?.release();
    const waited = performance.now() - began;
    if (waited > TOLD_MS) {
      throw new EmbeddedPostgresError(
        `Another PostgreSQL${pid === null ? '' : ` (process ${pid})`} runs on ${dir} and does not end. Stop it first, or set GRANARY_DATA_DIR to another folder.`,
      );
    }
    // PostgreSQL ends open sessions and writes a checkpoint at SIGINT; at SIGQUIT it just ends, and recovers at the next start.
    if (pid !== null) end(pid, waited > ASKED_MS ? 'SIGQUIT' : 'SIGINT');
    await sleep(100);
  }
}

/** The process that `postmaster.pid` names, where it is a server on this very directory. */
function predecessor(dir: string): number | null {
  const file = join(dir, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 && worksIn(pid, dir) ? pid : null;
}

/** A server's working directory is its data directory; where the system does not tell that, its arguments name it. */
function worksIn(pid: number, dir: string): boolean {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(dir);
  }
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dir) &&
      readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')
    );
  } catch {
    return false;
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

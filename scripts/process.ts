import { fork } from 'node:child_process';
import { join } from 'node:path';
import { StartError } from './console.ts';
import type { Running } from './kept-running.ts';
import { bundles, compiled, root } from './paths.ts';

export type Role = 'web' | 'worker';

const SOURCES: Record<Role, string> = { web: 'apps/web/server/main.ts', worker: 'apps/worker/src/main.ts' };

/** The file that a process starts with: its bundle, which `build` has made, or its source. */
export const entryOf = (role: Role, isBuilt: boolean): string =>
  isBuilt ? join(bundles, `${role}.mjs`) : join(root, SOURCES[role]);

/** A process has this long to end; then it is ended. */
const STOP_AFTER_MS = 40_000;

export interface RoleProcess extends Running {
  /** Where the web process listens. */
  readonly port: number | null;
}

/**
 * Starts a process of Granary, and waits until it says that it is ready.
 *
 * @throws StartError when it ends before; the signal's reason when that ends it
 */
export async function startProcess(role: Role, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<RoleProcess> {
  signal.throwIfAborted();
  const child = fork(entryOf(role, env.NODE_ENV === 'production'), {
    env: { NODE_COMPILE_CACHE: compiled, ...env },
    stdio: 'inherit',
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const ended = new Promise<void>((end) => child.once('exit', () => end()).once('error', () => end()));
  const stop = async () => {
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_AFTER_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  };
  const stopEarly = () => void stop();
  signal.addEventListener('abort', stopEarly);
  try {
    const port = await new Promise<number | null>((ready, failed) => {
      child.once('message', (message) =>
        ready(typeof message === 'object' && message !== null && 'port' in message ? Number(message.port) : null),
      );
      void ended.then(() => failed(new StartError(`The ${role} process did not start: see the lines above.`)));
    });
    return { port, ended, stop };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stopEarly);
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { root } from '../../scripts/paths.ts';

/** A start by hand, which a test may end as people do. */
export interface Started {
  child: ChildProcess;
  /** The URL, once it is ready; fails with the output when it ends before. */
  ready: Promise<string>;
  ended: Promise<number | null>;
  output(): string;
}

/** What is run in the checkout: the start script, or what leads to it. */
const COMMANDS = {
  starter: [process.execPath, 'scripts/start.ts'],
  bootstrap: [process.execPath, 'scripts/bootstrap.mjs', 'start'],
  npm: ['npm', 'start'],
  // Each of these is process 1 of its own namespace of processes, as in a container.
  container: [
    ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...[process.execPath, 'scripts/start.ts'],
  ],
  'bootstrap in a container': [
    ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...[process.execPath, 'scripts/bootstrap.mjs', 'start'],
  ],
};

/** Whether this machine lets a test have a namespace of processes. */
export const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

/** @param checkout whose Granary it is; this one's by default */
export function start(
  env: Record<string, string>,
  by: keyof typeof COMMANDS = 'starter',
  checkout: string = root,
): Started {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const [command = '', ...args] = COMMANDS[by];
  const child = spawn(command, args, { cwd: checkout, env: { ...inherited, LOG_LEVEL: 'silent', ...env } });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | null>((end) => child.on('exit', end));
  const ready = new Promise<string>((found, failed) => {
    child.stdout.on('data', () => {
      const url = /Granary is ready: (\S+)/.exec(output)?.[1];
      if (url) found(url);
    });
    void ended.then(() => failed(new Error(output)));
  });
  ready.catch(() => {});
  return { child, ready, ended, output: () => output };
}

/** The processes that work on a data folder: those that have its path in their environment or their arguments. */
export function processesOf(dataDir: string): { pid: number; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        return line !== '' && `${line}\0${environment}`.includes(dataDir) ? [{ pid: Number(name), line }] : [];
      } catch {
        return [];
      }
    });
}

/** A process that has ended but was not waited for (a zombie) does not run. */
export function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+[ZX]/m.test(readFileSync(status, 'utf8'));
}

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's package `libfaketime`. */
const LIBRARY = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
].find((path) => existsSync(path));
const SHARED_MEMORY = '/dev/shm';

/** The clock of all processes of a site, which jumps when it is told to; null where libfaketime is not installed. */
export interface Clock {
  env: Record<string, string>;
  /** Seconds that it is ahead of the true one from now on. */
  jump(seconds: number): void;
  remove(): void;
}

/** @param folder where it keeps what it needs */
export function openClock(folder: string): Clock | null {
  if (!LIBRARY) return null;
  const said = join(folder, 'clock');
  const programs = join(folder, 'programs');
  const jump = (seconds: number) => writeFileSync(said, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  jump(0);
  const env = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: said,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  // The embedded PostgreSQL is given no environment but the path, by which root finds what it is run by.
  mkdirSync(programs);
  const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  writeFileSync(join(programs, 'unshare'), `#!/bin/sh\n${lines.join('\n')}\nexec /usr/bin/unshare "$@"\n`);
  chmodSync(join(programs, 'unshare'), 0o755);
  const before = new Set(left());
  return {
    env: { ...env, PATH: `${programs}:${process.env.PATH}` },
    jump,
    remove() {
      for (const name of left()) if (!before.has(name)) rmSync(join(SHARED_MEMORY, name), { force: true });
    },
  };
}

/** What processes that were killed have left of it. */
const left = (): string[] => readdirSync(SHARED_MEMORY).filter((name) => name.includes('faketime'));

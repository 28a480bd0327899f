import { spawnSync } from 'node:child_process';
import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlakyStore, openFlakyStore } from '../flaky-store.ts';
import { testS3 } from '../granary.ts';
import { processesOf, type Started, start } from '../start.ts';
import { type Clock, openClock } from './clock.ts';

const DISK_MEGABYTES = 4096;

export const ROLES = ['web', 'worker', 'reader', 'postgres'] as const;
export type Role = (typeof ROLES)[number];

/** What a process is, by the words that it was started with. */
const WORDS: Record<Role, RegExp> = {
  web: /apps\/web\/server\/main\.ts/,
  worker: /apps\/worker\/src\/main\.ts/,
  reader: /-program\.ts|decod|engine/,
  postgres: /postgres/,
};

/** A Granary as `npm start` runs it, on a small disk of its own, of which everything can be broken. */
export interface Site {
  url: string;
  run: Started;
  dataDir: string;
  /** Whether the disk can be filled. */
  isDiskSmall: boolean;
  store: FlakyStore | null;
  clock: Clock | null;
  processes(): { pid: number; role: Role; residentBytes: number }[];
  /** The server itself; 0 while there is none. */
  postmaster(): number;
  /** Leaves so many bytes free. */
  fillDisk(leave: number): void;
  emptyDisk(): void;
  stop(): Promise<number | null>;
}

/** @param options.s3 whether content is in the bucket that the tests have, rather than on the disk */
export async function openSite(options: { s3: boolean }): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-chaos-'));
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const isDiskSmall =
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'granary-chaos', dataDir]).status === 0;
  const ballast = join(dataDir, 'ballast');
  const clock = openClock(folder);
  const s3 = options.s3 ? testS3(`granary-chaos-${Date.now()}`) : null;
  const store = s3?.S3_ENDPOINT ? await openFlakyStore(s3.S3_ENDPOINT) : null;
  const run = start({
    ...clock?.env,
    ...s3,
    ...(store ? { S3_ENDPOINT: store.url } : {}),
    GRANARY_DATA_DIR: dataDir,
    GRANARY_SCRATCH_DIR: join(dataDir, 'scratch'),
    LOG_LEVEL: 'warn',
    PORT: '0',
  });
  const output = createWriteStream(join(folder, 'output'));
  run.child.stdout?.pipe(output);
  run.child.stderr?.pipe(output);
  const postmaster = () => {
    try {
      return Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
    } catch {
      return 0;
    }
  };
  const url = await run.ready;
  return {
    ...{ url, run, dataDir, isDiskSmall, store, clock },
    processes() {
      const found = processesOf(dataDir).flatMap(({ pid, line }) => {
        const role = ROLES.find((name) => WORDS[name].test(line));
        return role ? [{ pid, role }] : [];
      });
      // Sessions of PostgreSQL write what they do over what they were started with.
      const sessions = childrenOf(postmaster()).map((pid) => ({ pid, role: 'postgres' as const }));
      return [...found, ...sessions].map((each) => ({ ...each, residentBytes: residentBytes(each.pid) }));
    },
    postmaster,
    fillDisk(leave) {
      const { bavail, bsize } = statfsSync(dataDir);
      const bytes = bavail * bsize - leave;
      if (bytes > 0) spawnSync('fallocate', ['-l', String(bytes), ballast]);
    },
    emptyDisk: () => rmSync(ballast, { force: true }),
    async stop() {
      run.child.kill('SIGTERM');
      const code = await run.ended;
      store?.stop();
      clock?.remove();
      if (isDiskSmall) spawnSync('umount', ['--lazy', dataDir]);
      return code;
    },
  };
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** What belongs to the process alone: memory that PostgreSQL's processes share would count for each of them. */
function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

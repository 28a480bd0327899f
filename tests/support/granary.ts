import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installQueues } from '@granary/core/queue/queue';
import { connect, type Database, migrate } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { cloneTemplate } from '@granary/db/testing';
import { type ObjectStore, openStore, storeSettings } from '@granary/storage';
import { compiled } from '../../scripts/paths.ts';
import { entryOf, type Role } from '../../scripts/process.ts';

/** A Granary whose processes a test may kill and start one by one. */
export interface TestGranary {
  url: string;
  database: Database;
  store: ObjectStore;
  dataDir: string;
  web: TestProcess;
  worker: TestProcess;
  /** Starts one more web process on the same database and store, and answers where it is. */
  anotherWeb(env: Record<string, string>): Promise<string>;
  stop(): Promise<void>;
}

export class TestProcess {
  readonly #entry: string;
  readonly #env: NodeJS.ProcessEnv;
  /** Where what it logs goes; where that of the tests goes, by default. */
  readonly #log: number | 'inherit';
  #child: ChildProcess | null = null;

  /** What `npm test` has built, or the sources as they are when one file of tests is run alone. */
  constructor(role: Role, env: NodeJS.ProcessEnv, logFile?: string) {
    this.#entry = entryOf(role, process.env.GRANARY_TEST_BUILT === '1');
    this.#env = env;
    this.#log = logFile === undefined ? 'inherit' : openSync(logFile, 'a');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resident memory in bytes, with that of the processes it has begun. */
  get rss(): number {
    return [this.pid, ...this.children].reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  /** The processes it has begun. */
  get children(): number[] {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  }

  start(env: NodeJS.ProcessEnv = {}): Promise<number> {
    return new Promise((ready, failed) => {
      const child = fork(this.#entry, {
        env: { ...this.#env, ...env },
        stdio: ['ignore', this.#log, this.#log, 'ipc'],
      });
      this.#child = child;
      child.on('message', (message) =>
        ready(typeof message === 'object' && message !== null && 'port' in message ? Number(message.port) : 0),
      );
      child.on('exit', (code) => failed(new Error(`${this.#entry} ended with ${code} before it was ready`)));
    });
  }

  /** Ends the process as asked and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((gone) => {
      child.removeAllListeners('exit');
      child.on('exit', gone);
      child.kill(signal);
    });
  }
}

/** 0 for one that has just ended. */
function residentBytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The S3 server that tests run against, where the environment names one. */
export function testS3(bucket: string): Record<string, string> | null {
  const endpoint = process.env.GRANARY_TEST_S3_ENDPOINT;
  if (!endpoint) return null;
  return {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_REGION: process.env.GRANARY_TEST_S3_REGION ?? 'us-east-1',
    S3_ACCESS_KEY_ID: process.env.GRANARY_TEST_S3_ACCESS_KEY_ID ?? 'test-access-key',
    S3_SECRET_ACCESS_KEY: process.env.GRANARY_TEST_S3_SECRET_ACCESS_KEY ?? 'test-secret-key',
  };
}

export interface GranaryOptions {
  env?: Record<string, string>;
  /** Whether there is one; there is by default. */
  worker?: boolean;
  /** Where both processes log to. */
  logFile?: string;
}

/** A whole Granary on a database of its own, cloned from the template of `serverUrl`, or on a PostgreSQL of its own. */
export async function startTestGranary(options: GranaryOptions & { serverUrl?: string } = {}): Promise<TestGranary> {
  const dataDir = mkdtempSync(join(tmpdir(), 'granary-test-'));
  const { url: databaseUrl, drop } = options.serverUrl
    ? await cloneTemplate(options.serverUrl)
    : await ownPostgres(dataDir);
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    GRANARY_DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    PORT: '0',
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: compiled,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
    GRANARY_SECRET_KEY: 'ab'.repeat(32),
    ...options.env,
  };
  const store = openStore(storeSettings.parse(env));
  await store.check();
  const web = new TestProcess('web', env, options.logFile);
  const worker = new TestProcess('worker', env, options.logFile);
  const [port] = await Promise.all([web.start(), options.worker === false ? 0 : worker.start()]);
  const database = connect(databaseUrl, { max: 3 });
  const others: TestProcess[] = [];
  return {
    url: `http://127.0.0.1:${port}`,
    database,
    store,
    dataDir,
    web,
    worker,
    async anotherWeb(more) {
      const another = new TestProcess('web', { ...env, ...more }, options.logFile);
      others.push(another);
      return `http://127.0.0.1:${await another.start()}`;
    },
    async stop() {
      await Promise.all([web, worker, ...others].map((process) => process.end()));
      await database.close();
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function ownPostgres(dataDir: string): Promise<{ url: string; drop(): Promise<void> }> {
  const postgres = await startEmbeddedPostgres(join(dataDir, 'postgres'));
  await migrate(postgres.url);
  await installQueues(postgres.url);
  return { url: postgres.url, drop: () => postgres.stop() };
}

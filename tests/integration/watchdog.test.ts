import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Database } from '@granary/db';
import { cloneTemplate } from '@granary/db/testing';
import { PgBoss } from 'pg-boss';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { backgroundJob } from '../../apps/worker/src/queued-job.ts';
import { type Handler, type RunContext, runJob } from '../../apps/worker/src/runner.ts';
import { openSession } from '../../apps/worker/src/session.ts';
import { connectionName, moved, Stalled } from '../../apps/worker/src/watchdog.ts';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const STALL_SECONDS = 3;
const env = { GRANARY_STALL_MINUTES: STALL_SECONDS / 60 };

describe('an attempt', () => {
  let database: Database;
  let url: string;
  let drop: () => Promise<void>;
  let context: RunContext;
  beforeAll(async () => {
    ({ url, drop } = await cloneTemplate(inject('serverUrl')));
    database = connect(url, { name: connectionName(process.pid), max: 3 });
    context = { database, log, shutdown, env, store: { freeBytes: async () => null, check: async () => {} } };
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  const shutdown = new AbortController().signal;
  const log = pino({ level: 'silent' });

  async function attempt(run: Handler<{ activityId: string }>['run'], before = 0) {
    const activityId = crypto.randomUUID();
    await database.sql`insert into activities (id, kind, message) values (${activityId}, 'integrity', '')`;
    const taken: unknown[] = [];
    const takeBack = async (_: unknown, outcome: unknown) => void taken.push(outcome);
    const ended = runJob(
      context,
      'integrity',
      { run, takeBack },
      { activityId },
      {
        before,
        isLast: false,
      },
    );
    const error = await ended.then(() => null).catch((reason) => reason);
    const [job] = await database.sql`select state, error_code, error_message from activities where id = ${activityId}`;
    return { error, job, taken };
  }

  test('that reads a source which has gone silent is tried again, then ended with its stage', async () => {
    const reads: Handler<{ activityId: string }>['run'] = async (_, run) => {
      run.progress(10, 'checking', 'a.zip');
      const silent = new Readable({ read() {} });
      silent.push('the beginning');
      for await (const _ of silent) moved();
    };
    const first = await attempt(reads);
    expect(first).toMatchObject({ error: expect.any(Stalled), job: { state: 'running' }, taken: [] });
    const second = await attempt(reads, 1);
    expect(second).toMatchObject({
      error: null,
      job: { state: 'failed', error_code: 'stalled', error_message: expect.stringContaining('Checking a.zip') },
      taken: [{ state: 'failed', code: 'stalled' }],
    });
  });

  test('lets go of the lock of its dataset', async () => {
    const { error } = await attempt(async (_, run) => {
      await openSession(url, 'held', run.signal);
      await new Promise(() => {});
    });
    expect(error).toBeInstanceOf(Stalled);
    const next = await openSession(url, 'held', AbortSignal.timeout(20_000));
    await next.close();
  });

  test.each([
    ['moves now and then', () => pause(4, moved)],
    ['says how far it is', (say: (percent: number) => void) => pause(4, (i) => say(i * 1.1))],
    ['waits for a statement that works', () => database.sql`select pg_sleep(${2.5 * STALL_SECONDS})`],
  ])('that %s is left alone', async (_, work) => {
    const { error, job } = await attempt((_payload, run) =>
      work((percent) => run.progress(percent, 'checking')).then(() => {}),
    );
    expect(error).toBeNull();
    expect(job).toMatchObject({ state: 'completed' });
  });

  test('that stands still is ended, whatever another worker has PostgreSQL do', async () => {
    const other = connect(url, { name: connectionName(process.pid + 1), max: 1 });
    const working = other.sql`select pg_sleep(60)`.catch(() => {});
    const { error } = await attempt((_, run) => aborted(run.signal));
    expect(error).toBeInstanceOf(Stalled);
    await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)' and pid <> pg_backend_pid()`;
    await working;
    await other.close();
  });

  test('at a job that nobody sees is ended, too, and its queue may try again', async () => {
    const boss = new PgBoss({ connectionString: url, max: 2, migrate: false });
    await boss.start();
    const ended: unknown[] = [];
    const waits = backgroundJob('expire-uploads', (_, signal) => {
      signal.addEventListener('abort', () => ended.push(signal.reason));
      return aborted(signal);
    });
    await waits.work(boss, { ...context, tracer: null });
    const id = await boss.send('expire-uploads', {});
    await until(
      () => database.sql`select state, output ->> 'message' as message from pgboss.job where id = ${id}`,
      ([job]) => job?.state === 'retry' && /Nothing has moved/.test(job.message),
    );
    expect(ended).toEqual([expect.any(Stalled)]);
    await boss.stop({ graceful: false });
  });

  const aborted = (signal: AbortSignal) =>
    new Promise<never>((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));

  async function pause(times: number, then: (i: number) => void): Promise<void> {
    for (let i = 0; i < times; i++) {
      await sleep((STALL_SECONDS * 1000) / 1.5);
      then(i);
    }
  }
});

describe('an import', () => {
  const granary = useGranary({ env: { GRANARY_STALL_MINUTES: String(env.GRANARY_STALL_MINUTES) } });

  test('whose attempt waits for ever is ended, and the next attempt finishes it', async () => {
    const client = await granary.person();
    const id = await client.createDataset();
    const upload = await client.upload(id, 'a.zip', await zipOf(await yoloDataset(4)));
    let jobId = '';
    await granary.database.sql.begin(async (tx) => {
      await tx`lock table import_files`;
      ({ jobId } = await client.startImport(id, [upload]));
      const attempts = () =>
        granary.database.sql<{ attempt: number }[]>`select attempt from activities where id = ${jobId}`;
      await until(attempts, ([row]) => row?.attempt === 2);
    });
    expect(await client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
    expect(await client.dataset(id)).toMatchObject({ status: 'ready', numImages: 4, numAnnotations: 8 });
  });
});

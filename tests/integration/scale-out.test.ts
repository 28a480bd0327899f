import { afterAll, beforeAll, expect, test } from 'vitest';
import { uniqueJpegs, yoloDataset, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { listenAndAsk } from '../support/events.ts';
import { TestProcess } from '../support/granary.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

/** Two web processes and two workers on one database and one store. */
const granary = useGranary();
let secondWeb: TestProcess;
let secondWorker: TestProcess;
let one: Client;
let two: Client;

beforeAll(async () => {
  const env = {
    ...process.env,
    DATABASE_URL: granary.database.url,
    GRANARY_DATA_DIR: granary.dataDir,
    HOST: '127.0.0.1',
    PORT: '0',
    NODE_ENV: 'production',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
  };
  secondWeb = new TestProcess('web', env);
  secondWorker = new TestProcess('worker', env);
  const [port] = await Promise.all([secondWeb.start(), secondWorker.start()]);
  one = await granary.person('owner');
  two = new Client(`http://127.0.0.1:${port}`);
  two.cookie = one.cookie;
});
afterAll(async () => {
  await Promise.all([secondWeb.end(), secondWorker.end()]);
});

test('an upload that begins at one process goes on at the other', async () => {
  const id = await one.createDataset();
  const zip = await zipOf(await uniqueJpegs(60));
  const upload = await one.createUpload(id, 'a.zip', zip.length);
  const step = Math.ceil(zip.length / 6);
  for (let at = 0, turn = 0; at < zip.length; at += step, turn++) {
    const client = turn % 2 === 0 ? one : two;
    expect(await client.offset(upload)).toBe(at);
    expect((await client.patch(upload, at, zip.subarray(at, at + step))).status).toBe(204);
  }
  const { jobId } = await two.startImport(id, [upload]);
  expect((await one.waitForJob(jobId)).state).toBe('completed');
  expect((await two.dataset(id)).numImages).toBe(60);
});

test('two processes do not write to one upload at once', async () => {
  const id = await one.createDataset();
  const bytes = Buffer.alloc(4 * 1024 * 1024, 'x');
  const upload = await one.createUpload(id, 'a.bin', bytes.length, { kind: 'file' });
  const answers = await Promise.all(
    [one.patch(upload, 0, bytes), two.patch(upload, 0, bytes)].map((sent) => sent.catch(() => null)),
  );
  expect(answers.filter((answer) => answer?.status === 204)).toHaveLength(1);
  expect(await two.offset(upload)).toBe(bytes.length);
});

test('who listens at one process hears of what a worker does, whichever has the job', async () => {
  const id = await one.createDataset();
  const upload = await one.upload(id, 'a.zip', await zipOf(await uniqueJpegs(300)));
  const { jobId } = await one.startImport(id, [upload]);
  const streams = await Promise.all([one, two].map((client) => client.raw('GET', `/api/v1/jobs/${jobId}/events`)));
  const texts = await Promise.all(streams.map((stream) => stream.text()));
  for (const text of texts) expect(text.trim().split('\n\n').at(-1)).toMatch(/^event: completed/);
});

test('imports of one dataset wait for each other, of several they are shared out', async () => {
  const ids = [await one.createDataset(), await one.createDataset()];
  const zip = await zipOf(await yoloDataset(40));
  const jobs: string[] = [];
  for (let round = 0; round < 3; round++) {
    for (const [index, id] of ids.entries()) {
      const client = index === 0 ? one : two;
      jobs.push((await client.startImport(id, [await client.upload(id, `${round}.zip`, zip)])).jobId);
    }
  }
  const together = new Set<string>();
  const watch = setInterval(async () => {
    const rows = await granary.database.sql`select string_agg(kind, ' and ' order by kind) as kinds from activities
        where state = 'running' and step is not null and step ->> 'code' <> 'waiting_for_dataset' group by dataset_id having count(*) > 1`;
    for (const { kinds } of rows) together.add(kinds);
  }, 20);
  try {
    for (const job of jobs) {
      const ended = await two.waitForJob(job);
      expect(ended.state, JSON.stringify(ended)).toBe('completed');
    }
  } finally {
    clearInterval(watch);
  }
  expect([...together]).toEqual([]);
  for (const id of ids) expect((await one.dataset(id)).numImages).toBe(40);
});

test('a worker that dies leaves its jobs to the other', async () => {
  const id = await one.createDataset();
  const upload = await one.upload(id, 'a.zip', await zipOf(await uniqueJpegs(200)));
  const { jobId } = await one.startImport(id, [upload]);
  await until(
    async () => (await one.json('GET', `/api/v1/jobs/${jobId}`)).body.state,
    (state) => state !== 'queued',
  );
  await secondWorker.end('SIGKILL');
  expect((await two.waitForJob(jobId)).state).toBe('completed');
  expect((await one.dataset(id)).numImages).toBe(200);
  await secondWorker.start();
});

/** Both processes have taken up a setting. */
async function untilLimit(requestsPerMinute: number): Promise<void> {
  const here = await granary.person();
  const there = new Client(two.base);
  there.cookie = here.cookie;
  for (const client of [here, there]) {
    await until(
      async () => (await client.json('GET', '/api/v1/auth/me')).headers.get('ratelimit-limit'),
      (limit) => limit === String(requestsPerMinute),
      { everyMs: 500 },
    );
  }
}

test('both count the same requests, and the same failed sign-ins', async () => {
  await one.json('PATCH', '/api/v1/admin/settings', { requestsPerMinute: 30 });
  try {
    await untilLimit(30);
    await granary.database.sql`delete from rate_limits`;
    const codes: number[] = [];
    for (let i = 0; i < 40; i++) codes.push((await (i % 2 === 0 ? one : two).json('GET', '/api/v1/datasets')).status);
    expect(codes.filter((status) => status === 200)).toHaveLength(30);
    expect(codes.slice(-5)).toEqual([429, 429, 429, 429, 429]);
  } finally {
    await granary.database.sql`delete from rate_limits`;
    await one.json('PATCH', '/api/v1/admin/settings', { requestsPerMinute: 6000 });
    await untilLimit(6000);
  }
  const login = { email: 'owner@example.org', password: 'guess' };
  const tried: number[] = [];
  for (let i = 0; i < 12; i++) {
    const fresh = new Client(i % 2 === 0 ? one.base : two.base);
    tried.push((await fresh.json('POST', '/api/v1/auth/login', login)).status);
  }
  expect(tried.slice(-2)).toEqual([429, 429]);
});

test('a session that ends at one process has ended at the other', async () => {
  const here = new Client(one.base);
  await here.register('leaver');
  const there = new Client(two.base);
  there.cookie = here.cookie;
  expect((await there.json('GET', '/api/v1/auth/me')).status).toBe(200);
  await here.json('POST', '/api/v1/auth/logout', {});
  expect((await there.json('GET', '/api/v1/auth/me')).status).toBe(401);
});

test('a small round of many listeners: all hear the end, and none meets an error', async () => {
  const result = await listenAndAsk(granary, one, { listeners: 60, perSecond: 20, seconds: 3 });
  expect(result).toMatchObject({ errors: [], ended: 60 });
  expect(result.events).toBeGreaterThan(60);
});

import { announceJob, EventBus } from '@granary/core/base/events';
import { beforeAll, expect, test } from 'vitest';
import { zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

// Without a worker what is queued stays so.
const granary = useGranary({ worker: false });
let admin: Client;
beforeAll(async () => {
  admin = await granary.person('admin');
});

/** What is told of a job until its end, or nothing more within five seconds. */
async function* told(jobId: string): AsyncGenerator<string> {
  const answer = await admin.raw('GET', `/api/v1/jobs/${jobId}/events`);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const silence = setTimeout(() => void reader?.cancel(), 5_000);
  try {
    for (;;) {
      const read = await reader?.read();
      if (!read || read.done) return;
      yield* [...read.value.matchAll(/^event: (\w+)$/gm)].map(([, event = '']) => event);
      silence.refresh();
    }
  } finally {
    clearTimeout(silence);
    await reader?.cancel();
  }
}

test('who watches a job learns that it ended with the account of its owner', async () => {
  const owner = granary.nobody();
  const { id: userId, email } = await owner.register('owner');
  const datasetId = await owner.createDataset('pictures');
  const upload = await owner.upload(datasetId, 'a.zip', await zipOf(new Map([['a.txt', Buffer.from('text')]])));
  const { jobId } = await owner.startImport(datasetId, [upload]);
  const events = told(jobId);
  expect((await events.next()).value).toBe('progress');
  const query = new URLSearchParams({ confirmEmail: email, datasets: 'delete' });
  expect((await admin.json('DELETE', `/api/v1/admin/users/${userId}?${query}`)).status).toBe(200);
  expect((await events.next()).value).toBe('failed');
});

test('a change is read once, however many wait for it', async () => {
  const { sql } = granary.database;
  const bus = new EventBus(sql);
  await bus.start();
  const leaving = new AbortController();
  let reads = 0;
  const read = async () => {
    const [row] = await sql<{ n: number }[]>`select ${++reads}::int as n`;
    return row?.n;
  };
  const seen = Array.from({ length: 20 }, (): unknown[] => []);
  const listeners = seen.map(async (values) => {
    for await (const value of bus.changes('a job', read, leaving.signal)) values.push(value);
  });
  await expect.poll(() => seen.every(({ length }) => length === 1)).toBe(true);
  for (const change of [1, 2, 3]) {
    await announceJob(sql, 'a job');
    await announceJob(sql, 'another job');
    await expect.poll(() => seen.every((values) => values.at(-1) === change)).toBe(true);
  }
  expect(reads).toBe(3);
  expect(seen).toEqual(seen.map(() => [null, 1, 2, 3]));
  leaving.abort();
  await Promise.all(listeners);
});

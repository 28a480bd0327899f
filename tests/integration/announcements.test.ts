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

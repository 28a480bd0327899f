import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ALLOWED_TOKEN } from '../support/hub-data.ts';
import { downloadWithKills } from '../support/hub-kill.ts';
import { type HubWorld, startHubWorld } from '../support/hub-world.ts';
import { wordsOfDatabase } from '../support/secrets.ts';
import { until } from '../support/until.ts';

let world: HubWorld;
let { folder, hub, granary, client, start, download, sha256Of } = {} as HubWorld;
beforeAll(async () => {
  world = await startHubWorld();
  ({ folder, hub, granary, client, start, download, sha256Of } = world);
});
afterAll(() => world.stop());
beforeEach(() => world.calm());

describe('on a flaky line', () => {
  const largeBytes = () =>
    [0, 1, 2].reduce(
      (sum, shard) =>
        sum + readFileSync(join(folder, `datasets/org/large/parquet/default/train/000${shard}.parquet`)).length,
      0,
    );

  test('connections that are cut every 300 kB', async () => {
    hub.faults.cutEveryBytes = 300_000;
    const { job, id } = await download({ repoId: 'org/large', name: 'cut' });
    expect(job.state).toBe('completed');
    const tree = await client.tree(id);
    for (const shard of [0, 1, 2]) {
      expect(tree.get(`data/default/train-0000${shard}.parquet`)).toBe(
        sha256Of(`org/large/parquet/default/train/000${shard}.parquet`),
      );
    }
    const sent = [...hub.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(sent / largeBytes()).toBeLessThan(1.1);
  });

  test('a footer and row groups that are cut are read on', async () => {
    hub.faults.cutEveryBytes = 700;
    const { job, id, dataset } = await download({ repoId: 'org/multi', subset: 'first', split: 'test', maxSamples: 7 });
    expect(job).toMatchObject({ error: null, state: 'completed' });
    expect(dataset).toMatchObject({ numSamples: 7 });
    const { body } = await client.json('GET', `/api/v1/datasets/${id}/samples`);
    expect(body.items.map(({ row }: { row: { id: number } }) => row.id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const [sent] = hub.sent.values();
    expect(sent).toBeGreaterThan(2100);
  });

  test('a worker that is killed: the next one goes on behind the parts that are there', async () => {
    hub.faults.bytesPerSecond = 30e6;
    const { fetched, ...result } = await downloadWithKills(granary, client, hub, folder, [largeBytes() / 2]);
    expect(result).toEqual({ state: 'completed', sameBytes: true, kills: 1 });
    expect(fetched).toBeLessThan(1.2);
  });

  test('pauses, goes on with what it has, and can be cancelled while it rests', async () => {
    hub.faults.bytesPerSecond = 12e6;
    const { body } = await start({ repoId: 'org/large', name: 'paused', again: true });
    const job = () => client.json('GET', `/api/v1/jobs/${body.jobId}`).then((answer) => answer.body);
    await until(job, ({ step }) => step?.bytes?.done > 12e6);
    expect((await job()).step.bytes).toMatchObject({ total: largeBytes(), perSecond: expect.any(Number) });
    expect(await client.dataset(body.id)).toMatchObject({ status: 'downloading' });
    expect(await client.json('POST', `/api/v1/jobs/${body.jobId}/pause`)).toMatchObject({
      status: 202,
      body: { isPaused: true },
    });
    await until(job, ({ step }) => step?.code === 'paused');
    delete hub.faults.bytesPerSecond;
    expect(await job()).toMatchObject({ state: 'queued', isPaused: true });
    expect((await client.json('POST', `/api/v1/jobs/${body.jobId}/pause`)).status).toBe(409);
    expect((await client.json('POST', `/api/v1/jobs/${body.jobId}/resume`)).status).toBe(202);
    expect((await client.waitForJob(body.jobId)).state).toBe('completed');
    expect((await client.dataset(body.id)).numSamples).toBe(450_000);

    hub.faults.bytesPerSecond = 12e6;
    const other = (await start({ repoId: 'org/large', name: 'cancelled', again: true })).body;
    await client.json('POST', `/api/v1/jobs/${other.jobId}/pause`);
    await until(
      async () => (await client.json('GET', `/api/v1/jobs/${other.jobId}`)).body,
      ({ step }) => step?.code === 'paused',
    );
    await client.json('POST', `/api/v1/jobs/${other.jobId}/cancel`);
    expect((await client.waitForJob(other.jobId)).state).toBe('cancelled');
    expect((await granary.store.list(`datasets/${other.id}/`)).objects).toEqual([]);
  });
});

test('no token is in the database, the logs, an answer, an event or a job, also while it is used', async () => {
  hub.faults.bytesPerSecond = 2e6;
  const { body } = await start({ repoId: 'org/private', accessToken: ALLOWED_TOKEN, again: true });
  hub.faults.delayMs = 1500;
  const during = await wordsOfDatabase(granary.database.sql);
  expect(during).toContain('org/private');
  expect(during).not.toContain(ALLOWED_TOKEN);
  const [sealed] = await granary.database.sql`select sealed_token from imports where sealed_token is not null`;
  expect(sealed?.sealed_token).toBeTruthy();
  expect((await client.waitForJob(body.jobId)).state).toBe('completed');
  const after = await wordsOfDatabase(granary.database.sql);
  expect(after).not.toContain(ALLOWED_TOKEN);
  expect(after).not.toContain(sealed?.sealed_token);
  const events = await (await client.raw('GET', `/api/v1/jobs/${body.jobId}/events`)).text();
  expect(events).toContain('completed');
  for (const path of [
    `/datasets/${body.id}`,
    `/datasets/${body.id}/imports`,
    `/datasets/${body.id}/audit-log`,
    `/jobs/${body.jobId}`,
  ]) {
    expect(await (await client.raw('GET', `/api/v1${path}`)).text()).not.toContain(ALLOWED_TOKEN);
  }
  expect(events).not.toContain(ALLOWED_TOKEN);
  const logs = readFileSync(world.logFile, 'utf8');
  expect(logs).toContain('downloaded');
  expect(logs).not.toContain(ALLOWED_TOKEN);
  expect(hub.leakedTokens).toEqual([]);
});

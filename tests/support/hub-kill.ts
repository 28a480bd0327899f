import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StandInHub } from '../../tools/hub/server.ts';
import type { Client } from './client.ts';
import type { TestGranary } from './granary.ts';
import { until } from './until.ts';

/** Downloads `org/large` while the worker is killed as soon as so many bytes were sent; tells what came of it. */
export async function downloadWithKills(
  granary: TestGranary,
  client: Client,
  hub: StandInHub,
  folder: string,
  killsAt: readonly number[],
): Promise<{ state: string; sameBytes: boolean; kills: number; fetched: number }> {
  const source = join(folder, 'datasets/org/large/parquet/default/train');
  const files = readdirSync(source).sort();
  const size = files.reduce((sum, file) => sum + statSync(join(source, file)).size, 0);
  hub.sent.clear();
  const { body } = await client.json('POST', '/api/v1/datasets/download', { repoId: 'org/large', again: true });
  const sent = () => [...hub.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
  let kills = 0;
  for (const at of killsAt) {
    await until(async () => sent() >= at || (await isEnded(granary, body.jobId)), Boolean, {
      seconds: 300,
      everyMs: 5,
    });
    if (await isEnded(granary, body.jobId)) break;
    await granary.worker.end('SIGKILL');
    kills++;
    await granary.worker.start();
  }
  const job = await client.waitForJob(body.jobId, 300);
  const tree = await client.tree(body.id);
  const hashes = await Promise.all(files.map((file) => sha256Of(join(source, file))));
  const sameBytes = hashes.every((hash, i) => tree.get(`data/default/train-0000${i}.parquet`) === hash);
  return { state: job.state, sameBytes: sameBytes && tree.size === files.length, kills, fetched: sent() / size };
}

async function isEnded(granary: TestGranary, jobId: string): Promise<boolean> {
  const [row] = await granary.database.sql`select state from activities where id = ${jobId}`;
  return row?.state !== 'queued' && row?.state !== 'running';
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

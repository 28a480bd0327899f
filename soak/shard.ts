/** Memory of the processes with a shard of 2 GB: downloaded, counted, paged and searched. */
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary, type TestProcess, testS3 } from '../tests/support/granary.ts';

const ROWS = Number(process.argv[3] ?? 15_500_000);
const GOAL_MIB = 600;
const MIB = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'granary-hub-'));
const file = join(folder, 'datasets/org/large/parquet/default/train/0000.parquet');
mkdirSync(dirname(file), { recursive: true });
const duck = await (await DuckDBInstance.create(':memory:')).connect();
await duck.run(`copy (select i as id, md5(i::varchar) || md5((i * 7)::varchar) || sha256((i * 13)::varchar) as text from range(${ROWS}) t(i))
  to '${file}' (format parquet, compression uncompressed)`);
const server = fork(join(root, 'bench/stand-in-hub/server.ts'), [folder]);
const url = await new Promise<string>((ready) => server.once('message', (message) => ready(String(message))));
const granary = await startTestGranary({ env: { HF_ENDPOINT: url, ...(testS3('granary-soak-shard') ?? {}) } });
const peaks = { web: 0, worker: 0 };
const watch = setInterval(() => {
  for (const name of ['web', 'worker'] as const) {
    const running: TestProcess = granary[name];
    peaks[name] = Math.max(peaks[name], Math.round(running.rss / MIB));
  }
}, 50);
try {
  const client = new Client(granary.url);
  await client.register();
  const { body } = await client.json('POST', '/api/v1/datasets/download', { repoId: 'org/large' });
  const job = await client.waitForJob(body.jobId, 1200);
  if (job.state !== 'completed') throw new Error(JSON.stringify(job));
  console.log(`${(statSync(file).size / 1e9).toFixed(2)} GB downloaded: ${JSON.stringify(peaks)} MiB`);
  const { body: jobs } = await client.json('GET', `/api/v1/jobs?datasetId=${body.id}`);
  await client.waitForJob(jobs.items.find(({ kind }: { kind: string }) => kind === 'statistics').id, 1200);
  console.log(`counted: ${JSON.stringify(peaks)} MiB`);
  const ask = async (query: string) => {
    const { status, body: page } = await client.json('GET', `/api/v1/datasets/${body.id}/samples?${query}`);
    if (status !== 200) throw new Error(JSON.stringify(page));
    return page;
  };
  for (let i = 0; i < 20; i++) await ask(`limit=100&offset=${Math.floor((ROWS - 100) * (i / 19))}`);
  console.log(`paged: ${JSON.stringify(peaks)} MiB`);
  for (const term of ['abc123', '0000', 'ffff[0-9]{3}&regex=true']) {
    console.log(`"${term}": ${(await ask(`search=${term}&limit=100`)).total} rows, ${JSON.stringify(peaks)} MiB`);
  }
  const isMet = Math.max(peaks.web, peaks.worker) < GOAL_MIB;
  console.log(`goal under ${GOAL_MIB}: ${isMet ? 'met' : 'MISSED'}`);
  console.log(JSON.stringify({ name: 'shard', webPeakMib: peaks.web, workerPeakMib: peaks.worker }));
  if (!isMet) process.exitCode = 1;
} finally {
  clearInterval(watch);
  await granary.stop();
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}

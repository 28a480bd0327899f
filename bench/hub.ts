/**
 * MB/s of a download from the Hub into the store (files on disk), hashes checked, over curl of the same files from the same
 * local server to the same disk, one after the other, in the same run.
 */
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { makeHubData } from '../tests/support/hub-data.ts';
import { median, report } from './report.ts';

const ROWS = Number(process.argv[3] ?? 6_000_000);
const ROUNDS = 5;

const folder = await makeHubData(ROWS);
const source = join(folder, 'datasets/org/large/parquet/default/train');
const files = readdirSync(source);
const megabytes = files.reduce((sum, file) => sum + statSync(join(source, file)).size, 0) / 1e6;
const server = fork(join(root, 'bench/stand-in-hub/server.ts'), [folder]);
const url = await new Promise<string>((ready) => server.once('message', (message) => ready(String(message))));
const granary = await startTestGranary({ env: { HF_ENDPOINT: url } });
const target = mkdtempSync(join(tmpdir(), 'granary-bench-'));
try {
  const client = new Client(granary.url);
  await client.register();
  // The server reads its files and hashes them once.
  await download(client);
  const rates: { ours: number; curl: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const curl = withCurl();
    const ours = await download(client);
    rates.push({ ours, curl });
    console.log(`round ${round + 1}: Granary ${ours.toFixed(0)} MB/s, curl ${curl.toFixed(0)} MB/s`);
  }
  report({
    name: 'hub',
    ratio: median(rates.map(({ ours, curl }) => ours / curl)),
    compared: `MB/s of ${megabytes.toFixed(0)} MB in ${files.length} shards into the store, checked, over curl to disk`,
    goal: 'goal at least 0.7, higher is better',
    megabytesPerSecond: Math.round(median(rates.map(({ ours }) => ours))),
    curlMegabytesPerSecond: Math.round(median(rates.map(({ curl }) => curl))),
  });
} finally {
  await granary.stop();
  server.kill();
  for (const path of [folder, target]) rmSync(path, { recursive: true, force: true });
}

/** From when the worker begins to when all is in the dataset. */
async function download(client: Client): Promise<number> {
  const { body } = await client.json('POST', '/api/v1/datasets/download', { repoId: 'org/large', again: true });
  const job = await client.waitForJob(body.jobId, 600);
  if (job.state !== 'completed') throw new Error(JSON.stringify(job));
  const seconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;
  const gone = await client.json(
    'DELETE',
    `/api/v1/datasets/${body.id}?confirmName=${encodeURIComponent(body.name)}&createBackup=false`,
  );
  if (gone.status !== 202) throw new Error(JSON.stringify(gone.body));
  const purge = await client.json('POST', `/api/v1/datasets/${body.id}/purge`, { confirmName: body.name });
  await client.waitForJob(purge.body.jobId);
  return megabytes / seconds;
}

function withCurl(): number {
  const start = performance.now();
  for (const [i, file] of files.entries()) {
    const from = `${url}/datasets/org/large/resolve/refs%2Fconvert%2Fparquet/default/train/${file}`;
    const { status } = spawnSync('curl', ['-sSfL', from, '-o', join(target, `${i}.parquet`)], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`curl ended with ${status}`);
  }
  return megabytes / ((performance.now() - start) / 1000);
}

/**
 * An export of a tree as it is (zip, 10,000 files of 40 KB and one of 1 GB, on disk), from the start of its job to its end, over
 * `zip -0` of the same files of the same store in the same run. Beside it: the most memory that the worker had.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { storeFiles } from '../tests/support/stored-files.ts';
import { median, report } from './report.ts';

const SHARE = Number(process.argv[3] ?? 1);
const SMALL = Math.round(10_000 * SHARE);
const LARGE_BYTES = Math.round(1e9 * SHARE);
const ROUNDS = 3;

if (spawnSync('zip', ['-v']).status !== 0) throw new Error('This benchmark compares with "zip": install it first.');

const granary = await startTestGranary();
try {
  const client = new Client(granary.url);
  await client.register();
  const id = await client.createDataset('large');
  const small = Array.from({ length: SMALL }, (_, i) => ({
    path: `images/${String(i).padStart(6, '0')}.jpg`,
    bytes: 40_000,
  }));
  await storeFiles(granary, id, [...small, { path: 'large.bin', bytes: LARGE_BYTES }]);
  const [ours, theirs]: [number[], number[]] = [[], []];
  let [peak, sizeBytes] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const target = join(granary.dataDir, 'compared.zip');
    const start = performance.now();
    execFileSync('zip', ['-0', '-q', '-r', target, '.'], { cwd: join(granary.dataDir, 'objects', 'datasets', id) });
    theirs.push((performance.now() - start) / 1000);
    rmSync(target);
    const watch = setInterval(() => (peak = Math.max(peak, granary.worker.rss)), 50);
    const { body } = await client.json('POST', `/api/v1/datasets/${id}/exports`, { format: 'original' });
    const job = await client.waitForJob(body.jobId, 600);
    clearInterval(watch);
    if (job.state !== 'completed') throw new Error(JSON.stringify(job));
    ours.push((Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000);
    sizeBytes = job.result.sizeBytes;
    await client.json('DELETE', `/api/v1/exports/${body.exportId}`);
    console.log(`round ${round + 1}: export ${ours.at(-1)?.toFixed(2)} s, zip -0 ${theirs.at(-1)?.toFixed(2)} s`);
  }
  report({
    name: 'export',
    ratio: median(theirs) / median(ours),
    compared: 'the time of zip -0 over that of an export of the same files of the same store',
    goal: 'goal at least 0.7, higher is better',
    megabytesPerSecond: Math.round(sizeBytes / 1e6 / median(ours)),
    workerPeakRssMb: Math.round(peak / 1e6),
  });
} finally {
  await granary.stop();
}

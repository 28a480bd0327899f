/**
 * Images per second of an import (a zip of 5,000 JPEGs of 30 to 80 KB into the filesystem store, from the start of the
 * job to its end) over `unzip` and `sha256sum` of the same files in the same run: the floor for work that must read,
 * hash and write each file.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniqueJpegs, zipOf } from '../tests/support/archives.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const COUNT = Number(process.argv[3] ?? 5000);
const ROUNDS = 5;

if (spawnSync('unzip', ['-v']).status !== 0) throw new Error('This benchmark compares with "unzip": install it first.');

const files = await uniqueJpegs(COUNT);
const sizes = [...files.values()].map((bytes) => bytes.length);
console.log(
  `${COUNT} JPEGs of ${Math.min(...sizes)} to ${Math.max(...sizes)} bytes, ${sizes.reduce((a, b) => a + b, 0) / 1e6} MB`,
);
const zip = await zipOf(files);
const folder = mkdtempSync(join(tmpdir(), 'granary-bench-'));
const archive = join(folder, 'images.zip');
writeFileSync(archive, zip);

const granary = await startTestGranary();
try {
  const client = new Client(granary.url);
  await client.register();
  const ours: number[] = [];
  const floor: number[] = [];
  let peakRss = 0;
  for (let round = 0; round < ROUNDS; round++) {
    floor.push(COUNT / measureFloor());
    const dataset = await client.createDataset();
    const upload = await client.upload(dataset, 'images.zip', zip);
    const watch = setInterval(() => {
      peakRss = Math.max(peakRss, granary.worker.rss);
    }, 50);
    const { jobId } = await client.startImport(dataset, [upload]);
    const job = await client.waitForJob(jobId, 600);
    clearInterval(watch);
    if (job.state !== 'completed') throw new Error(JSON.stringify(job));
    const seconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;
    ours.push(COUNT / seconds);
    console.log(
      `round ${round + 1}: import ${ours.at(-1)?.toFixed(0)} images/s, unzip + sha256sum ${floor.at(-1)?.toFixed(0)} images/s`,
    );
  }
  report({
    name: 'import',
    ratio: median(ours.map((rate, i) => rate / (floor[i] ?? Number.NaN))),
    compared: 'images per second of an import over unzip + sha256sum of the same files',
    goal: 'goal at least 0.5, higher is better',
    imagesPerSecond: Math.round(median(ours)),
    floorImagesPerSecond: Math.round(median(floor)),
    workerPeakRssMb: Math.round(peakRss / 1e6),
  });
} finally {
  await granary.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Seconds for unpacking and hashing. */
function measureFloor(): number {
  const target = join(folder, 'unpacked');
  const start = performance.now();
  execFileSync('unzip', ['-q', archive, '-d', target]);
  execFileSync('sh', ['-c', 'find . -type f -print0 | xargs -0 sha256sum > ../sums'], { cwd: target });
  const seconds = (performance.now() - start) / 1000;
  rmSync(target, { recursive: true, force: true });
  return seconds;
}

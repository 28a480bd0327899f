/**
 * MB/s of a tus upload through our web process over a bare @tus/server with the same store (files on the same disk), in
 * the same run: what sign-in, permission, locks and records cost.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const SIZE_BYTES = Number(process.argv[3] ?? 512) * 1024 * 1024;
const CHUNK_BYTES = 32 * 1024 * 1024;
const ROUNDS = 7;

const body = Buffer.alloc(CHUNK_BYTES, 'granary ');
const folder = mkdtempSync(join(tmpdir(), 'granary-bench-'));
const bare = await startBare();
const granary = await startTestGranary({ worker: false });
try {
  const ours = new Client(granary.url);
  await ours.register();
  const dataset = await ours.createDataset();
  const theirs = new Client(bare.url);
  const rates: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const theirRate = await measure(theirs, 'x');
    const ourRate = await measure(ours, dataset);
    rates.push({ ours: ourRate, theirs: theirRate });
    console.log(
      `round ${round + 1}: Granary ${ourRate.toFixed(0)} MB/s, bare @tus/server ${theirRate.toFixed(0)} MB/s`,
    );
  }
  report({
    name: 'upload',
    ratio: median(rates.map((rate) => rate.ours / rate.theirs)),
    compared: 'MB/s of a tus upload through the web process over a bare @tus/server with the same store',
    goal: 'goal at least 0.9, higher is better',
    megabytesPerSecond: Math.round(median(rates.map((rate) => rate.ours))),
    bareMegabytesPerSecond: Math.round(median(rates.map((rate) => rate.theirs))),
  });
} finally {
  await granary.stop();
  bare.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(client: Client, datasetId: string): Promise<number> {
  const start = performance.now();
  const id = await client.createUpload(datasetId, 'big.bin', SIZE_BYTES, { kind: 'file' });
  for (let offset = 0; offset < SIZE_BYTES; offset += CHUNK_BYTES) {
    const answer = await client.patch(id, offset, body.subarray(0, Math.min(CHUNK_BYTES, SIZE_BYTES - offset)));
    if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
  }
  const seconds = (performance.now() - start) / 1000;
  await client.raw('DELETE', `/uploads/${id}`, undefined, { 'tus-resumable': '1.0.0' });
  return SIZE_BYTES / 1e6 / seconds;
}

/** The baseline in a process of its own, as our web process is. */
function startBare(): Promise<{ url: string; stop(): void }> {
  return new Promise((ready) => {
    const child = fork(join(root, 'bench', 'bare-tus', 'server.ts'), [folder]);
    child.on('message', (port) => ready({ url: `http://127.0.0.1:${port}`, stop: () => void child.kill() }));
  });
}

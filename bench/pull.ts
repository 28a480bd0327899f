/**
 * `granary pull` of 10,000 files of 40 KB, and of 4 of 1 GB, from the web process to disk with an empty cache, over `curl --parallel`
 * of the same URLs in the same run. Beside it: a pull of what has not changed, over `stat` of the files and one manifest.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { type Sized, storeFiles } from '../tests/support/stored-files.ts';
import { median, report } from './report.ts';

const SHARE = Number(process.argv[3] ?? 1);
const ROUNDS = 3;
const JOBS = 16;
const cli = join(root, 'packages/cli/dist/granary.mjs');

if (spawnSync('curl', ['--version']).status !== 0)
  throw new Error('This benchmark compares with "curl": install it first.');

const granary = await startTestGranary({ worker: false, env: { GRANARY_REQUESTS_PER_MINUTE: '0' } });
try {
  const client = new Client(granary.url);
  await client.register();
  const { body: key } = await client.json('POST', '/api/v1/api-keys', { name: 'bench', scopes: ['read'] });
  const small = Array.from({ length: Math.round(10_000 * SHARE) }, (_, i) => ({
    path: `images/${String(i).padStart(6, '0')}.jpg`,
    bytes: 40_000,
  }));
  const large = Array.from({ length: 4 }, (_, i) => ({ path: `large/${i}.bin`, bytes: Math.round(1e9 * SHARE) }));
  for (const [name, files] of [
    ['small', small],
    ['large', large],
  ] as const)
    await measure(client, key.secret, name, files);
} finally {
  await granary.stop();
}

async function measure(client: Client, secret: string, name: string, files: readonly Sized[]): Promise<void> {
  const id = await client.createDataset(name);
  await storeFiles(granary, id, files);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const dir = join(granary.dataDir, `pulled-${name}`);
  const cache = join(granary.dataDir, `cache-${name}`);
  const env = { ...process.env, GRANARY_URL: granary.url, GRANARY_API_KEY: secret, GRANARY_CACHE_DIR: cache };
  const pull = () =>
    execFileSync(process.execPath, [cli, 'pull', id, dir, '--json', '--jobs', String(JOBS)], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await byCurl(id, secret, name));
    for (const folder of [dir, cache]) rmSync(folder, { recursive: true, force: true });
    ours.push(seconds(pull));
    console.log(`${name}, round ${round + 1}: pull ${ours.at(-1)?.toFixed(2)} s, curl ${theirs.at(-1)?.toFixed(2)} s`);
  }
  const unchanged: number[] = [];
  const least: number[] = [];
  const starting: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    unchanged.push(seconds(pull));
    starting.push(seconds(() => execFileSync(process.execPath, [cli, '--help'])));
    const start = performance.now();
    const answer = await fetch(`${granary.url}/api/v1/datasets/${id}/manifest?format=sha256sum`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    await answer.text();
    for (const { path } of files) statSync(join(dir, path));
    least.push((performance.now() - start) / 1000);
  }
  report({
    name: `pull ${name}`,
    ratio: median(theirs) / median(ours),
    compared: 'the time of curl --parallel of the same URLs over that of a pull with an empty cache',
    goal: 'goal at least 0.8, higher is better',
    files: files.length,
    megabytesPerSecond: Math.round(bytes / 1e6 / median(ours)),
    unchangedOverStatAndManifest: Number(((median(unchanged) - median(starting)) / median(least)).toFixed(2)),
    unchangedSeconds: Number(median(unchanged).toFixed(2)),
    ofWhichStartingSeconds: Number(median(starting).toFixed(2)),
  });
}

/** Seconds for all URLs of a manifest, as curl fetches them. */
async function byCurl(id: string, secret: string, name: string): Promise<number> {
  const folder = join(granary.dataDir, `curl-${name}`);
  mkdirSync(folder);
  const authorization = { authorization: `Bearer ${secret}` };
  const answer = await fetch(`${granary.url}/api/v1/datasets/${id}/manifest`, { headers: authorization });
  const lines = (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const config = join(granary.dataDir, `curl-${name}.txt`);
  writeFileSync(
    config,
    lines
      .map(({ url, path }) => `url = "${url}"\noutput = "${folder}/${createHash('md5').update(path).digest('hex')}"\n`)
      .join(''),
  );
  const taken = seconds(() =>
    execFileSync('curl', [
      '--parallel',
      '--parallel-max',
      String(JOBS),
      '-s',
      '-f',
      '-H',
      `Authorization: Bearer ${secret}`,
      '-K',
      config,
    ]),
  );
  rmSync(folder, { recursive: true, force: true });
  return taken;
}

function seconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

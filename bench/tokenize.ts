/**
 * Tokens per second of a tokenization, from the rows in the store to token shards in the store, on one core and on two,
 * over the library called text by text in a loop, in the same run, with the same tokenizer.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Tokenizer } from 'tokenizers';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { trainedTokenizer, words } from '../tests/support/tokenizer.ts';
import { median, report } from './report.ts';

const ROWS = Number(process.argv[3] ?? 60_000);
const ROUNDS = 3;

const folder = mkdtempSync(join(tmpdir(), 'granary-bench-'));
const texts = words(ROWS);
const file = join(folder, 'train.parquet');
const lines = join(folder, 'train.jsonl');
writeFileSync(lines, texts.map((text) => JSON.stringify({ text })).join('\n'));
const duck = await (await DuckDBInstance.create(':memory:')).connect();
await duck.run(`copy (select * from read_json('${lines}')) to '${file}' (format parquet)`);
const json = JSON.stringify(trainedTokenizer(texts.slice(0, 2000)));
const granary = await startTestGranary();
const oneCore = await startTestGranary({
  env: { GRANARY_TOKENIZER_THREADS: '1' },
});
// Reading and writing share the core, too.
const pinned = spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(oneCore.worker.pid)]);
if (pinned.status !== 0) console.log('No taskset here: "one core" is one thread for tokens, and more for the rest');
try {
  const library = Tokenizer.fromString(json);
  const rates: { one: number; two: number; plain: number }[] = [];
  const worlds = await Promise.all([oneCore, granary].map(prepare));
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let tokens = 0;
    for (const text of texts) tokens += (await library.encode(text)).getIds().length;
    const plain = tokens / ((performance.now() - start) / 1000);
    const [one = 0, two = 0] = [await worlds[0]?.(), await worlds[1]?.()];
    rates.push({ one, two, plain });
    const told = [one, two, plain].map((rate) => `${(rate / 1e6).toFixed(2)} M`);
    console.log(`round ${round + 1}: one core ${told[0]} tokens/s, two ${told[1]}; the library in a loop ${told[2]}`);
  }
  report({
    name: 'tokenize',
    ratio: median(rates.map(({ one, plain }) => one / plain)),
    compared: 'tokens per second of one core, with reading and writing, over the library in a loop',
    goal: 'goal at least 0.9, higher is better',
    scaling: median(rates.map(({ one, two }) => two / one)),
    tokensPerSecond: Math.round(median(rates.map(({ two }) => two))),
  });
} finally {
  await Promise.all([granary.stop(), oneCore.stop()]);
  rmSync(folder, { recursive: true, force: true });
}

/** A Granary with the texts in it; each call tokenizes them, and answers tokens per second. */
async function prepare(world: Awaited<ReturnType<typeof startTestGranary>>): Promise<() => Promise<number>> {
  const client = new Client(world.url);
  await client.register();
  const id = await client.createDataset();
  const upload = await client.upload(id, 'train.parquet', readFileSync(file), { kind: 'file' });
  const { jobId } = await client.startImport(id, [upload]);
  await client.waitForJob(jobId);
  return async () => {
    const { body } = await client.json('POST', `/api/v1/datasets/${id}/tokenizations`, {
      tokenizer: 'bench',
      tokenizerJson: json,
      maxLength: 8192,
    });
    const job = await client.waitForJob(body.jobId, 600);
    if (job.state !== 'completed') throw new Error(JSON.stringify(job));
    const { body: list } = await client.json('GET', `/api/v1/datasets/${id}/tokenizations`);
    const tokens = list.items[0].statistics.numTokens;
    return tokens / ((Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000);
  };
}

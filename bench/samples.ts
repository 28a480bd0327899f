/**
 * Five million rows: a page at the start, in the middle and at the end over HTTP; a search through all rows, cold and warm,
 * over DuckDB's own scan of the same file; the statistics over DuckDB's SUMMARIZE. All in the same run, on the same disk.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const ROWS = Number(process.argv[3] ?? 5_000_000);
const ROUNDS = 5;

const folder = mkdtempSync(join(tmpdir(), 'granary-bench-'));
const file = join(folder, 'train.parquet');
const duck = await (await DuckDBInstance.create(':memory:')).connect();
await duck.run(`copy (select i as id, 'row ' || i || ' ' || md5(i::varchar) || ' ' || repeat(md5((i * 7)::varchar) || ' ', 3) as text,
  i % 10 as label, random() as score from range(${ROWS}) t(i)) to '${file}' (format parquet, compression zstd, row_group_size 51200)`);
const granary = await startTestGranary();
try {
  const client = new Client(granary.url);
  await client.register();
  const id = await client.createDataset();
  const upload = await client.upload(id, 'train.parquet', readFileSync(file), { kind: 'file' });
  const { jobId } = await client.startImport(id, [upload]);
  await client.waitForJob(jobId, 600);
  const { body: jobs } = await client.json('GET', `/api/v1/jobs?datasetId=${id}`);
  const counting = await client.waitForJob(
    jobs.items.find(({ kind }: { kind: string }) => kind === 'statistics').id,
    600,
  );
  const countSeconds = (Date.parse(counting.finishedAt) - Date.parse(counting.startedAt)) / 1000;

  const ask = async (query: string) => {
    const start = performance.now();
    const { status, body } = await client.json('GET', `/api/v1/datasets/${id}/samples?${query}`);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return { ms: performance.now() - start, body };
  };
  const scan = async (sql: string) => {
    const start = performance.now();
    await duck.runAndReadAll(sql);
    return performance.now() - start;
  };
  await ask('limit=50');
  const pages = { start: [] as number[], middle: [] as number[], end: [] as number[] };
  for (let round = 0; round < 15; round++) {
    pages.start.push((await ask(`limit=50&offset=${round}`)).ms);
    pages.middle.push((await ask(`limit=50&offset=${ROWS / 2 + round}`)).ms);
    pages.end.push((await ask(`limit=50&offset=${ROWS - 100 + round}`)).ms);
  }
  const pageMs = Object.fromEntries(Object.entries(pages).map(([at, times]) => [at, Math.round(median(times))]));
  const endOverStart = median(pages.end) / median(pages.start);

  const searches: { ours: number; again: number; theirs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const term = `ab${round}c1`;
    const theirs = await scan(
      `select count(*) from read_parquet('${file}') where regexp_matches(text, '${term}', 'i')`,
    );
    const first = await ask(`search=${term}&limit=50`);
    const again = await ask(`search=${term}&limit=50&offset=50`);
    searches.push({ ours: first.ms, again: again.ms, theirs });
    console.log(
      `"${term}": ${first.body.total} rows in ${first.ms.toFixed(0)} ms, its next page ${again.ms.toFixed(0)} ms; DuckDB's count ${theirs.toFixed(0)} ms`,
    );
  }
  const cold = (searches[0]?.ours ?? 0) / (searches[0]?.theirs ?? 1);
  const warm = median(searches.slice(1).map(({ ours, theirs }) => ours / theirs));
  const summarize: number[] = [];
  for (let round = 0; round < 3; round++) summarize.push(await scan(`summarize select * from read_parquet('${file}')`));
  const statistics = (countSeconds * 1000) / median(summarize);
  console.log(`pages: ${JSON.stringify(pageMs)} ms, end over start ${endOverStart.toFixed(2)} (goal at most 1.5)`);
  console.log(`statistics with histograms: ${countSeconds.toFixed(1)} s, ${statistics.toFixed(2)} of SUMMARIZE`);
  report({
    name: 'samples',
    ratio: warm,
    compared: `a search of ${ROWS} rows with its first 50 of them over DuckDB's count of the same matches`,
    goal: 'goal at most 1.3, lower is better',
    cold,
    endOverStart,
    pageMs,
    statistics,
    nextPageMs: Math.round(median(searches.map(({ again }) => again))),
  });
} finally {
  await granary.stop();
  rmSync(folder, { recursive: true, force: true });
}

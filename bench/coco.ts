/**
 * A COCO file of some 450 MB (118,000 images, 860,000 annotations with polygons).
 *
 * Ratio: megabytes per second of our reader over those of plain `JSON.parse` of a 100 MB file of the same shape, each in
 * a process of its own. Beside it: the reader's peak memory, the same with all checks, and the time of an import of the
 * file's rows into PostgreSQL over a bare COPY of the same rows into the same table with its indexes.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { DIMENSIONS, imageName, writeCocoFile } from './coco-file.ts';
import { median, report } from './report.ts';

const SHARE = Number(process.argv[3] ?? 1);
const IMAGES = Math.round(118_000 * SHARE);
const ANNOTATIONS = Math.round(860_000 * SHARE);
const ROUNDS = 3;
const UPLOAD_PIECE = 64 * 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'granary-bench-'));
try {
  const [large, small] = [join(folder, 'instances_train.json'), join(folder, 'small.json')];
  const bytes = await writeCocoFile(large, { images: IMAGES, annotations: ANNOTATIONS });
  const smallBytes = await writeCocoFile(small, {
    images: Math.round(IMAGES / 4.5),
    annotations: ANNOTATIONS,
    maxBytes: Math.min(100e6, bytes / 4.5),
  });
  console.log(
    `${(bytes / 1e6).toFixed(0)} MB, ${IMAGES} images, ${ANNOTATIONS} annotations; JSON.parse of ${(smallBytes / 1e6).toFixed(0)} MB`,
  );

  const parse: number[] = [];
  const read: number[] = [];
  const checked: number[] = [];
  let peakRssMb = 0;
  for (let round = 0; round < ROUNDS; round++) {
    parse.push(smallBytes / 1e6 / timeOfParse(small));
    const reading = readInProcess(large, 'read');
    const analysing = readInProcess(large, 'analyse');
    read.push(bytes / 1e6 / reading.seconds);
    checked.push(bytes / 1e6 / analysing.seconds);
    peakRssMb = Math.max(peakRssMb, reading.peakRssMb, analysing.peakRssMb);
    console.log(
      `round ${round + 1}: JSON.parse ${parse.at(-1)?.toFixed(0)} MB/s, reader ${read.at(-1)?.toFixed(0)} MB/s, with checks ${checked.at(-1)?.toFixed(0)} MB/s, peak ${peakRssMb} MB`,
    );
  }
  const { importSeconds, copySeconds, rows, workerPeakMb } = await importAndCopy(large, bytes);
  report({
    name: 'coco',
    ratio: median(read.map((rate, i) => rate / (parse[i] ?? Number.NaN))),
    compared: 'MB/s of the COCO reader over MB/s of JSON.parse of a smaller file of the same shape',
    goal: 'goal at least 0.8, higher is better',
    withChecks: Number(median(checked.map((rate, i) => rate / (parse[i] ?? Number.NaN))).toFixed(3)),
    peakRssMb,
    peakRssGoalMb: 400,
    importOverCopy: Number((importSeconds / copySeconds).toFixed(3)),
    importOverCopyGoal: 2.5,
    importSeconds: Number(importSeconds.toFixed(1)),
    copySeconds: Number(copySeconds.toFixed(1)),
    rows,
    workerPeakMb,
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Seconds for reading the text into a value; the file is read before the clock starts. */
function timeOfParse(path: string): number {
  const program = `const text = require('node:fs').readFileSync(${JSON.stringify(path)}, 'utf8');
    const start = performance.now(); const value = JSON.parse(text);
    console.log((performance.now() - start) / 1000, Object.keys(value).length)`;
  return Number(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).split(' ')[0]);
}

function readInProcess(
  path: string,
  mode: 'read' | 'analyse',
): { seconds: number; annotations: number; peakRssMb: number } {
  const program = new URL('./coco-reader.ts', import.meta.url).pathname;
  const answer = JSON.parse(
    execFileSync(process.execPath, [program, path, String(IMAGES), mode], { encoding: 'utf8' }),
  );
  if (answer.annotations !== ANNOTATIONS) throw new Error(`${answer.annotations} annotations were read`);
  return answer;
}

/**
 * Imports the file into a dataset that has its images already (rows only: their content is not looked at), then puts the
 * very rows that came of it into the emptied table by COPY.
 */
async function importAndCopy(path: string, bytes: number) {
  const granary = await startTestGranary();
  try {
    const { sql } = granary.database;
    const client = new Client(granary.url);
    await client.register();
    const id = await client.createDataset();
    for (let at = 0; at < IMAGES; at += 10_000) {
      const names = Array.from({ length: Math.min(10_000, IMAGES - at) }, (_, i) => `images/${imageName(at + i)}`);
      await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, storage_key, added_in)
        select ${id}, path, 1, md5(path), 'image/jpeg', 'image', ${DIMENSIONS.width}, ${DIMENSIONS.height}, 'none/' || path, 1
        from unnest(${names}::text[]) path`;
    }
    await sql`analyze dataset_files`;
    const upload = await client.createUpload(id, 'instances_train.json', bytes, {
      kind: 'annotations',
      relativePath: 'annotations/instances_train.json',
    });
    let offset = 0;
    for await (const piece of createReadStream(path, { highWaterMark: UPLOAD_PIECE })) {
      const answer = await client.patch(upload, offset, piece);
      if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
      offset += piece.length;
    }
    let workerPeak = 0;
    const watch = setInterval(() => {
      workerPeak = Math.max(workerPeak, granary.worker.rss);
    }, 50);
    const { jobId } = await client.startImport(id, [upload]);
    const job = await client.waitForJob(jobId, 900);
    clearInterval(watch);
    if (job.state !== 'completed') throw new Error(JSON.stringify(job));
    const importSeconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;
    const [{ rows } = { rows: 0 }] = await sql<{ rows: number }[]>`select count(*)::float8 as rows from annotations`;
    if (rows !== ANNOTATIONS) throw new Error(`${rows} rows were imported`);
    const dump = join(folder, 'rows');
    await pipeline(await sql`copy annotations to stdout`.readable(), createWriteStream(dump));
    await sql`truncate annotations`;
    await sql`checkpoint`;
    const start = performance.now();
    await pipeline(
      createReadStream(dump, { highWaterMark: 256 * 1024 }),
      await sql`copy annotations from stdin`.writable(),
    );
    const copySeconds = (performance.now() - start) / 1000;
    return { importSeconds, copySeconds, rows, workerPeakMb: Math.round(workerPeak / 1e6) };
  } finally {
    await granary.stop();
  }
}

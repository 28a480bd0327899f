/**
 * Files per second of a folder of small files, packed by the page's own code into tars that are put together while they
 * are sent, over that of one tus upload for each file: same server, same number of requests at once, same client.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import pLimit from 'p-limit';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const FILES = Number(process.argv[3] ?? 10_000);
/** One by one is slow: its rate is measured on fewer. */
const FILES_ONE_BY_ONE = Math.min(FILES, 1500);
const FILE_BYTES = 40 * 1024;
const PARALLEL = 3;
const CHUNK_BYTES = 32 * 1024 * 1024;
const ROUNDS = 3;

interface Plan {
  filename: string;
}

interface Packing {
  planUploads(files: readonly { path: string; sizeBytes: number; file: File }[]): Plan[];
  pack(plan: Plan): Promise<{ body: Blob }>;
}

const granary = await startTestGranary({ worker: false });
try {
  const client = new Client(granary.url);
  await client.register();
  const dataset = await client.createDataset();
  const { planUploads, pack } = await pagesPacking();
  const files = Array.from({ length: FILES }, (_, i) => {
    const bytes = Buffer.alloc(FILE_BYTES, `file ${i} `);
    return { path: `folder/${i}.jpg`, sizeBytes: FILE_BYTES, file: new File([bytes], `${i}.jpg`) };
  });
  const rounds: { packed: number; single: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const single = await rateOf(FILES_ONE_BY_ONE, () =>
      atOnce(files.slice(0, FILES_ONE_BY_ONE), ({ path, file }) => send(client, dataset, path, 'file', file)),
    );
    const packed = await rateOf(FILES, async () =>
      atOnce(planUploads(files), async (plan) =>
        send(client, dataset, plan.filename, 'archive', (await pack(plan)).body),
      ),
    );
    rounds.push({ packed, single });
    console.log(`round ${round + 1}: packed ${packed.toFixed(0)} files/s, one by one ${single.toFixed(0)} files/s`);
  }
  report({
    name: 'folder-upload',
    ratio: median(rounds.map(({ packed, single }) => packed / single)),
    compared: `files per second of ${FILES} files of 40 KiB, packed, over one tus upload for each`,
    goal: 'goal at least 15, higher is better',
    packedFilesPerSecond: Math.round(median(rounds.map(({ packed }) => packed))),
    singleFilesPerSecond: Math.round(median(rounds.map(({ single }) => single))),
  });
} finally {
  await granary.stop();
}

/** The code that runs in the page's worker: its imports are those of a bundler. */
async function pagesPacking(): Promise<Packing> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages/client/src/plan.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`);
}

async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const limit = pLimit(PARALLEL);
  await Promise.all(items.map((item) => limit(() => work(item))));
}

async function rateOf(count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return count / ((performance.now() - start) / 1000);
}

async function send(client: Client, dataset: string, name: string, kind: string, body: Blob): Promise<void> {
  const id = await client.createUpload(dataset, name, body.size, { kind });
  for (let offset = 0; offset < body.size; offset += CHUNK_BYTES) {
    const answer = await client.patch(id, offset, body.slice(offset, offset + CHUNK_BYTES));
    if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
  }
}

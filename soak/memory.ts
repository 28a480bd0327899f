/** Memory of the processes under large work: an upload of 1 GiB, and an import of a zip of 20,000 small images. */
import { uniqueJpegs, yoloDataset, zipOf } from '../tests/support/archives.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary, type TestProcess } from '../tests/support/granary.ts';

const UPLOAD_BYTES = 1024 ** 3;
const CHUNK = Buffer.alloc(32 * 1024 * 1024, 'granary ');
const IMAGES = 20_000;
const MIB = 1024 * 1024;

const granary = await startTestGranary();
try {
  const client = new Client(granary.url);
  await client.register();
  // A first small round, so that what is loaded once does not count as growth.
  const warm = await client.createDataset();
  await client.importArchive(warm, 'warm.zip', await zipOf(await uniqueJpegs(20)));

  const web = await peakDuring(granary.web, async () => {
    const dataset = await client.createDataset();
    const upload = await client.createUpload(dataset, 'big.bin', UPLOAD_BYTES, { kind: 'file' });
    for (let offset = 0; offset < UPLOAD_BYTES; offset += CHUNK.length) await client.patch(upload, offset, CHUNK);
  });
  const archive = await zipOf(await yoloDataset(IMAGES));
  const worker = await peakDuring(granary.worker, async () => {
    const { job } = await client.importArchive(await client.createDataset(), 'images.zip', archive);
    if (job.state !== 'completed') throw new Error(JSON.stringify(job));
  });
  const verdict = (isMet: boolean) => (isMet ? 'met' : 'MISSED');
  console.log(
    `upload of 1 GiB: web grows by ${web.growth} MiB to ${web.peak} MiB (goal under 150: ${verdict(web.growth < 150)})`,
  );
  console.log(
    `import of ${IMAGES} images: worker peaks at ${worker.peak} MiB (goal under 500: ${verdict(worker.peak < 500)})`,
  );
  console.log(JSON.stringify({ name: 'memory', webGrowthMib: web.growth, workerPeakMib: worker.peak }));
  if (web.growth >= 150 || worker.peak >= 500) process.exitCode = 1;
} finally {
  await granary.stop();
}

async function peakDuring(process: TestProcess, work: () => Promise<void>): Promise<{ growth: number; peak: number }> {
  const before = process.rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.rss);
  }, 50);
  await work().finally(() => clearInterval(watch));
  return { growth: Math.round((peak - before) / MIB), peak: Math.round(peak / MIB) };
}

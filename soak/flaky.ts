/** 500 MB over a link that breaks every 2 to 5 seconds and refuses 1 of 20 connections, as slow as a hotel's. */
import { createHash, randomBytes } from 'node:crypto';
import { Client } from '../tests/support/client.ts';
import { openFlakyLink } from '../tests/support/flaky-link.ts';
import { sendOverFlakyLink } from '../tests/support/flaky-upload.ts';
import { startTestGranary } from '../tests/support/granary.ts';

const PIECE = randomBytes(4 * 1000 * 1000);
const PIECES = 125;
const BYTES_PER_SECOND = 16e6;

const granary = await startTestGranary();
const link = await openFlakyLink(granary.url, {
  cutEverySeconds: [2, 5],
  dropShare: 0.05,
  bytesPerSecond: BYTES_PER_SECOND,
});
try {
  const client = new Client(granary.url);
  await client.register();
  const id = await client.createDataset();
  const hash = createHash('sha256');
  for (let i = 0; i < PIECES; i++) hash.update(PIECE);
  const sizeBytes = PIECE.length * PIECES;
  const upload = await client.createUpload(id, 'big.bin', sizeBytes, { kind: 'file' });
  const start = performance.now();
  const { cuts } = await sendOverFlakyLink(client, link, upload, PIECE, sizeBytes);
  const seconds = (performance.now() - start) / 1000;
  const { jobId } = await client.startImport(id, [upload]);
  await client.waitForJob(jobId);
  const isWhole = (await client.tree(id)).get('big.bin') === hash.digest('hex');
  const resent = link.sentBytes() / sizeBytes - 1;
  console.log(
    `${sizeBytes / 1e6} MB in ${seconds.toFixed(0)} s over ${cuts} breaks, ${(resent * 100).toFixed(1)} % sent again: ${isWhole ? 'intact' : 'DAMAGED'}`,
  );
  if (!isWhole) process.exitCode = 1;
} finally {
  await link.stop();
  await granary.stop();
}

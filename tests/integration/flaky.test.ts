import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FlakyLink, openFlakyLink } from '../support/flaky-link.ts';
import { sendOverFlakyLink } from '../support/flaky-upload.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let link: FlakyLink;
beforeAll(async () => {
  link = await openFlakyLink(granary.url, { cutEverySeconds: [0.05, 0.3], dropShare: 0.05 });
});
afterAll(async () => {
  await link?.stop();
});

test('an upload over a link that breaks all the time arrives as it was', async () => {
  const client = await granary.person();
  const id = await client.createDataset();
  const piece = randomBytes(8 * 1024 * 1024);
  const pieces = 20;
  const hash = createHash('sha256');
  for (let i = 0; i < pieces; i++) hash.update(piece);
  const upload = await client.createUpload(id, 'big.bin', piece.length * pieces, { kind: 'file' });
  const { cuts } = await sendOverFlakyLink(client, link, upload, piece, piece.length * pieces);
  expect(cuts).toBeGreaterThan(0);
  const { jobId } = await client.startImport(id, [upload]);
  expect((await client.waitForJob(jobId)).state).toBe('completed');
  expect((await client.tree(id)).get('big.bin')).toBe(hash.digest('hex'));
});

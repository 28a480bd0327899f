/**
 * Very much data through one tab of Chromium: 100,000 small files, then 8 GB in four sparse files. Told are the memory
 * of the tab's process and how long it takes to answer while it sends.
 */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { dropFolder, launch, openPage, pickForNewDataset, signUp } from '../tests/support/browser.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { tabMib } from '../tests/support/tab-memory.ts';

const FILES = Number(process.argv[3] ?? 100_000);
const LARGE_FILES = 4;
const LARGE_BYTES = Number(process.argv[4] ?? 2e9);
const MAX_MIB = 500;

const folder = mkdtempSync(join(tmpdir(), 'granary-tab-'));
const granary = await startTestGranary({ worker: false });
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const { page } = await openPage(context);
  page.on('dialog', (dialog) => void dialog.accept());
  await signUp(page, granary.url, 'Tab');
  const many = join(folder, 'many');
  for (let i = 0; i < FILES; i++) {
    const sub = join(many, String(Math.floor(i / 1000)));
    if (i % 1000 === 0) mkdirSync(sub, { recursive: true });
    writeFileSync(join(sub, `${i}.txt`), `file ${i}`);
  }
  const large = join(folder, 'large');
  mkdirSync(large);
  for (let i = 0; i < LARGE_FILES; i++) {
    writeFileSync(join(large, `${i}.bin`), '');
    truncateSync(join(large, `${i}.bin`), LARGE_BYTES);
  }
  const results = [
    await upload(page, many, `${FILES} files`),
    await upload(page, large, `${LARGE_FILES} files of ${LARGE_BYTES / 1e9} GB`),
  ];
  console.log(JSON.stringify({ name: 'tab', results }));
  if (results.some(({ peakMib }) => peakMib >= MAX_MIB)) process.exitCode = 1;
} finally {
  await browser.close();
  await granary.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function upload(page: Page, path: string, what: string) {
  await pickForNewDataset(page, granary.url);
  let peakMib = 0;
  let slowestMs = 0;
  let isDone = false;
  const start = performance.now();
  const watching = (async () => {
    while (!isDone) {
      peakMib = Math.max(peakMib, tabMib());
      const asked = performance.now();
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => done(1)))').catch(() => {});
      slowestMs = Math.max(slowestMs, performance.now() - asked);
      await new Promise((wake) => setTimeout(wake, 100));
    }
  })();
  await dropFolder(page, path);
  await page.getByRole('region', { name: 'Picked files' }).waitFor({ timeout: 600_000 });
  for (let step = 3; step <= 4; step++) {
    await page.getByRole('button', { name: 'Next' }).click({ timeout: 600_000 });
    await page.waitForURL(`**/datasets/new?step=${step}`);
  }
  await page.getByRole('button', { name: 'Create and upload' }).click();
  await page.getByText('Waiting for a worker').waitFor({ timeout: 3_000_000 });
  isDone = true;
  await watching;
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${what}: ${seconds.toFixed(0)} s, the tab peaks at ${Math.round(peakMib)} MiB (goal under ${MAX_MIB}), slowest frame ${Math.round(slowestMs)} ms`,
  );
  return { what, seconds: Math.round(seconds), peakMib: Math.round(peakMib), slowestFrameMs: Math.round(slowestMs) };
}

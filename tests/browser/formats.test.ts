import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numberedDataset, png, zipOf } from '../support/archives.ts';
import {
  chromiumPath,
  createAndUpload,
  launch,
  openPage,
  pickForNewDataset,
  shoot,
  signUp,
} from '../support/browser.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('annotations in a browser', () => {
  const granary = useGranary();
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'granary-browser-'));
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('damaged names are seen before the upload, and repaired with one click after it', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Dora');
    const path = join(folder, 'det.zip');
    writeFileSync(path, await zipOf(await numberedDataset()));
    await pickForNewDataset(page, granary.url);
    await page.getByTestId('file-input').setInputFiles(path);
    await page.getByRole('button', { name: 'Next' }).click();
    const analysis = page.getByRole('region', { name: 'Analysis' });
    await analysis.getByText('This is DICE').waitFor();
    await analysis.getByText('5 images named in the annotations were not found').waitFor();
    await analysis.getByText('What would change').click();
    await analysis.getByRole('cell', { name: 'images/cable/bent/20.png' }).waitFor();
    await shoot(page, 'analysis');

    await createAndUpload(page);
    await page.getByRole('link', { name: 'Import report: 2 problems' }).click();
    await page.getByText('Not lossless').waitFor();
    await page.getByText('What would change').click();
    await shoot(page, 'report-damaged');
    await page.getByRole('button', { name: 'Apply the safe repair' }).click();
    await page.getByText('Applied: match by id').waitFor();
    await page.getByText('Lossless: an export in the original format').waitFor();
    await shoot(page, 'report-repaired');

    await page.getByRole('link', { name: 'Annotations', exact: true }).click();
    await page.getByText('DICE can hold everything').waitFor();
    await page.getByLabel('YOLO').check();
    await page.getByText('YOLO cannot hold everything').waitFor();
    await shoot(page, 'annotations');
    await page.getByLabel('DICE').check();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download DICE' }).click(),
    ]);
    const written = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(written.images[1].file_name).toBe('images/bottle/broken/010.png');

    await page.getByRole('link', { name: 'Imports' }).click();
    await page.getByRole('link', { name: /Annotation repair/ }).click();
    await page.getByRole('button', { name: 'Undo the repairs' }).click();
    await page.getByText('Not lossless').waitFor();
    expect(problems).toEqual([]);
    await context.close();
  });

  test('a folder with many troubles is analysed, and its report leads to the images', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Emil');
    const root = join(folder, 'troubles');
    const files = await troubled();
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), bytes);
    }
    await pickForNewDataset(page, granary.url);
    await page.getByLabel('Folder', { exact: true }).setInputFiles(root);
    await page.getByRole('button', { name: 'Next' }).click();
    const analysis = page.getByRole('region', { name: 'Analysis' });
    await analysis.getByText('This is COCO').waitFor();
    await analysis.getByText('1 shape reaches beyond its image.').waitFor();
    await analysis.getByText('is truncated').waitFor();
    await shoot(page, 'analysis-troubles');
    await createAndUpload(page);
    await page.getByRole('link', { name: /^Import report: \d+ problems/ }).click();
    await page.getByText('Warnings').waitFor();
    for (const code of ['out_of_bounds', 'zero_area', 'bad_box']) {
      await page.locator('summary', { hasText: code }).first().click();
    }
    await shoot(page, 'report-troubles');
    const example = page.locator('li', { hasText: 'reaches beyond' }).getByRole('link').first();
    await example.click();
    await page.waitForURL(/\/images\/\d+$/);
    await page.getByTestId('mask').waitFor({ state: 'attached' });
    await shoot(page, 'image-shapes');
    expect(problems).toEqual([]);
    await context.close();
  });
});

/** One of each shape, and one of each of several faults. */
async function troubled(): Promise<Map<string, Uint8Array>> {
  const shapes = [
    { bbox: [10, 10, 40, 30] },
    { bbox: [50, 20, 60, 60], segmentation: [[50, 20, 110, 40, 90, 80, 60, 70]] },
    { bbox: [0, 60, 30, 30], segmentation: { size: [100, 150], counts: [60, 30, 70, 30, 70, 30, 14710] }, iscrowd: 1 },
    { bbox: [120, 70, 60, 20] },
    { bbox: [20, 20, 0, 10] },
    { bbox: [1, 2, 3] },
  ];
  const json = {
    info: { description: 'troubles' },
    images: [
      { id: 1, file_name: 'one.png', width: 150, height: 100 },
      { id: 2, file_name: 'cut.png', width: 150, height: 100 },
      { id: 3, file_name: 'lost.png', width: 150, height: 100 },
    ],
    annotations: shapes.map((shape, i) => ({ id: i + 1, image_id: 1, category_id: 1 + (i % 2), iscrowd: 0, ...shape })),
    categories: [
      { id: 1, name: 'nail' },
      { id: 2, name: 'screw' },
    ],
  };
  const whole = await png(150, 100);
  return new Map<string, Uint8Array>([
    ['one.png', whole],
    ['cut.png', whole.subarray(0, -20)],
    ['_annotations.coco.json', Buffer.from(JSON.stringify(json))],
  ]);
}

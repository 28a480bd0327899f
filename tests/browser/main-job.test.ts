import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentHashOf, yoloDataset, zipOf } from '../support/archives.ts';
import {
  chromiumPath,
  createAndUpload,
  launch,
  openPage,
  pickForNewDataset,
  shoot,
  signUp,
} from '../support/browser.ts';
import { fixture, hasFixtures } from '../support/fixtures.ts';
import { readFolder } from '../support/folder.ts';
import { hasNginx, startNginx } from '../support/nginx.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('in a browser', () => {
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

  const coco8 = async () => {
    const path = join(folder, 'coco8.zip');
    const files = hasFixtures ? readFolder(fixture('yolo/coco8/data')) : await yoloDataset(8);
    writeFileSync(path, await zipOf(files));
    return { path, files, annotations: hasFixtures ? 30 : 16 };
  };

  test('a person signs up, drops an archive, and looks at the annotated images', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await page.goto(granary.url);
    await shoot(page, 'sign-in');
    await signUp(page, granary.url, 'Ada');
    await page.getByRole('heading', { name: 'No datasets yet' }).waitFor();
    await shoot(page, 'datasets-empty');

    const { path, files, annotations } = await coco8();
    await page.getByRole('link', { name: 'New dataset' }).click();
    await page.waitForURL('**/datasets/new');
    await page.getByLabel('Name').fill('coco8');
    await page.getByText('This name is available').waitFor();
    await page.getByLabel('Tags').fill('sample, tiny');
    await shoot(page, 'new-dataset');
    await page.getByLabel('Name').press('Enter');
    await page.waitForURL('**/datasets/new?step=2');
    await page.getByTestId('file-input').setInputFiles(path);
    await page.getByRole('region', { name: 'Picked files' }).getByText('coco8.zip').waitFor();
    await shoot(page, 'new-dataset-images');
    // What was typed outlives a reload; the files are to be picked again.
    await page.reload({ waitUntil: 'networkidle' });
    await page.getByText('You had picked coco8.zip before this page was reloaded').waitFor();
    await page.getByTestId('file-input').setInputFiles(path);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('This is YOLO').waitFor();
    await page.goBack();
    await page.getByRole('region', { name: 'Picked files' }).getByText('coco8.zip').waitFor();
    await page.goForward();
    await page.getByText('This is YOLO').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('sample, tiny').waitFor();
    await shoot(page, 'new-dataset-review');
    await createAndUpload(page);
    await page.waitForURL(/\/datasets\/[0-9a-f-]{36}$/);
    await page.getByText(contentHashOf(files)).waitFor({ timeout: 30_000 });
    await page.getByTestId('overlay').first().waitFor();
    await shoot(page, 'dataset');
    await page.getByRole('link', { name: 'train', exact: true }).waitFor();

    await page.getByRole('link', { name: 'Images', exact: true }).click();
    await page.getByTestId('gallery').waitFor();
    expect(await page.getByTestId('gallery').getByRole('listitem').count()).toBe(8);
    const drawn = await page
      .locator('[data-testid=gallery] [data-annotations]')
      .evaluateAll((paths) => paths.reduce((sum, path) => sum + Number(path.getAttribute('data-annotations')), 0));
    expect(drawn).toBe(annotations);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('img')].every((image) => image.complete && image.naturalWidth > 0),
    );
    await shoot(page, 'gallery');

    await page.getByTestId('gallery').getByRole('link').first().click();
    await page.waitForURL(/\/images\/\d+$/);
    await page.getByRole('heading', { name: /^Annotations \(/ }).waitFor();
    await shoot(page, 'image');
    const boxes = await page.getByTestId('bbox').count();
    expect(boxes).toBeGreaterThan(0);
    await page.keyboard.press('o');
    expect(await page.getByTestId('bbox').count()).toBe(0);
    const first = page.url();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL((url) => url.href !== first);

    await page.getByRole('link', { name: 'Imports' }).click();
    await page.getByRole('link', { name: /coco8\.zip/ }).click();
    await page.getByText('read as this').waitFor();
    await shoot(page, 'import-report');
    await page.getByRole('link', { name: 'Datasets', exact: true }).click();
    await page.getByRole('link', { name: /coco8/ }).waitFor();
    await shoot(page, 'datasets');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    expect(problems).toEqual([]);
    await context.close();
  });

  test('an archive that cannot be read is explained', async () => {
    const context = await browser.newContext();
    const { page } = await openPage(context);
    await signUp(page, granary.url, 'Bob');
    const path = join(folder, 'notes.zip');
    writeFileSync(path, 'these are notes, not an archive');
    await pickForNewDataset(page, granary.url);
    await page.getByTestId('file-input').setInputFiles(path);
    await createAndUpload(page);
    await page.getByText('notes.zip cannot be unpacked: it is a text file').waitFor();
    await shoot(page, 'failed');
    await page.getByText('Drop an archive, a folder or files here').waitFor();
    await context.close();
  });

  test('a folder of many files travels as one upload, is paused, and goes on after a reload', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Cleo');
    const files = await yoloDataset(60);
    files.set('한국어/big.bin', Buffer.alloc(40 * 1024 * 1024, 'x'));
    const root = join(folder, 'pictures');
    for (const [name, bytes] of files) {
      mkdirSync(join(root, name, '..'), { recursive: true });
      writeFileSync(join(root, name), bytes);
    }
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    const slow = { offline: false, latency: 5, downloadThroughput: -1, uploadThroughput: 6 * 1024 * 1024 };
    await pickForNewDataset(page, granary.url);
    await page.getByLabel('Folder', { exact: true }).setInputFiles(root);
    await cdp.send('Network.emulateNetworkConditions', slow);
    // The answer to the first request is long in coming: the pause comes before anything is sent.
    const paused = Promise.withResolvers<void>();
    await page.route('**/uploads', async (route) => {
      await paused.promise;
      await route.continue().catch(() => {});
    });
    const asked = page.waitForRequest('**/uploads');
    await createAndUpload(page);
    await asked;
    await page.getByRole('button', { name: 'Pause' }).click({ timeout: 20_000 });
    await page.getByText('Paused').waitFor();
    await shoot(page, 'upload-paused');
    await page.unroute('**/uploads');
    paused.resolve();
    await page.getByRole('button', { name: 'Resume' }).click();
    const id = page.url().split('/').at(-1) ?? '';
    const arrived = async () => {
      const [row] = await granary.database.sql`select "offset"::float8 as bytes from uploads where dataset_id = ${id}`;
      return Number(row?.bytes ?? 0);
    };
    await expect.poll(arrived, { timeout: 30_000, interval: 50 }).toBeGreaterThan(0);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText('is not complete').waitFor();
    await shoot(page, 'upload-unfinished');
    const [upload] = await granary.database.sql`select id from uploads where dataset_id = ${id}`;
    await cdp.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
    await page.getByLabel('Folder', { exact: true }).setInputFiles(root);
    await page.getByText('Content hash').waitFor({ timeout: 60_000 });
    const uploads = await granary.database.sql`select id from uploads where dataset_id = ${id}`;
    expect(uploads.map((row) => row.id)).toEqual([upload?.id]);
    const prefixed = new Map([...files].map(([path, bytes]) => [`pictures/${path}`, bytes]));
    expect(await page.getByText(contentHashOf(prefixed)).count()).toBe(1);
    expect(problems).toEqual([]);
    await context.close();
  });

  describe.skipIf(!hasNginx)('behind nginx, which ends TLS', () => {
    const cases = [
      [
        'with the settings of the docs',
        'proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-For $remote_addr; client_max_body_size 0; proxy_request_buffering off;',
      ],
      ['with its defaults: bodies of 1 MiB, buffered, and no header passed on', ''],
    ] as const;
    test.each(cases)('%s', async (_, settings) => {
      const nginx = await startNginx(granary.url, settings);
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      try {
        const { page, problems } = await openPage(context);
        await signUp(page, nginx.url, settings ? 'Dora' : 'Emil');
        const [cookie] = await context.cookies();
        expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', secure: settings !== '' });
        const files = new Map([...(await yoloDataset(40)), ['noise.bin', Buffer.alloc(3 * 1024 * 1024, 'n')]]);
        const path = join(folder, 'proxied.zip');
        writeFileSync(path, await zipOf(files, { store: true }));
        await pickForNewDataset(page, nginx.url);
        await page.getByTestId('file-input').setInputFiles(path);
        await createAndUpload(page);
        await page.getByText(contentHashOf(files)).waitFor({ timeout: 60_000 });
        expect(problems).toEqual([]);
      } finally {
        await context.close();
        nginx.stop();
      }
    });
  });

  test('forms work before scripts do', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${granary.url}/sign-up`);
    await page.getByLabel('Name').fill('Finn');
    await page.getByLabel('E-mail').fill('finn@example.org');
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('needs 10 characters or more').waitFor();
    await page.getByLabel('Name').fill('Finn');
    await page.getByLabel('E-mail').fill('finn@example.org');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.goto(`${granary.url}/datasets/new`);
    await page.getByLabel('Name').fill('by hand');
    await page.getByRole('button', { name: 'Create an empty dataset' }).click();
    await page.getByRole('heading', { name: 'by hand' }).waitFor();
    await context.close();
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentHashOf, png, softPicture, uniqueJpegs, yoloDataset, zipOf } from '../support/archives.ts';
import {
  chromiumPath,
  createAndUpload,
  dropFolder,
  launch,
  openPage,
  pickForNewDataset,
  shoot,
  signUp,
} from '../support/browser.ts';
import { type FlakyLink, openFlakyLink } from '../support/flaky-link.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('uploading', () => {
  const granary = useGranary();
  let link: FlakyLink;
  let browser: Browser;
  let folder: string;
  const client = async (name: string) => {
    const person = granary.nobody();
    await person.json('POST', '/api/v1/auth/login', { email: `${name}@example.org`, password: 'correct horse' });
    return person;
  };

  beforeAll(async () => {
    link = await openFlakyLink(granary.url);
    browser = await launch();
    folder = mkdtempSync(join(tmpdir(), 'granary-uploads-'));
  });
  afterAll(async () => {
    await browser?.close();
    await link?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, files: ReadonlyMap<string, Uint8Array>): string {
    for (const [path, bytes] of files) {
      mkdirSync(join(folder, name, path, '..'), { recursive: true });
      writeFileSync(join(folder, name, path), bytes);
    }
    return join(folder, name);
  }

  const below = (name: string, files: ReadonlyMap<string, Uint8Array>) =>
    new Map([...files].map(([path, bytes]) => [`${name}/${path}`, bytes]));

  const sentShare = async (page: Page) =>
    Number(await page.getByRole('progressbar', { name: 'Upload' }).getAttribute('aria-valuenow')) / 100;

  test('3,000 files arrive whole over two cuts, a reload and a restart of the server', async () => {
    const files = await uniqueJpegs(3000);
    const root = write('many', files);
    const totalBytes = [...files.values()].reduce((sum, bytes) => sum + bytes.length + 1024, 0);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page } = await openPage(context);
    page.on('dialog', (dialog) => void dialog.accept());
    await signUp(page, link.url, 'Mona');
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    const rate = { latency: 5, downloadThroughput: -1, uploadThroughput: Math.round(totalBytes / 12) };
    const setOffline = (offline: boolean) => cdp.send('Network.emulateNetworkConditions', { offline, ...rate });
    await pickForNewDataset(page, link.url);
    await page.getByLabel('Folder', { exact: true }).setInputFiles(root);
    await setOffline(false);
    const before = link.sentBytes();
    await createAndUpload(page);
    await page.getByRole('progressbar', { name: 'Upload' }).waitFor();
    for (const share of [0.15, 0.3]) {
      await expect.poll(() => sentShare(page), { timeout: 60_000 }).toBeGreaterThan(share);
      await setOffline(true);
      link.cut();
      await page.getByText('Waiting for the network').waitFor({ timeout: 20_000 });
      if (share === 0.15) await shoot(page, 'upload-offline');
      expect(await page.getByRole('alert').count()).toBe(0);
      // The browser finds the network again before the server is there.
      const refused = link.numRefused();
      await setOffline(false);
      await until(() => link.numRefused() > refused);
      expect(await page.getByRole('alert').count()).toBe(0);
      link.mend();
    }
    await expect.poll(() => sentShare(page), { timeout: 60_000 }).toBeGreaterThan(0.5);
    await page.reload({ waitUntil: 'networkidle' });
    await page.getByText('is not complete').waitFor();
    await page.getByLabel('Folder', { exact: true }).setInputFiles(root);
    await page.getByRole('progressbar', { name: 'Upload' }).waitFor();
    await expect.poll(() => sentShare(page), { timeout: 60_000 }).toBeGreaterThan(0.7);
    await granary.web.end('SIGTERM');
    await granary.web.start({ PORT: new URL(granary.url).port });
    const shown = page.getByText('Content hash').waitFor({ timeout: 100_000 });
    await shown.catch(async (error) => {
      throw new Error(`The page says: ${await page.locator('main').textContent()}`, { cause: error });
    });
    const sent = link.sentBytes() - before;
    expect(await page.getByText(contentHashOf(below('many', files))).count()).toBe(1);
    expect(sent).toBeLessThan(totalBytes * 1.1);
    await context.close();
  });

  test('a folder is dropped, or chosen in the browser’s own dialog, and listed bit by bit', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Dora');
    await pickForNewDataset(page, granary.url);
    await dropFolder(page, write('dropped', await yoloDataset(12)));
    await page.getByText(/^25 files ·/).waitFor();
    // No program can press the buttons of that dialog; a folder of the browser's own file system stands for the choice.
    await page.evaluate(`(async () => {
      const root = await navigator.storage.getDirectory();
      const chosen = await root.getDirectoryHandle('chosen', { create: true });
      const inner = await chosen.getDirectoryHandle('inner', { create: true });
      for (const [folder, name] of [[chosen, 'a.txt'], [inner, 'b.txt']]) {
        const writer = await (await folder.getFileHandle(name, { create: true })).createWritable();
        await writer.write('text of ' + name);
        await writer.close();
      }
      window.showDirectoryPicker = async () => chosen;
    })()`);
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await page.getByText(/^27 files ·/).waitFor();
    await createAndUpload(page);
    await page.getByText(/ in 27 files/).waitFor({ timeout: 60_000 });
    const dora = await client('dora');
    const [dataset] = (await dora.json('GET', '/api/v1/datasets')).body.items;
    expect((await dora.content(dataset.id, 'chosen/inner/b.txt')).toString()).toBe('text of b.txt');
    expect(problems).toEqual([]);
    await context.close();
  });

  test('adding later: what is there is not sent, taken paths are asked about, files are removed', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Nils');
    const person = await client('nils');
    const id = await person.createDataset('later');
    const files = await yoloDataset(8);
    await page.goto(`${granary.url}/datasets/${id}`, { waitUntil: 'networkidle' });
    await page.getByLabel('Folder', { exact: true }).setInputFiles(write('set', files));
    await page.getByText(contentHashOf(below('set', files))).waitFor({ timeout: 60_000 });

    const [taken = ''] = [...files.keys()].filter((path) => path.endsWith('.png'));
    const other = await png(50, 40, 30);
    const added = await png(20, 20, 200);
    write(
      'set',
      new Map([
        [taken, other],
        ['images/train/added.png', added],
      ]),
    );
    await page.getByText('Add data').click();
    await page.getByLabel('Folder', { exact: true }).setInputFiles(join(folder, 'set'));
    await page.getByText('1 path already has a different file').waitFor();
    await page.getByText(`${files.size - 1} of them are already in the dataset`).waitFor();
    await page.getByText('2 to upload').waitFor();
    await shoot(page, 'add-data');
    await page.getByRole('radio', { name: /Keep both/ }).check();
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    const both = new Map([...files, [taken.replace('.png', ' (2).png'), other], ['images/train/added.png', added]]);
    await page.getByText(contentHashOf(below('set', both))).waitFor({ timeout: 60_000 });

    await page.goto(`${granary.url}/datasets/${id}/files?folder=set%2Fimages%2Ftrain%2F`);
    await page.getByRole('link', { name: /^added.png/ }).click();
    await page.getByRole('button', { name: 'Remove this file' }).click();
    await shoot(page, 'remove-file');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('Removal of set/images/train/added.png').waitFor({ timeout: 30_000 });
    both.delete('images/train/added.png');
    expect((await person.dataset(id)).contentHash).toBe(contentHashOf(below('set', both)));
    await page.getByRole('button', { name: /^Jobs/ }).click();
    await page.getByRole('dialog').getByText('File removal').waitFor();
    await shoot(page, 'jobs');
    expect(problems).toEqual([]);
    await context.close();
  });

  test('labels of other classes are mapped, and what looks alike is found and removed', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Pia');
    const person = await client('pia');
    const id = await person.createDataset('mapped');
    await person.importArchive(id, 'a.zip', await zipOf(await yoloDataset(8)));
    const photo = await softPicture(5);
    const root = write(
      'bees',
      new Map([
        ['data.yaml', Buffer.from('train: images\nnames: [Bee, wasp]\n')],
        ['images/one.png', await photo.clone().png().toBuffer()],
        ['images/two.png', await photo.clone().resize(120, 90).png().toBuffer()],
        ['labels/one.txt', Buffer.from('0 0.5 0.5 0.2 0.2\n1 0.2 0.2 0.1 0.1\n')],
      ]),
    );
    await page.goto(`${granary.url}/datasets/${id}`, { waitUntil: 'networkidle' });
    await page.getByText('Add data').click();
    await page.getByLabel('Folder', { exact: true }).setInputFiles(root);
    const classes = page.getByRole('group', { name: 'Classes' });
    expect(await classes.getByLabel('Class for Bee').inputValue()).toBe('bee');
    expect(await classes.getByLabel('Class for wasp').inputValue()).toBe('wasp');
    await classes.getByLabel('Class for wasp').selectOption('ant');
    await shoot(page, 'class-mapping');
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await expect.poll(async () => (await person.dataset(id)).numImages, { timeout: 60_000 }).toBe(10);
    const { body } = await person.json('GET', `/api/v1/datasets/${id}/images?search=one.png&withAnnotations=true`);
    expect(body.items[0].annotations.map(({ className }: { className: string }) => className)).toEqual(['bee', 'ant']);
    expect((await person.dataset(id)).classNames).toEqual(['ant', 'bee', 'cat']);

    await page.getByRole('link', { name: 'Duplicates' }).click();
    // The comparison waits for those of the datasets of the tests before.
    await page.getByText('groups look alike').waitFor({ timeout: 120_000 });
    const group = page.getByRole('listitem').filter({ hasText: 'one.png' }).filter({ hasText: '2 images' });
    await group.waitFor();
    await shoot(page, 'duplicates');
    await page.getByLabel('Allowed difference').fill('0');
    await page.waitForURL(/threshold=0/);
    await page.getByLabel('Allowed difference').fill('6');
    await page.waitForURL(/threshold=6/);
    await group.getByRole('button', { name: 'Keep only the first' }).click();
    await page.getByRole('dialog').getByText('two.png').waitFor();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('Removal of bees/images/two.png').waitFor({ timeout: 30_000 });
    expect((await person.dataset(id)).numImages).toBe(9);
    expect(problems).toEqual([]);
    await context.close();
  });

  test('two tabs add to one dataset at once', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page } = await openPage(context);
    await signUp(page, granary.url, 'Olga');
    const person = await client('olga');
    const id = await person.createDataset('shared');
    const { page: second } = await openPage(context);
    const jpegs = [...(await uniqueJpegs(300))];
    const parts = [new Map(jpegs.slice(0, 150)), new Map(jpegs.slice(150))];
    const roots = parts.map((part, index) => write(`part${index}`, part));
    for (const tab of [page, second]) await tab.goto(`${granary.url}/datasets/${id}`, { waitUntil: 'networkidle' });
    for (const [index, tab] of [page, second].entries()) {
      await tab.bringToFront();
      await tab.getByLabel('Folder', { exact: true }).setInputFiles(roots[index] ?? '');
    }
    const all = new Map(parts.flatMap((part, index) => [...below(`part${index}`, part)]));
    await expect.poll(async () => (await person.dataset(id)).numFiles, { timeout: 60_000 }).toBe(300);
    expect((await person.dataset(id)).contentHash).toBe(contentHashOf(all));
    await context.close();
  });
});

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, shoot } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('versions', () => {
  const granary = useGranary();
  let browser: Browser;
  let owner: Client;
  let id: string;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    browser = await launch();
    owner = await granary.person('rosa');
    id = await owner.createDataset('Street scenes');
    await owner.importArchive(id, 'a.zip', await zipOf(await yoloDataset(6)));
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const [name = '', value = ''] = owner.cookie.split('=');
    await context.addCookies([{ name, value, url: granary.url }]);
    ({ page, problems } = await openPage(context));
  });
  afterAll(async () => {
    await browser?.close();
  });

  const history = () => page.goto(`${granary.url}/datasets/${id}/history`);
  const tiles = () => page.getByTestId('gallery').locator('img').count();
  const numImages = async () => (await owner.dataset(id)).numImages;

  test('one is named, and looked at after the draft has changed', async () => {
    await history();
    await page.getByLabel('What changed?').fill('The first six');
    await page.getByLabel('Tags').fill('prod');
    await page.getByRole('button', { name: 'Create version' }).click();
    await page.getByText('The first six').waitFor();
    await owner.importArchive(id, 'b.zip', await zipOf(await yoloDataset(10)));
    expect(await numImages()).toBe(10);
    await page.goto(`${granary.url}/datasets/${id}`);
    await page.getByRole('link', { name: '1 change since v1' }).click();
    await page.getByText('prod', { exact: true }).waitFor();
    await shoot(page, 'history');
    await page.getByRole('listitem').filter({ hasText: 'The first six' }).getByRole('link', { name: 'Browse' }).click();
    await page.getByText('You are looking at v1.').waitFor();
    await expect.poll(tiles).toBe(6);
    await shoot(page, 'version');
    await page.getByTestId('gallery').getByRole('link').first().click();
    await page.getByRole('heading', { name: 'images/train/000000.png' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'images/train/000001.png' }).waitFor();
    await page.getByText('You are looking at v1.').waitFor();
    await page.getByRole('link', { name: 'Files' }).click();
    await page.getByRole('link', { name: 'images/' }).click();
    await page.getByRole('link', { name: 'val/' }).click();
    await expect.poll(() => page.getByRole('link', { name: /^\d+\.png/ }).count()).toBe(1);
    await page.getByRole('link', { name: 'Back to the draft' }).click();
    await page.getByText('You are looking at').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('two are compared', async () => {
    await history();
    await page
      .getByRole('listitem')
      .filter({ hasText: 'The first six' })
      .getByRole('link', { name: 'Compare with the draft' })
      .click();
    await page.getByText('images/train/000009.png').first().waitFor();
    await shoot(page, 'compare');
    expect(problems).toEqual([]);
  });

  test('the draft becomes an old one again, and that is undone', async () => {
    await page.goto(`${granary.url}/datasets/${id}/images?version=prod`);
    await page.getByRole('button', { name: 'Make this the draft' }).click();
    await expect.poll(numImages).toBe(6);
    await history();
    await page.getByText('Rollback to prod').waitFor();
    await page.getByRole('listitem').first().getByRole('button', { name: 'Undo' }).click();
    await expect.poll(numImages).toBe(10);
    expect(problems).toEqual([]);
  });

  test('the second of three imports is undone, and what came later stays', async () => {
    const [picture = new Uint8Array(), other = new Uint8Array()] = [...(await yoloDataset(2)).values()];
    const before = await numImages();
    for (const [name, bytes] of [
      ['one', picture],
      ['two', Buffer.concat([picture, Buffer.from('2')])],
      ['three', Buffer.concat([other, picture])],
    ] as const)
      await owner.importArchive(id, `${name}.zip`, await zipOf(new Map([[`notes/${name}.txt`, Buffer.from(bytes)]])));
    await history();
    await page.getByRole('listitem').nth(1).getByRole('button', { name: 'Undo' }).click();
    await page.waitForURL('**/imports/*');
    await expect.poll(async () => (await owner.tree(id)).has('notes/two.txt')).toBe(false);
    const tree = await owner.tree(id);
    expect([tree.has('notes/one.txt'), tree.has('notes/three.txt')]).toEqual([true, true]);
    expect(await numImages()).toBe(before);
    expect(problems).toEqual([]);
  });

  test('one is shared by a link that shows nothing of what came later', async () => {
    await page.goto(`${granary.url}/datasets/${id}/sharing`);
    await page.getByLabel('Shows').selectOption('v1');
    await page.getByRole('button', { name: 'Create a link' }).click();
    const link = await page.getByText(/\/s\//).first().textContent();
    const guests = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page: guest, problems: ofGuest } = await openPage(guests);
    await guest.goto(new URL(new URL(link?.trim() ?? '').pathname, granary.url).href);
    await guest.getByRole('button', { name: 'Open' }).click();
    await guest.getByText('This link shows v1').waitFor();
    await shoot(guest, 'version-link');
    await guest.getByRole('link', { name: 'Browse' }).click();
    await expect.poll(() => guest.getByTestId('gallery').locator('img').count()).toBe(6);
    await guest.getByRole('link', { name: 'Files' }).click();
    await guest.getByRole('link', { name: 'images/', exact: true }).waitFor();
    expect(await guest.getByRole('link', { name: 'notes/' }).count()).toBe(0);
    expect(ofGuest).toEqual([]);
    expect((await guest.goto(`${granary.url}/datasets/${id}/history`))?.status()).toBe(404);
    await guests.close();
  });

  test('an old one is forked, and the fork merges what its source has changed', async () => {
    await page.goto(`${granary.url}/datasets/${id}`);
    await page.getByLabel('Version', { exact: true }).selectOption('v1');
    await page.getByRole('heading', { name: 'Version 1' }).waitFor();
    await shoot(page, 'version-page');
    await page.getByRole('link', { name: 'Fork from here' }).click();
    await page.getByLabel('Name').fill('My street scenes');
    await shoot(page, 'fork');
    await page.getByRole('button', { name: 'Fork' }).click();
    await page.getByRole('heading', { name: 'My street scenes' }).waitFor();
    await page.getByText('Forked from').waitFor();
    const forked = new URL(page.url()).pathname.split('/')[2] ?? '';
    await expect.poll(async () => (await owner.dataset(forked)).status).toBe('ready');
    await page.getByRole('link', { name: 'Update from the source' }).click();
    await page.getByText('Would change here').waitFor();
    await shoot(page, 'source-update');
    await page.getByRole('button', { name: /^Merge \d+ files/ }).click();
    await expect.poll(async () => (await owner.dataset(forked)).numImages).toBe(10);
    expect(problems).toEqual([]);
  });

  test('boxes that moved are shown over each other', async () => {
    await owner.importArchive(
      id,
      'moved.zip',
      await zipOf(new Map([['labels/train/000000.txt', Buffer.from('0 0.5 0.5 0.5 0.5\n')]])),
    );
    await page.goto(`${granary.url}/datasets/${id}/compare?from=v1&to=draft`);
    const image = page.getByRole('article').filter({ hasText: 'images/train/000000.png' });
    await image.waitFor();
    await page.keyboard.press('o');
    await page.getByRole('link', { name: 'Side by side' }).waitFor();
    await expect.poll(() => image.locator('[data-testid="removed"], [data-testid="was"]').count()).toBeGreaterThan(0);
    await shoot(page, 'compare-overlay');
    await page
      .getByRole('listitem')
      .filter({ hasText: 'labels/train/000000.txt' })
      .getByRole('link', { name: 'Show lines' })
      .click();
    await page.getByTestId('lines').getByText('+ 0 0.5 0.5 0.5 0.5').waitFor();
    expect(problems).toEqual([]);
  });

  test('one leaves as an archive, which is made, downloaded and deleted on a page', async () => {
    await page.goto(`${granary.url}/datasets/${id}`);
    await page.getByRole('link', { name: 'Download', exact: true }).click();
    await page.getByLabel('Pascal VOC').check();
    await page.getByText('Pascal VOC can').waitFor();
    await page.getByText('Annotations/0001.xml').waitFor();
    await shoot(page, 'exports');
    await page.getByRole('button', { name: 'Create the archive' }).click();
    const link = page.getByRole('link', { name: /^Download .*pascal_voc\.zip$/ });
    await link.waitFor();
    const download = page.waitForEvent('download');
    await link.click();
    expect((await download).suggestedFilename()).toMatch(/pascal_voc\.zip$/);
    await page.getByRole('button', { name: /^Delete .*pascal_voc\.zip$/ }).click();
    await page.getByText('No archives yet.').waitFor();
    expect(problems).toEqual([]);
  });
});

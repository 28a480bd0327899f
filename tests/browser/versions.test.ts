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
});

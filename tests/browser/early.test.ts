import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { png } from '../support/archives.ts';
import { chromiumPath, launch, openPage } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('what is done before the page lives', () => {
  const granary = useGranary({ worker: false });
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  let client: Client;
  let scripts: PromiseWithResolvers<void>;

  beforeAll(async () => {
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    ({ page, problems } = await openPage(context));
    client = await granary.person('rosa');
    const [name = '', value = ''] = client.cookie.split('=');
    await context.addCookies([{ name, value, url: granary.url }]);
    // All scripts of the page, as on a slow line.
    await page.route(/\/assets\/.*\.js$/, async (route) => {
      await scripts.promise;
      await route.continue();
    });
  });
  beforeEach(() => {
    scripts = Promise.withResolvers();
  });
  afterAll(() => browser?.close());

  /** A page that is there to be seen, and whose scripts are not. */
  async function look(path: string): Promise<void> {
    await page.goto(`${granary.url}${path}`, { waitUntil: 'commit' });
    await page.locator('main').waitFor();
  }

  test('a dialog opens once, however often it was asked for', async () => {
    const id = await client.createDataset('Old scenes');
    await look(`/datasets/${id}/settings`);
    const button = page.getByRole('button', { name: 'Delete…' });
    await button.click();
    await button.click();
    expect(await page.getByRole('dialog').count()).toBe(0);
    scripts.resolve();
    await page.getByRole('dialog').getByText('Files in storage').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('what is typed, ticked and chosen in a form is known to it, and Next is no more than Next', async () => {
    await look('/datasets/new');
    await page.getByLabel('Name').fill('Early scenes');
    await page.getByLabel('Description').fill('typed early');
    await page.getByLabel('Task').selectOption('object_detection');
    await page.locator('input[name=visibility][value=public]').check();
    await page.getByRole('button', { name: 'Next' }).click();
    scripts.resolve();
    await page.waitForURL('**/datasets/new?step=2');
    for (const step of [3, 4]) {
      await page.getByRole('button', { name: 'Next' }).click();
      await page.waitForURL(`**/datasets/new?step=${step}`);
    }
    await page.getByRole('button', { name: 'Create an empty dataset' }).click();
    await page.getByRole('heading', { name: 'Early scenes' }).waitFor();
    const { items } = (await client.json('GET', '/api/v1/datasets?search=Early')).body;
    expect(items).toMatchObject([
      { name: 'Early scenes', description: 'typed early', taskType: 'object_detection', visibility: 'public' },
    ]);
    expect(problems).toEqual([]);
  });

  test('files that are picked are picked', async () => {
    const id = await client.createDataset('Picked early');
    await look(`/datasets/${id}`);
    const picture = { name: 'early.png', mimeType: 'image/png', buffer: await png() };
    await page.getByTestId('file-input').setInputFiles(picture);
    scripts.resolve();
    await expect
      .poll(async () => (await client.json('GET', `/api/v1/datasets/${id}/imports`)).body.items.length)
      .toBe(1);
    expect(problems).toEqual([]);
  });

  test('datasets are ticked in the list, and a filter is set', async () => {
    await look('/datasets');
    await page.getByRole('checkbox', { name: 'Select Old scenes' }).check();
    await page.getByRole('checkbox', { name: 'Select Picked early' }).check();
    scripts.resolve();
    await page.getByText('2 selected').waitFor();
    scripts = Promise.withResolvers();
    await look('/datasets');
    await page.getByLabel('Search datasets').fill('Old');
    scripts.resolve();
    await page.waitForURL(/search=Old/);
    await expect.poll(() => page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Old scenes']);
    expect(problems).toEqual([]);
  });

  test('a press counts though the button moves away under it, and not when the pointer leaves it', async () => {
    scripts.resolve();
    await page.goto(`${granary.url}/datasets/new?step=3`, { waitUntil: 'networkidle' });
    const next = page.getByRole('button', { name: 'Next' });
    const press = async () => {
      const box = await next.boundingBox();
      if (!box) throw new Error('There is no button');
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      return box;
    };
    const { x, y } = await press();
    await page.mouse.move(x - 200, y + 5, { steps: 5 });
    await page.mouse.up();
    expect(page.url()).toContain('step=3');
    await press();
    await page.evaluate(
      "document.querySelector('main').prepend(Object.assign(document.createElement('p'), { style: 'height: 90px' }))",
    );
    await page.mouse.up();
    await page.waitForURL('**/datasets/new?step=4');
    expect(problems).toEqual([]);
  });

  test('where scripts do not come at all, a form is sent as it is', async () => {
    await page.unroute(/\/assets\/.*\.js$/);
    await page.route(/\/assets\/entry.*\.js$/, async (route) => {
      await scripts.promise;
      await route.abort();
    });
    await look('/datasets/new');
    await page.getByLabel('Name').fill('By hand');
    await page.getByRole('button', { name: 'Create an empty dataset' }).click();
    scripts.resolve();
    await page.getByRole('heading', { name: 'By hand' }).waitFor();
  });
});

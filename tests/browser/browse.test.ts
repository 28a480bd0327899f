import axeCore from 'axe-core';

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { png, uniqueJpegs, yoloDataset, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, shoot, signUp } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { pagesOf } from '../support/pages.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const { source: axe } = axeCore;

/** What axe finds that keeps people out; colours are the same at any width, and take it longest. */
async function violations(page: Page, withColours: boolean): Promise<string[]> {
  await page.evaluate(axe);
  const found: { id: string; impact: string; nodes: { html: string }[] }[] = await page.evaluate(
    `axe.run(document, {
      resultTypes: ['violations'],
      rules: { 'color-contrast': { enabled: ${withColours} } },
    }).then((result) => result.violations)`,
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe.skipIf(!chromiumPath)('looking around', () => {
  const granary = useGranary();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  let client: Client;
  let id: string;

  beforeAll(async () => {
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    ({ page, problems } = await openPage(context));
    await signUp(page, granary.url, 'Rosa');
    client = await granary.signedIn('rosa');
    id = await client.createDataset('Street scenes');
    await client.importArchive(id, 'a.zip', await zipOf(await yoloDataset(12)));
    await client.json('PATCH', `/api/v1/datasets/${id}`, { tags: ['night'] });
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('the overview leads to the images of a class, and settings change what it says', async () => {
    await page.goto(`${granary.url}/datasets/${id}/settings`);
    await page.getByLabel('Description').fill('# Hello\n\n<script>alert(1)</script> and **bold**');
    await page.getByRole('textbox', { name: 'Tags' }).fill('roads, night');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('heading', { name: 'About' }).waitFor();
    await page.getByRole('heading', { name: 'Hello' }).waitFor();
    expect(await page.getByText('<script>alert(1)</script>').count()).toBe(1);
    await shoot(page, 'overview');
    const { body } = await client.json('GET', `/api/v1/datasets/${id}/statistics`);
    const [first] = body.classes.toSorted(
      (a: { annotations: number }, b: { annotations: number }) => b.annotations - a.annotations,
    );
    await page.getByRole('link', { name: new RegExp(`^${first.name}`) }).click();
    await page.waitForURL(`**/images?class=${first.name}`);
    await page.getByTestId('gallery').waitFor();
    expect(await page.getByTestId('gallery').getByRole('listitem').count()).toBe(first.images);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=gallery] li').length === 12);
    expect(problems).toEqual([]);
  });

  test('images are searched as one types, and the clearing leaves nothing behind', async () => {
    await page.goto(`${granary.url}/datasets/${id}/images`);
    const search = page.getByLabel('Search paths');
    await search.click();
    await page.keyboard.type('no-such', { delay: 40 });
    await page.waitForURL(/search=no-such$|search=no-such&/);
    expect(await search.inputValue()).toBe('no-such');
    expect(await search.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=gallery] li').length === 12);
    expect(await search.inputValue()).toBe('');
    expect(problems).toEqual([]);
  });

  test('annotations are shown and hidden by kind, and images zoomed by keys', async () => {
    await page.goto(`${granary.url}/datasets/${id}/images`);
    const paths = page.locator('[data-testid=gallery] path');
    await paths.first().waitFor({ state: 'attached' });
    const drawn = () => paths.evaluateAll((found) => found.filter((path) => path.getAttribute('d') !== '').length);
    expect(await drawn()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Boxes', exact: true }).click();
    await expect.poll(drawn).toBe(0);
    await page.keyboard.press('o');
    await page.keyboard.press('o');
    await expect.poll(drawn).toBeGreaterThan(0);
    await page.getByTestId('gallery').getByRole('link').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/images\/\d+$/);
    const width = () =>
      page
        .getByRole('img')
        .first()
        .evaluate((image) => image.getBoundingClientRect().width);
    await expect.poll(width).toBeGreaterThan(100);
    const before = await width();
    await page.keyboard.press('+');
    await expect.poll(width).toBeGreaterThan(before * 1.2);
    await page.keyboard.press('0');
    await expect.poll(width).toBeLessThan(before * 1.05);
    await page.getByTestId('bbox').first().waitFor();
    await page.getByRole('button', { name: /bbox$/ }).first().click();
    await page.getByText('box', { exact: true }).waitFor();
    await shoot(page, 'image-zoom');
    expect(problems).toEqual([]);
  });

  test('files open by folders, with the beginning of a text', async () => {
    await page.goto(`${granary.url}/datasets/${id}/files`);
    await page.getByRole('link', { name: /^data.yaml/ }).click();
    await page.getByText(/names:/).waitFor();
    await shoot(page, 'files');
    await page.getByRole('link', { name: 'labels/' }).click();
    await page.waitForURL(/folder=labels/);
    await page.getByRole('navigation', { name: 'Folder' }).getByText('labels').waitFor();
    expect(problems).toEqual([]);
  });

  test('the list is searched, filtered, sorted and changed', async () => {
    for (const name of ['alpha', 'beta', 'gamma', 'delta']) await client.createDataset(name);
    await page.goto(`${granary.url}/datasets`);
    await page.getByLabel('Search datasets').fill('night');
    await page.waitForURL(/search=night/);
    await expect.poll(() => page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Street scenes']);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('Labels').selectOption('false');
    await page.waitForURL(/labeled=false/);
    await page.getByRole('button', { name: 'Show a table' }).click();
    await page.getByLabel('Order by').selectOption('name');
    await page.getByRole('button', { name: /switch to ascending/ }).click();
    const names = () => page.getByRole('row').getByRole('link').allTextContents();
    await expect.poll(names).toEqual(['alpha', 'beta', 'delta', 'gamma']);
    await page.getByLabel('Select alpha').click();
    await page.getByLabel('Select delta').click({ modifiers: ['Shift'] });
    await page.getByText('3 selected').waitFor();
    await shoot(page, 'list-table');
    await page.getByLabel('Add tags, separated by commas').fill('greek');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('3 datasets changed').waitFor();
    await page.goto(`${granary.url}/datasets?tags=greek&view=table`);
    expect((await names()).sort()).toEqual(['alpha', 'beta', 'delta']);
    await page.getByRole('button', { name: 'Select all matches' }).click();
    await page.getByLabel('Remove tags, separated by commas').fill('greek');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('No dataset matches').waitFor();
    expect(problems).toEqual([]);
  });

  test('axe finds nothing serious on any page', async () => {
    const pages = await pagesOf(client, id);
    const found: string[] = [];
    for (const path of Object.values(pages)) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(`${granary.url}${path}`, { waitUntil: 'networkidle' });
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        found.push(...(await violations(page, width === 1440)));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (overflow > 1) found.push(`${path} is ${overflow} px too wide at ${width}`);
      }
    }
    expect(found).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a gallery of thousands has few elements', async () => {
    const many = await client.createDataset('Many');
    await client.importArchive(many, 'many.zip', await zipOf(await uniqueJpegs(600), { store: true }));
    await page.goto(`${granary.url}/datasets/${many}/images`);
    const seen = new Set<string>();
    const look = async () => {
      for (const title of await page
        .locator('[data-testid=gallery] a')
        .evaluateAll((links) => links.map((link) => link.getAttribute('title') ?? '')))
        seen.add(title);
    };
    const unknown = page.locator('[data-testid=gallery] li:not(:has(a))');
    const lookFurther = async () => {
      await look();
      // Who scrolls faster than the images are listed passes them by.
      if ((await unknown.count()) === 0) await page.mouse.wheel(0, 700);
      expect(await page.locator('[data-testid=gallery] *').count()).toBeLessThan(400);
      return seen.size;
    };
    await until(lookFurther, (count) => count === 600, { seconds: 150 });
    // The first pages were let go meanwhile: going back fetches them again.
    await page.evaluate('window.scrollTo(0, 0)');
    await page.locator('[data-testid=gallery] a').first().waitFor();
    const first = () => page.locator('[data-testid=gallery] li').first().locator('a').getAttribute('title');
    await expect.poll(first).toContain([...seen][0]);
    expect(problems).toEqual([]);
  });

  test('a chart whose code does not come leaves the page alone, and is fetched again', async () => {
    const sizes = await client.createDataset('Sizes');
    const files = new Map([
      ['a.png', await png(64, 48)],
      ['b.png', await png(80, 60)],
    ]);
    await client.importArchive(sizes, 'sizes.zip', await zipOf(files));
    let asked = 0;
    await page.route(/size-scatter/, (route) => (asked++ === 0 ? route.abort() : route.continue()));
    await page.goto(`${granary.url}/datasets/${sizes}`);
    await page.getByText('Content hash').waitFor();
    await page.locator('.recharts-surface').waitFor();
    expect(asked).toBeGreaterThan(1);
    await page.unroute(/size-scatter/);
    expect(problems).toEqual([]);
  });
});

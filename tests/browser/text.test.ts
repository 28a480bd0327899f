import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { png, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, shoot, signUp } from '../support/browser.ts';
import { ALLOWED_TOKEN } from '../support/hub-data.ts';
import { type HubWorld, startHubWorld } from '../support/hub-world.ts';

describe.skipIf(!chromiumPath)('text datasets in a browser', () => {
  let world: HubWorld;
  let { hub, granary } = {} as HubWorld;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  beforeAll(async () => {
    world = await startHubWorld();
    ({ hub, granary } = world);
    browser = await launch();
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    ({ page, problems } = await openPage(context));
    await signUp(page, granary.url, 'Mia');
  });
  afterEach(() => expect(problems).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  test('how CSV is read is shown before it is sent, and can be said otherwise', async () => {
    await page.goto(`${granary.url}/datasets/new`);
    await page.getByLabel('Name').fill('Bars');
    await page.getByRole('button', { name: 'Next' }).click();
    const text = "1#'a,b'\n2#'c#d'\n3#'e'\n";
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles([{ name: 'train.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }]);
    await page.getByRole('button', { name: 'Next' }).click();
    const preview = page.getByRole('region', { name: 'train.csv' });
    await preview.waitFor();
    await page.getByLabel('Delimiter').selectOption({ label: 'Vertical bar |' });
    await preview.getByText("1#'a,b'").waitFor();
    await page.getByLabel('Delimiter').selectOption({ label: 'Comma ,' });
    await preview.getByRole('alert').waitFor();
    await page.getByLabel('Delimiter').selectOption({ label: 'Detect' });
    await page.getByLabel('First row').selectOption({ label: 'Values' });
    await page.getByLabel('Column names').last().fill('line');
    await page.getByLabel('Column names').last().blur();
    await preview.getByRole('columnheader', { name: 'line' }).waitFor();
    await shoot(page, 'csv-preview');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Create and upload' }).click();
    await page.waitForURL(/\/datasets\/[0-9a-f-]{36}$/);
    await page.getByRole('link', { name: 'All 3 rows' }).click();
    await page.getByRole('columnheader', { name: 'line' }).waitFor();
  });

  test('rows show the images that they name, and play their sound', async () => {
    const { client } = world;
    const id = await client.createDataset('Chats about images');
    const chats = [{ id: '1', image: 'a.png', conversations: [{ from: 'human', value: 'What is it?' }] }];
    const files = new Map([
      ['llava.json', Buffer.from(JSON.stringify([...chats, { ...chats[0], id: '2', image: 'gone.png' }]))],
      ['images/a.png', await png(32, 16)],
    ]);
    expect((await client.importArchive(id, 'data.zip', await zipOf(files))).job.error).toBe(null);
    const sounds = await world.download({ repoId: 'org/sounds' });
    for (const dataset of [id, sounds.id])
      await client.json('PATCH', `/api/v1/datasets/${dataset}`, { visibility: 'public' });
    await page.goto(`${granary.url}/datasets/${id}/samples`);
    const image = page.getByRole('img', { name: 'a.png' });
    await image.waitFor();
    await expect.poll(() => image.evaluate((shown: HTMLImageElement) => shown.naturalWidth)).toBeGreaterThan(0);
    // One that the dataset has not is its path alone.
    await page.getByText('gone.png', { exact: true }).waitFor();
    await expect.poll(() => page.getByRole('img', { name: 'gone.png' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Images' }).waitFor();
    problems.length = 0;
    await page.goto(`${granary.url}/datasets/${sounds.id}/samples`);
    const sound = page.getByLabel('Sound of row 2');
    await sound.waitFor();
    // Only what may be loaded and is known as sound tells how long it is.
    await sound.evaluate((shown: HTMLAudioElement) => shown.load());
    await sound.evaluate((shown: HTMLAudioElement) => {
      shown.preload = 'metadata';
    });
    await expect.poll(() => sound.evaluate((shown: HTMLAudioElement) => shown.duration)).toBeGreaterThan(0);
  });

  test('a dataset of the Hub is looked up, then downloaded in part', async () => {
    await page.goto(`${granary.url}/datasets`);
    await page.getByRole('link', { name: 'From Hugging Face' }).click();
    await page.getByLabel('Repository').fill('org/multi');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('cc-by-4.0').waitFor();
    await page.getByText('Two subsets, with classes.').waitFor();
    await page.getByLabel('Subset', { exact: true }).selectOption('first');
    await page.getByLabel('Split', { exact: true }).selectOption('train');
    await page.getByRole('button', { name: 'Download' }).click();
    await page.waitForURL(/\/datasets\/[0-9a-f-]{36}$/);
    await page.getByRole('link', { name: 'All 15,000 rows' }).click();
    await page.getByRole('cell', { name: 'row 3', exact: true }).waitFor();

    await page.goto(`${granary.url}/datasets/hub`);
    await page.getByLabel('Repository').fill('org/multi');
    await page.getByLabel('Subset', { exact: true }).fill('first');
    await page.getByLabel('Split', { exact: true }).fill('train');
    await page.getByRole('button', { name: 'Download' }).click();
    await page.getByText('You already have this: multi.').waitFor();
    await page.getByRole('link', { name: 'Open it' }).click();
    await page.getByRole('link', { name: 'Samples' }).click();
    await page.getByRole('cell', { name: 'row 3', exact: true }).waitFor();
  });

  test('rows are gone to, searched, filtered, and shared by a link', async () => {
    await page.getByLabel('Go to row').fill('14999');
    await page.getByRole('button', { name: 'Go', exact: true }).click();
    await page.getByRole('cell', { name: 'row 14999', exact: true }).waitFor();
    await page.getByRole('searchbox').fill('NEEDLE');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('150 rows').waitFor();
    expect(await page.locator('mark').first().textContent()).toBe('Needle');
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByRole('link', { name: 'Open row 5,007' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('row 5007').waitFor();
    expect(page.url()).toContain('row=5007');
    await dialog.getByRole('button', { name: 'Copy as JSON' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(copied)).toMatchObject({ id: 5007, label: 0 });
    await page.reload();
    await page.getByRole('dialog').getByText('row 5007').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('Filter', { exact: true }).click();
    await page.getByLabel('Column', { exact: true }).selectOption('label');
    await page.getByLabel('Condition').selectOption('equals');
    await page.getByLabel('Value').fill('yes');
    await page.getByRole('button', { name: 'Add a filter' }).click();
    await page.getByText('5,000 rows').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('searchbox').fill('nowhere to be found');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('No row matches.').waitFor();
    await page.getByRole('link', { name: 'Show all rows' }).click();
    await page.getByRole('cell', { name: 'row 3', exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.has('filters')).toBe(false);
    await page.getByRole('searchbox').fill('[broken');
    await page.getByLabel('Regular expression').check();
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('alert').waitFor();
  });

  test('statistics and tokens', async () => {
    await page.getByRole('link', { name: 'Statistics' }).click();
    await page.getByRole('heading', { name: 'label' }).waitFor();
    await page.getByText('maybe', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Tokenization' }).click();
    await page.getByLabel('Tokenizer', { exact: true }).fill('org/words');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('Row 0: 6 tokens').waitFor();
    await page.getByRole('button', { name: 'Tokenize all rows' }).click();
    await page.getByRole('heading', { name: 'org/words' }).waitFor();
    await page.getByText('15,000').first().waitFor();
  });

  test('a gated one says what to do, and goes on with a token; a download rests and goes on', async () => {
    await page.goto(`${granary.url}/datasets/hub`);
    await page.getByLabel('Repository').fill('org/gated');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('is gated: ask for access').waitFor();
    await page.getByRole('button', { name: 'Download' }).click();
    await page.waitForURL(/\/datasets\/[0-9a-f-]{36}$/);
    await page.getByLabel('Access token for the retry').fill(ALLOWED_TOKEN);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'All 100 rows' }).waitFor();

    hub.faults.bytesPerSecond = 4e6;
    await page.goto(`${granary.url}/datasets/hub`);
    await page.getByLabel('Repository').fill('org/large');
    await page.getByRole('button', { name: 'Download' }).click();
    await page.getByText(/MB of 63 MB · .*\/s/).waitFor();
    const dataset = page.url();
    for (const view of ['cards', 'table']) {
      await page.goto(`${granary.url}/datasets?view=${view}`);
      await page.getByText(/MB of 63 MB · .*\/s/).waitFor();
      await shoot(page, `downloading-${view}`);
    }
    await page.goto(dataset);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused').waitFor();
    delete hub.faults.bytesPerSecond;
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('link', { name: 'All 450,000 rows' }).waitFor({ timeout: 60_000 });
  });
});

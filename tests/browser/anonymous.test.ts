import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, shoot } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('without signing in', () => {
  const granary = useGranary({ env: { GRANARY_ANONYMOUS_READ: 'true' } });
  let browser: Browser;
  let owner: Client;
  let pictures: string;
  let texts: string;
  let hidden: string;

  beforeAll(async () => {
    browser = await launch();
    owner = await granary.person('rosa');
    pictures = await owner.createDataset('Street scenes');
    // More than the gallery's page brings along: the rest is asked for by scripts.
    await owner.importArchive(pictures, 'a.zip', await zipOf(await yoloDataset(80)));
    texts = await owner.createDataset('Questions');
    const lines = Array.from({ length: 30 }, (_, i) => `${JSON.stringify({ text: `row ${i}` })}\n`).join('');
    await owner.importArchive(texts, 'b.zip', await zipOf(new Map([['train.jsonl', Buffer.from(lines)]])));
    for (const id of [pictures, texts]) await owner.json('PATCH', `/api/v1/datasets/${id}`, { visibility: 'public' });
    hidden = await owner.createDataset('Private scenes');
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('one finds what is public, looks at its images and searches its rows', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    const refused: string[] = [];
    page.on('response', (answer) => {
      if (answer.status() >= 400) refused.push(`${answer.status()} ${answer.url()}`);
    });
    await page.goto(granary.url);
    await page.getByRole('link', { name: 'Street scenes' }).waitFor();
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Questions', 'Street scenes']);
    await shoot(page, 'anonymous-list');
    await page.getByRole('link', { name: 'Street scenes' }).click();
    await page.getByRole('link', { name: 'Images', exact: true }).click();
    await page.getByRole('img').first().waitFor();
    // The last of them comes by a call of the page's scripts.
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 4000);
        return page.locator('img[alt="images/val/000079.png"]').count();
      })
      .toBe(1);
    await page.locator('a:has(img[alt="images/val/000079.png"])').click();
    await page.getByRole('heading', { name: 'images/val/000079.png' }).waitFor();
    await expect
      .poll(() =>
        page
          .getByRole('img', { name: 'images/val/000079.png' })
          .evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth),
      )
      .toBe(64);
    await page.goto(`${granary.url}/datasets/${texts}/samples?search=row+29`);
    await page
      .getByRole('status')
      .filter({ hasText: /^1 row(?!s)/ })
      .waitFor();
    expect(refused).toEqual([]);
    expect(problems).toEqual([]);
    await context.close();
  });

  test('one is led to where one signs in, and back to where one was', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 800 } });
    const { page, problems } = await openPage(context);
    await page.goto(`${granary.url}/datasets/${pictures}/files`);
    await page.getByRole('link', { name: 'Sign in' }).click();
    const signIn = async () => {
      await page.getByLabel('E-mail').fill('rosa@example.org');
      await page.getByLabel('Password').fill('correct horse');
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    await signIn();
    await page.waitForURL(`**/datasets/${pictures}/files`);
    await page.getByRole('link', { name: 'Settings' }).waitFor();
    expect(await page.getByRole('link', { name: 'Sign in' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await page.goto(`${granary.url}/datasets/${hidden}`);
    await page.waitForURL(`**/sign-in?next=%2Fdatasets%2F${hidden}`);
    await signIn();
    await page.getByRole('heading', { name: 'Private scenes' }).waitFor();
    expect(problems).toEqual([]);
    await context.close();
  });
});

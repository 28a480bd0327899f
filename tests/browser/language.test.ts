import { LICENSES } from '@granary/core/datasets/license';
import { FORMAT_TITLES } from '@granary/formats';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, signUp } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { pagesOf } from '../support/pages.ts';
import { useGranary } from '../support/world.ts';

/** What a page says to people, but for what people and files say: lines without a Korean letter. */
async function otherLines(page: Page): Promise<string[]> {
  // Codes are the same everywhere, and what is in a dataset is as it is.
  await page.evaluate(
    "document.querySelectorAll('code, [translate=no]').forEach((own) => own.tagName === 'OPTION' ? own.replaceChildren() : (own.style.display = 'none'))",
  );
  const text = await page.evaluate('document.body.innerText');
  return String(text)
    .split('\n')
    .filter((line) => /\p{Script=Latin}/u.test(line) && !/\p{Script=Hangul}/u.test(line))
    .map((line) => line.trim());
}

/** Names of people, classes, formats, licenses, splits and kinds of shapes, which are the same in every language. */
const NAMES = new Set([
  ...[
    'Granary',
    'English',
    'Minji',
    'Street scenes',
    'Street lab',
    'Questions',
    'ant',
    'bee',
    'cat',
    'ant, bee, cat',
    'Minji (minji@example.org)',
    'bbox',
    'train',
    'val',
    '404',
    'SHA-256',
    // Of exports: kinds of archives, and languages of the lines to copy.
    ...['zip', 'tar', 'granary.json', 'Shell', 'Python', 'TypeScript'],
  ],
  ...Object.values(FORMAT_TITLES).filter((title) => !/ (only|of classes|masks)$/.test(title)),
  ...LICENSES,
  'Hugging Face',
  // Reasons of the detection, like the details of a finding, are in English alone.
  'There are images; they can be kept without labels.',
]);
/** Paths, hashes, sizes, and the lines of data.yaml. */
const NAME =
  /@example\.org$|^[\d.]+ ?[kM]?B$|\.(jpg|png|txt|yaml|zip|jsonl)\b|^\w+\/$|^[0-9a-f]{64}$|^(path|train|val|names): |^[\d.]+ ?k?B · \d+ %$/;

describe.skipIf(!chromiumPath)('languages', () => {
  const granary = useGranary();
  let browser: Browser;
  let client: Client;
  let id: string;

  beforeAll(async () => {
    browser = await launch();
    const context = await browser.newContext();
    const { page } = await openPage(context);
    await signUp(page, granary.url, 'Minji');
    await context.close();
    client = await granary.signedIn('minji');
    id = await client.createDataset('Street scenes');
    const files = await yoloDataset(12);
    files.set('labels/train/none.txt', Buffer.from('0 0.5 0.5 0.1 0.1\n'));
    await client.importArchive(id, 'a.zip', await zipOf(files));
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('a browser that asks for Korean gets it, errors and all, and one may choose otherwise', async () => {
    const context = await browser.newContext({ locale: 'ko-KR' });
    const { page, problems } = await openPage(context);
    await page.goto(`${granary.url}/sign-in`);
    expect(await page.locator('html').getAttribute('lang')).toBe('ko');
    expect(await page.title()).toBe('로그인 · Granary');
    await page.getByLabel('이메일').fill('minji@example.org');
    await page.getByLabel('비밀번호').fill('wrong');
    await page.getByRole('button', { name: '로그인' }).click();
    await page.getByText('이메일 또는 비밀번호가 틀렸습니다.').waitFor();
    await page.getByLabel('비밀번호').fill('correct horse');
    await page.getByRole('button', { name: '로그인' }).click();
    await page.getByRole('heading', { name: '데이터셋' }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Datasets' }).waitFor();
    await page.goto(`${granary.url}/datasets/${id}/imports`);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.getByRole('button', { name: '한국어' }).click();
    await page.getByRole('link', { name: '개요' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/datasets/${id}/imports`);
    expect(problems).toEqual([]);
    await context.close();
  });

  test('no page has a text left in the other language, nor a key without a text', async () => {
    const context = await browser.newContext({ locale: 'ko-KR', viewport: { width: 1440, height: 900 } });
    const [name = '', value = ''] = client.cookie.split('=');
    await context.addCookies([{ name, value, url: granary.url }]);
    const { page, problems } = await openPage(context);
    const isName = (line: string) => NAMES.has(line) || NAME.test(line);
    const left: Record<string, string[]> = {};
    const pages = await pagesOf(client, id);
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(granary.url + path, { waitUntil: 'networkidle' });
      const lines = (await otherLines(page)).filter((line) => !isName(line));
      if (lines.length > 0) left[name] = lines;
    }
    expect(left).toEqual({});
    expect(problems).toEqual([]);
    await context.close();
  });
});

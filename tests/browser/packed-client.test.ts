import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { root } from '../../scripts/paths.ts';
import { contentHashOf, yoloDataset } from '../support/archives.ts';
import { chromiumPath, launch, openPage, signUp } from '../support/browser.ts';
import { Client } from '../support/client.ts';
import { type FlakyLink, openFlakyLink } from '../support/flaky-link.ts';
import { startTestGranary, type TestGranary } from '../support/granary.ts';

/** What a page of another app on Granary's origin would be. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>Another app</title>
<input type="file" webkitdirectory aria-label="Folder"><output></output>
<script type="module">
  import { createClient, errorOf, UploadError } from '/another-app/browser.js';
  const client = createClient({ url: location.origin, apiKey: new URLSearchParams(location.search).get('key') ?? undefined });
  const output = document.querySelector('output');
  document.querySelector('input').addEventListener('change', async ({ target }) => {
    try {
      const files = [...target.files].map((file) => ({ path: file.webkitRelativePath, file }));
      const { id } = await client.datasets.create.mutate({ name: 'from another app' });
      const { jobId } = await client.uploadFolder(id, files, {
        onProgress: ({ sentFiles, totalFiles }) => (output.textContent = sentFiles + ' of ' + totalFiles),
      });
      await client.waitForJob(jobId);
      const text = await new Response(await client.downloadFile(id, 'signs/data.yaml')).text();
      const path = await client.uploadFolder(id, '/etc').catch((error) => error.message);
      const refused = await client.uploadFile('missing', new File(['x'], 'x.zip')).catch((error) => error);
      const missing = await client.datasets.get.query({ id: 'missing' }).catch((error) => errorOf(error)?.code);
      output.textContent = JSON.stringify({ id, text, path, refused: refused instanceof UploadError && refused.code, missing });
    } catch (error) {
      output.textContent = 'Failed: ' + error.message;
    }
  });
</script>`;

describe.skipIf(!chromiumPath)('the packed client in a browser', () => {
  let granary: TestGranary;
  let link: FlakyLink;
  let browser: Browser;
  let folder: string;
  let files: Map<string, Uint8Array>;
  const bundle = () => readFileSync(join(root, 'packages/client/dist/browser.js'), 'utf8');

  beforeAll(async () => {
    granary = await startTestGranary({ serverUrl: inject('serverUrl') });
    link = await openFlakyLink(granary.url);
    browser = await launch();
    folder = mkdtempSync(join(tmpdir(), 'granary-another-app-'));
    files = await yoloDataset(30);
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, 'signs', path)), { recursive: true });
      writeFileSync(join(folder, 'signs', path), bytes);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await link?.stop();
    await granary?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Puts the page beside Granary's own, as a proxy before it would. */
  async function withPage(context: BrowserContext): Promise<void> {
    await context.route('**/another-app/*', (route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ contentType: 'text/javascript', body: bundle() })
        : route.fulfill({ contentType: 'text/html', body: PAGE }),
    );
  }

  const expected = { text: '', path: 'Browsers have no paths: give files, and read downloads as streams.' };

  test.each(['key', 'session'] as const)('a folder is uploaded and imported, signed in by a %s', async (by) => {
    const context = await browser.newContext();
    await withPage(context);
    const { page, problems } = await openPage(context);
    const person = new Client(granary.url);
    let query = '';
    if (by === 'session') {
      await signUp(page, link.url, 'Session');
      await person.json('POST', '/api/v1/auth/login', { email: 'session@example.org', password: 'correct horse' });
    } else {
      await person.register('key');
      const { body } = await person.json('POST', '/api/v1/api-keys', { name: 'page', scopes: ['read', 'write'] });
      query = `?key=${body.secret}`;
    }
    await page.goto(`${link.url}/another-app/index.html${query}`);
    await page.getByLabel('Folder').setInputFiles(join(folder, 'signs'));
    await page.getByText(/^(\{|Failed)/).waitFor({ timeout: 60_000 });
    const said = JSON.parse((await page.locator('output').textContent()) ?? '');
    expect(said).toMatchObject({
      ...expected,
      text: Buffer.from(files.get('data.yaml') ?? []).toString(),
      refused: 'not_found',
      missing: 'not_found',
    });
    expect((await person.dataset(said.id)).contentHash).toBe(
      contentHashOf(new Map([...files].map(([path, bytes]) => [`signs/${path}`, bytes]))),
    );
    expect(problems).toEqual([]);
    await context.close();
  });
});

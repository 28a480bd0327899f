import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage } from '../support/browser.ts';
import { testS3 } from '../support/granary.ts';
import { useGranary } from '../support/world.ts';

const s3 = testS3('granary-policy');
if (!s3) console.log('GRANARY_TEST_S3_ENDPOINT is not set: the policy of pages is tested on files only');

describe.skipIf(!chromiumPath).each([['files', {}] as const, ...(s3 ? [['S3', s3] as const] : [])])(
  'pages on %s',
  (_, env) => {
    const granary = useGranary({ env });
    let browser: Browser;

    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(async () => {
      await browser?.close();
    });

    test('show images under their policy, and run nothing that people bring', async () => {
      const owner = await granary.person('owner');
      const script = '<img src=x onerror=alert(1)>';
      const { body } = await owner.json('POST', '/api/v1/datasets', {
        name: script,
        description: `# ${script}\n\n<script>alert(1)</script>\n\n[link](javascript:alert(1))`,
      });
      const files = await yoloDataset(4);
      files.set('data.yaml', Buffer.from(`names: ["${script}", "<script>alert(1)</script>", c]`));
      await owner.importArchive(body.id, 'a.zip', await zipOf(files));
      const [image] = (await owner.json('GET', `/api/v1/datasets/${body.id}/images`)).body.items;

      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const [name = '', value = ''] = owner.cookie.split('=');
      await context.addCookies([{ name, value, url: granary.url }]);
      const { page, problems } = await openPage(context);
      page.on('dialog', (dialog) => {
        problems.push(`a script of people ran: ${dialog.message()}`);
        void dialog.dismiss();
      });
      for (const path of [
        '',
        '/images',
        `/images/${image.id}`,
        '/files?preview=data.yaml',
        '/annotations',
        '/settings',
      ]) {
        await page.goto(`${granary.url}/datasets/${body.id}${path}`, { waitUntil: 'networkidle' });
        expect(await page.evaluate('document.querySelectorAll("img[onerror]").length'), path).toBe(0);
      }
      await page.goto(`${granary.url}/datasets/${body.id}/images/${image.id}`);
      // On a bucket the image itself comes from there.
      await expect
        .poll(() =>
          page.evaluate('Math.max(...[...document.querySelectorAll("main img")].map((image) => image.naturalWidth))'),
        )
        .toBeGreaterThan(0);
      expect(problems).toEqual([]);
      await context.close();
    });
  },
);

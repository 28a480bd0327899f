/**
 * `npm run screenshots [folder …]` makes docs/screenshots anew: every page, wide and narrow, in each language. Each
 * folder is a dataset to show, the first of them on its own pages; without one, pictures are made up.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { type Files, zipOf } from '../tests/support/archives.ts';
import { launch } from '../tests/support/browser.ts';
import { Client } from '../tests/support/client.ts';
import { readFolder } from '../tests/support/folder.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { pagesOf } from '../tests/support/pages.ts';
import { streetScenes } from '../tests/support/scenes.ts';
import { build } from './build.ts';
import { findChromium } from './chromium.ts';
import { fail } from './console.ts';
import { root } from './paths.ts';

const LANGUAGES = { en: 'en-US', ko: 'ko-KR' };
const WIDTHS = [1440, 390];
const folder = join(root, 'docs', 'screenshots');

const chromium = findChromium();
if (!chromium) fail('There is no Chromium to take them with.');
await build().catch((error: Error) => fail(error.message));
await takeScreenshots(chromium, process.argv.slice(2));
process.exit(0);

async function takeScreenshots(chromium: string, folders: readonly string[]): Promise<void> {
  const granary = await startTestGranary();
  const browser = await launch(chromium);
  try {
    const client = new Client(granary.url);
    await client.register('Ada');
    const datasets: [string, Files][] =
      folders.length > 0
        ? folders.map((path) => [nameOf(path), readFolder(path)])
        : [['Street scenes', await streetScenes(24)]];
    const ids: string[] = [];
    for (const [name, files] of datasets) {
      const id = await client.createDataset(name);
      await client.importArchive(id, `${name}.zip`, await zipOf(files));
      ids.push(id);
    }
    const [id = ''] = ids;
    const description =
      'Pictures of **everyday scenes**.\n\n- made for object detection\n- split for training and test';
    await client.json('PATCH', `/api/v1/datasets/${id}`, { tags: ['everyday', 'photos'], description });
    const pages = await pagesOf(client, id);
    rmSync(folder, { recursive: true, force: true });
    for (const [language, locale] of Object.entries(LANGUAGES)) {
      mkdirSync(join(folder, language), { recursive: true });
      for (const width of WIDTHS) {
        const context = await browser.newContext({ locale, viewport: { width, height: 900 } });
        const page = await context.newPage();
        const shoot = async (name: string) => {
          const picture = await sharp(await page.screenshot())
            .png({ palette: true, quality: 80, effort: 10 })
            .toBuffer();
          writeFileSync(join(folder, language, `${name}-${width}.png`), picture);
        };
        for (const name of ['sign-in', 'sign-up']) {
          await page.goto(`${granary.url}/${name}`, { waitUntil: 'networkidle' });
          await shoot(name);
        }
        const [name = '', value = ''] = client.cookie.split('=');
        await context.addCookies([{ name, value, url: granary.url }]);
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(granary.url + path, { waitUntil: 'networkidle' });
          await shoot(name);
        }
        await page.goto(`${granary.url}/datasets`, { waitUntil: 'networkidle' });
        await page.locator('button[aria-haspopup=dialog]').first().click();
        await page.getByRole('dialog').getByRole('listitem').first().waitFor();
        await shoot('jobs');
        await context.close();
      }
    }
  } finally {
    await browser.close();
    await granary.stop();
  }
}

/** A fixture keeps its files in a folder of its own: then the name is that of the folder around it. */
const nameOf = (path: string): string =>
  basename(path) === 'input' || basename(path) === 'data' ? basename(dirname(path)) : basename(path);

/**
 * The annotation workspace with 2,000 annotations, a third of them polygons of 40 points, on one image of 8,000 × 6,000 pixels:
 * times between frames while one pans, zooms in and out, drags a box among the others, and draws one, in Chromium without a
 * graphics card.
 *
 * Ratio: the median of these times over that with the same image and no annotation. Beside it the times themselves.
 */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { findChromium } from '../scripts/chromium.ts';
import { zipOf } from '../tests/support/archives.ts';
import { launch } from '../tests/support/browser.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const WIDTH = 8000;
const HEIGHT = 6000;
const ANNOTATIONS = Math.round(2000 * Number(process.argv[3] ?? 1));
const COLUMNS = 50;

const granary = await startTestGranary();
const chromium = findChromium();
if (!chromium) throw new Error('There is no Chromium to measure with');
const browser = await launch(chromium);
try {
  const client = new Client(granary.url);
  await client.register('bench');
  const id = await client.createDataset('large');
  await client.importArchive(id, 'large.zip', await zipOf(await largeDataset()));
  const { items } = (await client.json('GET', `/api/v1/datasets/${id}/images`)).body;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.request.post(`${granary.url}/api/v1/auth/login`, {
    data: { email: 'bench@example.org', password: 'correct horse' },
  });
  const page = await context.newPage();
  const times: Record<string, Record<string, number[]>> = {};
  for (const name of ['many.jpg', 'none.jpg']) {
    const file = items.find(({ path }: { path: string }) => path.endsWith(name));
    await page.goto(`${granary.url}/datasets/${id}/annotate/${file.id}`);
    await page.locator('[data-ready=true]').waitFor();
    await page.waitForLoadState('networkidle');
    times[name] = await frames(page);
  }
  const all = (name: string) => Object.values(times[name] ?? {}).flat();
  const of = (values: readonly number[], share: number) =>
    Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0);
  report({
    name: 'annotate',
    ratio: Number((median(all('many.jpg')) / median(all('none.jpg'))).toFixed(2)),
    compared: `milliseconds between frames with ${ANNOTATIONS} annotations over those with none, on an image of 48 megapixels`,
    goal: 'lower is better',
    ...Object.fromEntries(
      Object.entries(times['many.jpg'] ?? {}).flatMap(([act, values]) => [
        [`${act}MedianMs`, of(values, 0.5)],
        [`${act}P95Ms`, of(values, 0.95)],
      ]),
    ),
  });
} finally {
  await browser.close();
  await granary.stop();
}

/** Times between frames, by what is done meanwhile. */
async function frames(page: Page): Promise<Record<string, number[]>> {
  const area = await page.getByTestId('canvas').boundingBox();
  if (!area) throw new Error('There is no canvas');
  const [x, y] = [area.x + area.width / 2, area.y + area.height / 2];
  const record = async (act: () => Promise<void>): Promise<number[]> => {
    await page.evaluate(`(() => {
      const times = [];
      let last = performance.now();
      const tick = (now) => {
        times.push(now - last);
        last = now;
        window.frame = requestAnimationFrame(tick);
      };
      window.frame = requestAnimationFrame(tick);
      window.frames_ = times;
    })()`);
    await act();
    return page.evaluate('(cancelAnimationFrame(window.frame), window.frames_.slice(1))');
  };
  const along = async (button: 'left' | 'middle') => {
    await page.mouse.move(x, y);
    await page.mouse.down({ button });
    for (let i = 0; i < 60; i++) await page.mouse.move(x + Math.sin(i / 6) * 120, y + Math.cos(i / 6) * 90);
    await page.mouse.up({ button });
  };
  const wheel = async (by: number) => {
    await page.mouse.move(x, y);
    for (let i = 0; i < 30; i++) await page.mouse.wheel(0, by);
  };
  await page.keyboard.press('f');
  const pan = await record(() => along('middle'));
  await page.keyboard.press('f');
  const zoom = await record(async () => {
    await wheel(-60);
    await wheel(60);
  });
  await page.keyboard.press('f');
  await page.keyboard.press('v');
  const drag = await record(() => along('left'));
  await page.keyboard.press('b');
  const draw = await record(() => along('left'));
  return { pan, zoom, drag, draw };
}

async function largeDataset(): Promise<Map<string, Uint8Array>> {
  const small = await sharp(Buffer.from(Array.from({ length: 80 * 60 * 3 }, (_, i) => (i * 37) % 255)), {
    raw: { width: 80, height: 60, channels: 3 },
  })
    .png()
    .toBuffer();
  const jpeg = await sharp(small).resize(WIDTH, HEIGHT, { kernel: 'cubic' }).jpeg({ quality: 70 }).toBuffer();
  const annotations = Array.from({ length: ANNOTATIONS }, (_, i) => {
    const [left, top] = [(i % COLUMNS) * (WIDTH / COLUMNS), Math.floor(i / COLUMNS) * 148];
    const bbox = [left + 10, top + 10, 120, 110];
    const ring = Array.from({ length: 40 }, (_, k) => (k / 40) * 2 * Math.PI).flatMap((angle) => [
      left + 70 + Math.cos(angle) * (40 + (i % 20)),
      top + 65 + Math.sin(angle) * 50,
    ]);
    const shape = i % 3 === 0 ? { segmentation: [ring] } : {};
    return { id: i + 1, image_id: 1, category_id: 1 + (i % 12), bbox, area: 13_200, iscrowd: 0, ...shape };
  });
  const images = ['many.jpg', 'none.jpg'].map((file_name, i) => ({
    id: i + 1,
    file_name,
    width: WIDTH,
    height: HEIGHT,
  }));
  const categories = Array.from({ length: 12 }, (_, i) => ({ id: i + 1, name: `class ${i + 1}` }));
  return new Map<string, Uint8Array>([
    ['annotations/instances.json', Buffer.from(JSON.stringify({ images, annotations, categories }))],
    ['images/many.jpg', jpeg],
    // Bytes behind the end of a JPEG are ignored: the same picture, another file.
    ['images/none.jpg', Buffer.concat([jpeg, Buffer.from('none')])],
  ]);
}

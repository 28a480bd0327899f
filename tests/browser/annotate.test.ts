import axeCore from 'axe-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fitted, toScreen } from '../../apps/web/app/annotate/view.ts';
import { zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, shoot, signUp } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const { source: axe } = axeCore;
const WIDTH = 640;
const HEIGHT = 480;
/** What is on the picture, in its pixels: red on grey. */
const RED = { left: 200, top: 150, width: 120, height: 80 };

async function picture(): Promise<Buffer> {
  const red = await sharp({
    create: { width: RED.width, height: RED.height, channels: 3, background: '#ff0000' },
  })
    .png()
    .toBuffer();
  return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#808080' } })
    .composite([{ input: red, left: RED.left, top: RED.top }])
    .png()
    .toBuffer();
}

/** COCO with three images, a car on the second, and a class with a skeleton. */
async function cocoFiles(): Promise<Map<string, Uint8Array>> {
  const images = ['a', 'b', 'c'].map((name, i) => ({
    id: i + 1,
    file_name: `${name}.png`,
    width: WIDTH,
    height: HEIGHT,
  }));
  const json = {
    images,
    annotations: [
      { id: 1, image_id: 2, category_id: 1, bbox: [100, 100, 50, 40], area: 2000, iscrowd: 0 },
      { id: 2, image_id: 3, category_id: 1, bbox: [300, 200, 60, 60], area: 3600, iscrowd: 0 },
    ],
    categories: [
      { id: 1, name: 'car' },
      {
        id: 2,
        name: 'person',
        keypoints: ['nose', 'left eye', 'right eye'],
        skeleton: [
          [1, 2],
          [1, 3],
        ],
      },
    ],
  };
  const files = new Map<string, Uint8Array>([['annotations/instances.json', Buffer.from(JSON.stringify(json))]]);
  // Each picture is a file of its own: bytes behind the end of a PNG are ignored.
  for (const { file_name } of images)
    files.set(`images/${file_name}`, Buffer.concat([await picture(), Buffer.from(file_name)]));
  return files;
}

/** One image whose labels are in DOTA's text, which holds boxes that are turned. */
async function dotaFiles(): Promise<Map<string, Uint8Array>> {
  return new Map<string, Uint8Array>([
    ['labelTxt/a.txt', Buffer.from('imagesource:x\ngsd:1\n10 10 60 10 60 60 10 60 car 0\n')],
    ['images/a.png', await picture()],
  ]);
}

describe.skipIf(!chromiumPath)('annotating', () => {
  const granary = useGranary();
  let browser: Browser;
  let context: BrowserContext;
  let client: Client;
  let id: string;
  let files: { id: number; path: string }[];

  beforeAll(async () => {
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page } = await openPage(context);
    await signUp(page, granary.url, 'Vera');
    await page.close();
    client = await granary.signedIn('vera');
    id = await client.createDataset('Streets');
    await client.importArchive(id, 'a.zip', await zipOf(await cocoFiles()));
    files = (await client.json('GET', `/api/v1/datasets/${id}/images`)).body.items;
  });
  afterAll(async () => {
    await browser?.close();
  });

  const fileOf = (name: string): number => files.find(({ path }) => path.endsWith(`${name}.png`))?.id ?? 0;
  const stored = async (name: string, dataset = id) => {
    const { body } = await client.json('GET', `/api/v1/datasets/${dataset}/images/${fileOf(name)}/editing`);
    return body.annotations;
  };
  const open = async (page: Page, name: string, query = '') => {
    page.setDefaultTimeout(10_000);
    await page.goto(`${granary.url}/datasets/${id}/annotate/${fileOf(name)}${query}`);
    await page.locator('[data-ready=true]').waitFor();
    // The picture is there, and red is on it.
    await expect.poll(() => redOf(page).catch(() => null)).not.toBeNull();
  };
  const saved = async (page: Page) => {
    // What was just done has been drawn by then.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await page.getByTestId('saving').getByText('Saved', { exact: true }).waitFor();
  };
  const canvasOf = (page: Page): Locator => page.getByTestId('canvas');

  /** Where the red of the picture is on the screen, by the screenshot: first and last pixels. */
  async function redOf(page: Page): Promise<{ left: number; top: number; right: number; bottom: number }> {
    const { data, info } = await sharp(await page.screenshot())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const place = { left: Infinity, top: Infinity, right: -1, bottom: -1 };
    for (let y = 0; y < info.height; y++) {
      for (let x = 0; x < info.width; x++) {
        const at = (y * info.width + x) * 3;
        if (!((data[at] ?? 0) > 250 && (data[at + 1] ?? 255) < 5 && (data[at + 2] ?? 255) < 5)) continue;
        place.left = Math.min(place.left, x);
        place.right = Math.max(place.right, x + 1);
        place.top = Math.min(place.top, y);
        place.bottom = Math.max(place.bottom, y + 1);
      }
    }
    if (place.right < 0) throw new Error('There is no red');
    return place;
  }

  async function drag(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await page.mouse.move(...from);
    await page.mouse.down();
    await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
    await page.mouse.move(...to);
    await page.mouse.up();
  }

  /** Where pixels of the picture are on the screen while it is fitted to the window. */
  async function screenOf(page: Page): Promise<(x: number, y: number) => [number, number]> {
    const area = await canvasOf(page).boundingBox();
    if (!area) throw new Error('There is no canvas');
    const view = fitted({ width: WIDTH, height: HEIGHT }, area);
    return (x, y) => {
      const [left, top] = toScreen(view, [x, y]);
      return [area.x + left, area.y + top];
    };
  }

  test('the neighbours are those of the query that one came from', async () => {
    const { page } = await openPage(context);
    await page.goto(`${granary.url}/datasets/${id}/images?class=car`);
    await page.getByTestId('gallery').getByRole('link').first().click();
    await page.waitForURL(/images\/\d+\?class=car$/);
    await page.getByRole('link', { name: 'Annotate' }).click();
    await page.waitForURL(`**/annotate/${fileOf('b')}?class=car`);
    expect(await page.getByRole('button', { name: 'Previous image' }).isDisabled()).toBe(true);
    await page.keyboard.press('PageDown');
    await page.waitForURL(`**/annotate/${fileOf('c')}?class=car`);
    await page.close();
  });

  test('a box is drawn around what is seen, exact to a pixel after zoom and pan, moved, resized, undone and kept', async () => {
    const { page, problems } = await openPage(context);
    await page.goto(`${granary.url}/datasets/${id}/images/${fileOf('a')}`);
    await page.getByRole('link', { name: 'Annotate' }).click();
    await page.waitForURL(/annotate/);
    await open(page, 'a');
    const area = await canvasOf(page).boundingBox();
    if (!area) throw new Error('There is no canvas');
    await page.mouse.move(area.x + 300, area.y + 320);
    await page.mouse.wheel(0, -260);
    await page.mouse.move(area.x + 500, area.y + 500);
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(area.x + 433, area.y + 461);
    await page.mouse.up({ button: 'middle' });
    await page.keyboard.press('b');
    await page.mouse.move(area.x + 3, area.y + area.height - 3);
    const seen = await redOf(page);
    await drag(page, [seen.left, seen.top], [seen.right, seen.bottom]);
    await saved(page);
    const box = async () => (await stored('a'))[0]?.geometry.box;
    const near = (wanted: number[]) => async () =>
      (await box()).every((value: number, i: number) => Math.abs(value - (wanted[i] ?? 0)) <= 1);
    expect(await near([RED.left, RED.top, RED.width, RED.height])()).toBe(true);

    const exact = await box();
    await page.keyboard.press('v');
    // The window was moved: by the red, where it is now.
    const scale = (seen.right - seen.left) / RED.width;
    const at = (x: number, y: number): [number, number] => [
      seen.left + (x - RED.left) * scale,
      seen.top + (y - RED.top) * scale,
    ];
    await drag(page, at(260, 190), at(300, 210));
    await saved(page);
    await expect.poll(near([RED.left + 40, RED.top + 20, RED.width, RED.height])).toBe(true);
    const [x = 0, y = 0, width = 0, height = 0] = await box();
    expect([width, height]).toEqual(exact.slice(2));
    await drag(page, at(x + width, y + height), at(x + width + 30, y + height - 10));
    await saved(page);
    await expect.poll(near([x, y, width + 30, height - 10])).toBe(true);
    for (let i = 0; i < 2; i++) await page.keyboard.press('Control+z');
    await saved(page);
    await expect.poll(box).toEqual(exact);
    await page.keyboard.press('Control+Shift+z');
    await saved(page);
    await expect.poll(near([RED.left + 40, RED.top + 20, RED.width, RED.height])).toBe(true);
    const kept = await stored('a');
    await page.reload();
    await page.getByRole('button', { name: /^Box 1/ }).waitFor();
    expect(await stored('a')).toEqual(kept);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('each tool draws once, in its class, and what the format cannot hold is said', async () => {
    const { page, problems } = await openPage(context);
    await open(page, 'b');
    const at = await screenOf(page);
    await page.keyboard.press('p');
    for (const [x, y] of [
      [220, 170],
      [300, 170],
      [300, 220],
    ] as const)
      await page.mouse.click(...at(x, y));
    await page.keyboard.press('c');
    await page.getByRole('button', { name: /^Polygon 2/ }).waitFor();

    await page.keyboard.press('m');
    await page.getByRole('slider', { name: 'Brush radius' }).fill('6');
    await page.keyboard.press('n');
    await drag(page, at(400, 100), at(450, 100));
    await page.keyboard.press('e');
    await page.mouse.click(...at(425, 100));
    await page.getByRole('button', { name: /^Mask 3/ }).waitFor();

    await page.keyboard.press('Escape');
    await page.keyboard.press('2');
    await page.keyboard.press('k');
    await page.getByText('Next: nose (1 of 3)').waitFor();
    await page.mouse.click(...at(500, 300));
    await page.keyboard.down('Shift');
    await page.mouse.click(...at(490, 290));
    await page.keyboard.up('Shift');
    await page.keyboard.press('s');
    await page.getByRole('button', { name: /^Key points 4/ }).waitFor();

    await page.getByText('Whole image').click();
    await page.getByRole('textbox', { name: 'Caption' }).fill('a red sign');
    await page.getByRole('textbox', { name: 'Caption' }).blur();
    // It is there, with an empty field for another one.
    await expect.poll(() => page.getByRole('textbox', { name: 'Caption' }).count()).toBe(2);
    expect(await page.getByRole('textbox', { name: 'Caption' }).last().inputValue()).toBe('');
    await saved(page);
    const all = await stored('b');
    expect(all.map(({ type, className }: { type: string; className: string | null }) => [type, className])).toEqual([
      ['bbox', 'car'],
      ['polygon', 'car'],
      ['rle', 'car'],
      ['keypoints', 'person'],
      ['caption', null],
    ]);
    const [, polygon, mask, person] = all;
    expect(polygon.geometry.polygons[0]).toEqual([220, 170, 300, 170, 300, 220]);
    expect(mask.geometry.box).toEqual([394, 94, 62, 12]);
    expect(person.geometry.keypoints).toEqual([500, 300, 2, 490, 290, 1, 0, 0, 0]);

    // The point of a polygon that is dragged, and one that is added on an edge.
    await page.keyboard.press('v');
    await page.mouse.click(...at(290, 190));
    await drag(page, at(300, 170), at(320, 160));
    await drag(page, at(310, 190), at(330, 200));
    await saved(page);
    await expect
      .poll(async () => (await stored('b'))[1].geometry.polygons[0])
      .toEqual([220, 170, 320, 160, 330, 200, 300, 220]);

    // COCO has no boxes that are turned: it is said, and undone it is saved again.
    await page.keyboard.press('Escape');
    await page.keyboard.press('o');
    await drag(page, at(100, 300), at(160, 340));
    await page.getByTestId('saving').getByText('Not saved').waitFor();
    await page.getByText(/cannot hold this/).waitFor();
    await page.keyboard.press('Control+z');
    await saved(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot(page, 'annotate');
    await page.emulateMedia({ colorScheme: 'light' });
    await shoot(page, 'annotate-light');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('oriented boxes are drawn, turned and kept where the format has them', async () => {
    const { page, problems } = await openPage(context);
    const other = await client.createDataset('Turned');
    await client.importArchive(other, 'a.zip', await zipOf(await dotaFiles()));
    const [file] = (await client.json('GET', `/api/v1/datasets/${other}/images`)).body.items;
    await page.goto(`${granary.url}/datasets/${other}/annotate/${file.id}`);
    await page.locator('[data-ready=true]').waitFor();
    await expect.poll(() => redOf(page).catch(() => null)).not.toBeNull();
    const at = await screenOf(page);
    await page.keyboard.press('o');
    await drag(page, at(200, 150), at(320, 230));
    await page.keyboard.press('v');
    for (let i = 0; i < 5; i++) await page.keyboard.press('r');
    await page.getByRole('spinbutton', { name: 'Angle' }).fill('30');
    await page.keyboard.press('Enter');
    await saved(page);
    const { body } = await client.json('GET', `/api/v1/datasets/${other}/images/${file.id}/editing`);
    const obb = body.annotations[1];
    const [x1, y1, x2, y2] = obb.geometry.corners;
    expect((Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI).toBeCloseTo(30, 3);
    expect(Math.hypot(x2 - x1, y2 - y1)).toBeCloseTo(120, 3);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('by keyboard alone: a class that is new, a box, its place and size, a copy on the next image', async () => {
    const { page, problems } = await openPage(context);
    await open(page, 'a');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.press('/');
    await page.keyboard.type('kiosk');
    await page.keyboard.press('Enter');
    await page.keyboard.press('b');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+ArrowRight');
    for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('v');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Control+ArrowDown');
    await saved(page);
    const box = async (name: string) =>
      (await stored(name)).find(({ className }: { className: string | null }) => className === 'kiosk')?.geometry.box;
    // It begins a step right of the middle.
    expect(await box('a')).toEqual([311, 240, 50, 41]);
    await page.keyboard.press('Control+c');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(`**/annotate/${fileOf('b')}`);
    await page.locator('[data-ready=true]').waitFor();
    const { body } = await client.json('GET', `/api/v1/datasets/${id}/images/${fileOf('a')}`);
    expect(body.status).toBe('completed');
    await page.getByRole('heading', { name: 'b.png' }).waitFor();
    await page.keyboard.press('Control+v');
    await saved(page);
    await expect.poll(() => box('b')).toEqual([311, 240, 50, 41]);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Finish a polygon', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(problems).toEqual([]);
    await page.close();
  });

  test('two people in one image: edits merge, and what both moved is asked', async () => {
    const [mine, theirs] = [await openPage(context), await openPage(context)];
    await Promise.all([open(mine.page, 'c'), open(theirs.page, 'c')]);
    const at = await screenOf(mine.page);
    // Mine does not hear of anything until it is cut off.
    await mine.page.context().setOffline(false);
    await mine.page.route('**/trpc/images.saveAnnotations**', (route) => route.abort());
    await mine.page.mouse.click(...at(310, 260));
    await drag(mine.page, at(330, 230), at(350, 230));
    await mine.page.keyboard.press('b');
    await drag(mine.page, at(50, 50), at(90, 90));
    await mine.page.getByText('Offline: kept in this browser').waitFor();
    await drag(theirs.page, at(330, 230), at(330, 260));
    await theirs.page.keyboard.press('b');
    await drag(theirs.page, at(400, 400), at(440, 440));
    await saved(theirs.page);
    // What waits outlives a reload.
    await mine.page.unroute('**/trpc/images.saveAnnotations**');
    await mine.page.reload();
    await mine.page.getByText('You and someone else changed car').waitFor();
    await saved(mine.page);
    const boxes = async () =>
      (await stored('c')).map(({ geometry }: { geometry: { box: number[] } }) => geometry.box).sort();
    expect(await boxes()).toEqual(
      [
        [300, 230, 60, 60],
        [320, 200, 60, 60],
        [50, 50, 40, 40],
        [400, 400, 40, 40],
      ].sort(),
    );
    await shoot(mine.page, 'annotate-conflict');
    await mine.page.getByRole('button', { name: 'Keep mine' }).click();
    await saved(mine.page);
    await expect.poll(async () => (await boxes()).length).toBe(3);
    await theirs.page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await theirs.page.getByRole('heading', { name: 'Labels (3)' }).waitFor();
    expect(await boxes()).toContainEqual([320, 200, 60, 60]);
    expect([...mine.problems, ...theirs.problems]).toEqual([]);
    await Promise.all([mine.page.close(), theirs.page.close()]);
  });

  test('a finger moves a box on a phone, two zoom, and nothing keeps people out', async () => {
    const phone = await browser.newContext({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
      storageState: await context.storageState(),
    });
    const { page, problems } = await openPage(phone);
    await open(page, 'b');
    const at = await screenOf(page);
    const session = await phone.newCDPSession(page);
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: [number, number][]) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], i) => ({ x, y, id: i })) });
    const before = (await stored('b')).find(({ type }: { type: string }) => type === 'bbox')?.geometry.box;
    const [fromX, fromY] = at(125, 120);
    const [toX, toY] = at(165, 160);
    await touch('touchStart', [fromX, fromY]);
    await touch('touchMove', [(fromX + toX) / 2, (fromY + toY) / 2]);
    await touch('touchMove', [toX, toY]);
    await touch('touchEnd');
    await saved(page);
    const moved = async () => (await stored('b')).find(({ type }: { type: string }) => type === 'bbox')?.geometry.box;
    const [x = 0, y = 0, width = 0, height = 0] = before;
    await expect.poll(async () => Math.abs(((await moved())[0] ?? 0) - x - 40)).toBeLessThanOrEqual(2);
    expect(Math.abs(((await moved())[1] ?? 0) - y - 40)).toBeLessThanOrEqual(2);
    expect((await moved()).slice(2)).toEqual([width, height]);

    const narrow = await redOf(page);
    const [middleX, middleY] = at(260, 190);
    await touch('touchStart', [middleX - 20, middleY], [middleX + 20, middleY]);
    await touch('touchMove', [middleX - 40, middleY], [middleX + 40, middleY]);
    await touch('touchEnd');
    await expect
      .poll(async () => {
        const wide = await redOf(page);
        return (wide.right - wide.left) / (narrow.right - narrow.left);
      })
      .toBeGreaterThan(1.7);
    await page.getByRole('button', { name: 'Labels and classes' }).tap();
    await page.getByRole('heading', { name: /^Labels \(/ }).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe);
      const found: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
        `axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)`,
      );
      expect(found.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual(
        [],
      );
    }
    expect(problems).toEqual([]);
    await phone.close();
  });
});

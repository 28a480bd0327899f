import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { root } from '../../scripts/paths.ts';

export const chromiumPath = process.env.GRANARY_TEST_CHROMIUM;
if (!chromiumPath) console.log('Skipping the browser tests: GRANARY_TEST_CHROMIUM names no Chromium');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(executablePath = chromiumPath ?? '', args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...FLAGS, ...args] });
}

/** A server that is away, and a navigation that another has overtaken, which Remix writes to the console. */
const HARMLESS = /Failed to load resource|^AbortError: signal is aborted/;

/** A page whose errors fail the test. */
export async function openPage(context: BrowserContext): Promise<{ page: Page; problems: string[] }> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !HARMLESS.test(message.text())) problems.push(message.text());
  });
  return { page, problems };
}

export async function signUp(page: Page, base: string, name: string): Promise<void> {
  await page.goto(`${base}/`);
  await page.getByRole('link', { name: 'Sign up' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(`${name.toLowerCase()}@example.org`);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.waitForURL('**/datasets');
}

/** Drops a folder of this machine on the page's drop zone, as a person's file manager does. */
export async function dropFolder(page: Page, folder: string): Promise<void> {
  const zone = await page.getByTestId('drop-zone').boundingBox();
  if (!zone) throw new Error('There is no drop zone');
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  const place = { x: zone.x + zone.width / 2, y: zone.y + zone.height / 2, data };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, ...place });
  await session.detach();
}

/** The step of the wizard that takes files; the name is that of the files then. */
export async function pickForNewDataset(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/datasets/new?step=2`, { waitUntil: 'networkidle' });
}

/** From there, or from a step behind it, to the end. */
export async function createAndUpload(page: Page): Promise<void> {
  const step = Number(new URL(page.url()).searchParams.get('step') ?? 1);
  for (let next = step + 1; next <= 4; next++) {
    await page.getByRole('button', { name: 'Next' }).click();
    await page.waitForURL(`**/datasets/new?step=${next}`);
  }
  await page.getByRole('button', { name: 'Create and upload' }).click();
}

/**
 * Screenshots at both widths, for people to look at: test-results/screenshots. Only where GRANARY_TEST_SCREENSHOTS is set:
 * a page has to be still for each.
 */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!process.env.GRANARY_TEST_SCREENSHOTS) return;
  const folder = join(root, 'test-results', 'screenshots');
  mkdirSync(folder, { recursive: true });
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForLoadState('networkidle');
    await page.screenshot({ path: join(folder, `${name}-${width}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

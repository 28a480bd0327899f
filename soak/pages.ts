/**
 * How the pages that people look around with do in a browser: the scripts of the list, Lighthouse's scores of list,
 * dataset and gallery, and a gallery of 100,000 images that is scrolled from its beginning to its end.
 */
import { gzipSync } from 'node:zlib';
import lighthouse, { desktopConfig } from 'lighthouse';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { softPicture, zipOf } from '../tests/support/archives.ts';
import { launch } from '../tests/support/browser.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary, type TestGranary } from '../tests/support/granary.ts';
import { tabMib } from '../tests/support/tab-memory.ts';

const IMAGES = Number(process.argv[3] ?? 100_000);
const PICTURES = 200;
const DEBUG_PORT = 9333;
const GOALS = { scriptKb: 200, score: 95, items: 400, mib: 300 };
/** What the page has now, before it is scrolled to its end; null until all its thumbnails are there. */
const STEP = `(() => {
  const list = document.querySelector('[data-testid=gallery]');
  const links = [...(list?.querySelectorAll('a') ?? [])];
  const images = [...(list?.querySelectorAll('img') ?? [])];
  if (links.length === 0 || !images.every((image) => image.complete)) return null;
  window.scrollTo(0, document.documentElement.scrollHeight);
  const last = Number(/(\\d+)\\.jpg/.exec(links.at(-1).getAttribute('title'))?.[1] ?? -1);
  return list.querySelectorAll('*').length + ' ' + last;
})()`;

const granary = await startTestGranary();
const browser = await launch(undefined, [`--remote-debugging-port=${DEBUG_PORT}`]);
try {
  const client = new Client(granary.url);
  await client.register();
  const id = await client.createDataset('Many');
  await fill(granary, client, id);
  const pages = {
    list: `${granary.url}/datasets`,
    dataset: `${granary.url}/datasets/${id}`,
    gallery: `${granary.url}/datasets/${id}/images`,
  };
  const context = await signedIn(browser, granary, client);
  const page = await context.newPage();
  // The first look makes the thumbnails; what is measured is every later one.
  for (const url of Object.values(pages)) await page.goto(url, { waitUntil: 'networkidle' });
  const scriptKb = await scriptsOf(page, pages.list);
  console.log(`scripts of the list: ${scriptKb} kB gzipped (goal under ${GOALS.scriptKb})`);
  await context.close();
  const scores: Record<string, Record<string, number>> = {};
  for (const [name, url] of Object.entries(pages)) {
    scores[name] = await scoresOf(url, client.cookie);
    console.log(`${name}: ${JSON.stringify(scores[name])} (goal at least ${GOALS.score} each)`);
  }
  const gallery = await scroll(pages.gallery, client.cookie);
  console.log(
    `gallery of ${IMAGES} images: ${gallery.seen} seen, at most ${gallery.mostItems} elements for items (goal under ${GOALS.items}), ${gallery.peakMib} MiB (goal under ${GOALS.mib})`,
  );
  console.log(JSON.stringify({ name: 'pages', scriptKb, scores, gallery }));
  const isMissed =
    scriptKb >= GOALS.scriptKb ||
    Object.values(scores).some((each) => Object.values(each).some((score) => score < GOALS.score)) ||
    gallery.mostItems >= GOALS.items ||
    gallery.peakMib >= GOALS.mib;
  if (isMissed) process.exitCode = 1;
} finally {
  await browser.close();
  await granary.stop();
}

/** Some real pictures, imported, and very many rows of files that have their content. */
async function fill({ database: { sql } }: TestGranary, client: Client, id: string): Promise<void> {
  const pictures = new Map<string, Uint8Array>();
  for (let i = 0; i < PICTURES; i++) {
    const name = `${String(i).padStart(7, '0')}.jpg`;
    pictures.set(`images/${name}`, await (await softPicture(i)).jpeg().toBuffer());
    pictures.set(`labels/${name.replace('.jpg', '.txt')}`, Buffer.from('0 0.5 0.5 0.3 0.4\n1 0.3 0.3 0.2 0.2\n'));
  }
  pictures.set('data.yaml', Buffer.from('names: [ant, bee]\n'));
  await client.importArchive(id, 'a.zip', await zipOf(pictures));
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, split, storage_key, added_in)
    select dataset_id, 'images/' || lpad(i::text, 7, '0') || '.jpg', size, sha256, mime, kind, width, height, split, storage_key, added_in
    from generate_series(${PICTURES}::int, ${IMAGES - 1}::int) i
    join (select *, row_number() over (order by path) - 1 as number from dataset_files where dataset_id = ${id} and kind = 'image') own
      on own.number = i % ${PICTURES}`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, state, added_in)
    select a.project_id, f.id, a.class_id, a.type, a.geometry, a.attributes, a.state, a.added_in
    from (select *, row_number() over (order by path) - 1 as number from dataset_files where dataset_id = ${id} and kind = 'image') f
    join (select id, row_number() over (order by path) - 1 as number from dataset_files
      where dataset_id = ${id} and kind = 'image' order by path limit ${PICTURES}) own on own.number = f.number % ${PICTURES}::int
    join annotations a on a.file_id = own.id
    where f.number >= ${PICTURES}`;
  await sql`update datasets set num_images = ${IMAGES} where id = ${id}`;
  await sql`analyze`;
}

async function signedIn(browser: Browser, { url }: TestGranary, client: Client): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const [name = '', value = ''] = client.cookie.split('=');
  await context.addCookies([{ name, value, url }]);
  return context;
}

/** What of JavaScript a page loads, in kB, compressed. */
async function scriptsOf(page: Page, url: string): Promise<number> {
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script')
      sizes.push(response.body().then((body) => gzipSync(body).length));
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  return Math.round((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1000);
}

async function scoresOf(url: string, cookie: string): Promise<Record<string, number>> {
  const result = await lighthouse(
    url,
    {
      port: DEBUG_PORT,
      logLevel: 'error',
      onlyCategories: ['performance', 'accessibility'],
      extraHeaders: { Cookie: cookie },
      disableStorageReset: true,
    },
    desktopConfig,
  );
  if (process.env.LIGHTHOUSE_DETAILS) {
    for (const audit of Object.values(result?.lhr.audits ?? {})) {
      if (audit.score !== null && audit.score < 0.95)
        console.log(`  ${audit.id}: ${audit.displayValue ?? audit.score}`);
    }
  }
  return Object.fromEntries(
    Object.entries(result?.lhr.categories ?? {}).map(([name, { score }]) => [name, Math.round((score ?? 0) * 100)]),
  );
}

/**
 * A page without a test's tools: what those note of each answer (100 MB and more of bodies) lies in the memory of the tab.
 */
async function openBare(url: string, cookie: string) {
  const asked = await fetch(`http://127.0.0.1:${DEBUG_PORT}/json/new?about:blank`, { method: 'PUT' });
  const target: { webSocketDebuggerUrl: string } = await asked.json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((opened) => socket.addEventListener('open', opened, { once: true }));
  const answers = new Map<number, (result: { result?: { value?: unknown } }) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    answers.get(id)?.(result);
    answers.delete(id);
  });
  let id = 0;
  const send = (method: string, params: object) =>
    new Promise<{ result?: { value?: unknown } }>((done) => {
      answers.set(++id, done);
      socket.send(JSON.stringify({ id, method, params }));
    });
  const [name = '', value = ''] = cookie.split('=');
  await send('Network.setCookie', { name, value, url });
  await send('Emulation.setDeviceMetricsOverride', { width: 1440, height: 900, deviceScaleFactor: 1, mobile: false });
  await send('Page.navigate', { url });
  return {
    evaluate: async (expression: string) =>
      (await send('Runtime.evaluate', { expression, returnByValue: true })).result?.value,
    close: () => send('Page.close', {}),
  };
}

/** Goes on as someone would who looks at what is there before. */
async function scroll(url: string, cookie: string) {
  const page = await openBare(url, cookie);
  let [peakMib, mostItems, last, still] = [0, 0, -1, 0];
  while (last < IMAGES - 1 && still < 600) {
    const [, items = 0, now = -1] = (/^(\d+) (\d+)$/.exec(String(await page.evaluate(STEP))) ?? []).map(Number);
    still = now > last ? 0 : still + 1;
    last = Math.max(last, now);
    mostItems = Math.max(mostItems, items);
    peakMib = Math.max(peakMib, tabMib());
    await new Promise((wake) => setTimeout(wake, 50));
  }
  await page.close();
  return { seen: last + 1, mostItems, peakMib: Math.round(peakMib) };
}

import { createServer } from 'node:http';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, shoot, signUp } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('sharing in the browser', () => {
  let browser: Browser;
  let allowed: Awaited<ReturnType<typeof startApp>>;
  let foreign: Awaited<ReturnType<typeof startApp>>;

  beforeAll(async () => {
    [allowed, foreign] = [await startApp(), await startApp()];
  });
  const granary = useGranary(() => ({
    env: { GRANARY_EMBED_ORIGINS: allowed.url, GRANARY_UPLOAD_ORIGINS: allowed.url },
  }));
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    for (const app of [allowed, foreign]) app?.stop();
  });

  test('a dataset is shared, a role changed and taken away; a key is made, shown once and revoked', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Rosa');
    const client = await granary.signedIn('rosa');
    const guest = await granary.person('guest');
    const id = await client.createDataset('Shared scenes');
    await client.json('POST', `/api/v1/datasets/${id}/usages`, { service: 'trainer', externalId: 'run-7' });
    await page.goto(`${granary.url}/datasets/${id}`);
    await page.getByRole('link', { name: 'Sharing' }).click();
    await page.getByLabel('E-mail', { exact: true }).fill('nobody@example.org');
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText('No account has this e-mail.').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('E-mail', { exact: true }).fill('guest@example.org');
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText('Shared with guest').waitFor();
    await page.getByLabel('Role of guest', { exact: true }).selectOption('editor');
    await expect
      .poll(async () => (await guest.json('PATCH', `/api/v1/datasets/${id}`, { description: 'x' })).status)
      .toBe(200);
    await shoot(page, 'sharing');
    await page.getByText('trainer: run-7').waitFor();
    await page.getByRole('button', { name: 'Release' }).click();
    await page.getByText('No service is using it.').waitFor();
    await page.getByRole('button', { name: 'Remove the role of guest' }).click();
    await expect.poll(async () => (await guest.json('GET', `/api/v1/datasets/${id}`)).status).toBe(404);

    await page.getByRole('link', { name: 'Rosa' }).click();
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('heading', { name: 'API keys' }).waitFor();
    await page.getByLabel('Name').fill('training');
    await page.getByRole('button', { name: 'Create a key' }).click();
    const secret = await page.getByRole('status').locator('code').textContent();
    const program = granary.nobody();
    program.key = secret ?? '';
    expect((await program.json('GET', '/api/v1/auth/me')).body.name).toBe('Rosa');
    await shoot(page, 'keys');
    await page.reload();
    expect(await page.getByText(secret ?? 'no key').count()).toBe(0);
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('You have no keys yet.').waitFor();
    expect((await program.json('GET', '/api/v1/auth/me')).status).toBe(401);
    expect(problems).toEqual([]);
    await context.close();
  });

  test('Uppy on a page of an allowed site uploads with a key, and on no other', async () => {
    const client = await granary.person('labeler');
    const id = await client.createDataset('From another app');
    const { body } = await client.json('POST', '/api/v1/api-keys', { name: 'app', scopes: ['read', 'write'] });
    const script = await uppyScript({ endpoint: `${granary.url}/uploads`, key: body.secret, datasetId: id });
    const context = await browser.newContext();
    const page = await context.newPage();
    const upload = async (app: { url: string; page: string }) => {
      app.page = `<!doctype html><title>App</title><input type="file" multiple><script>${script}</script><output></output>`;
      await page.goto(app.url);
      await page.locator('input').setInputFiles([
        { name: 'train.csv', mimeType: 'text/csv', buffer: Buffer.from(`id,text\n${'1,eins\n'.repeat(40_000)}`) },
        { name: 'test.csv', mimeType: 'text/csv', buffer: Buffer.from('id,text\n2,zwei\n') },
      ]);
      await expect.poll(() => page.locator('output').textContent(), { timeout: 20_000 }).not.toBe('');
      return page.locator('output').textContent();
    };
    expect(await upload(foreign)).toBe('0 of 2');
    expect(await upload(allowed)).toBe('2 of 2');
    const { items } = (await client.json('GET', `/api/v1/datasets/${id}/uploads`)).body;
    const finished = items.filter(({ state }: { state: string }) => state === 'finished');
    const { jobId } = await client.startImport(
      id,
      finished.map((one: { id: string }) => one.id),
    );
    expect((await client.waitForJob(jobId)).state).toBe('completed');
    expect(await client.dataset(id)).toMatchObject({ splits: { train: 40_000, test: 1 } });
    await context.close();
  });

  test('an invitation is made, accepted by who makes an account, and taken to the dataset', async () => {
    const owner = await granary.person('inviter');
    const id = await owner.createDataset('By invitation');
    const { page, problems } = await signedIn(owner);
    await page.goto(`${granary.url}/datasets/${id}/sharing`);
    await page.getByLabel('E-mail', { exact: true }).fill('nora@example.org');
    await page.getByLabel('Role', { exact: true }).selectOption('editor');
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByRole('button', { name: 'Create an invitation' }).click();
    const link = (await page.getByRole('status').locator('code').textContent()) ?? '';
    await page.getByText('editor · invited by inviter').waitFor();
    await shoot(page, 'sharing-invitation');
    await page.context().close();

    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    const { page: invited, problems: theirs } = await openPage(context);
    await invited.goto(link);
    await invited.getByText('inviter invites you to the dataset “By invitation” as editor.').waitFor();
    await invited.getByRole('link', { name: 'Create an account' }).click();
    await invited.getByLabel('Name').fill('Nora');
    expect(await invited.getByLabel('E-mail').inputValue()).toBe('nora@example.org');
    await invited.getByLabel('Password').fill('correct horse');
    await invited.getByRole('button', { name: 'Sign up' }).click();
    await invited.getByRole('link', { name: 'By invitation' }).click();
    await invited.getByRole('heading', { name: 'By invitation' }).waitFor();
    await invited.goto(link);
    await invited.getByText('The invitation was used').waitFor();
    expect([problems, theirs.filter((problem) => !problem.includes('410'))]).toEqual([[], []]);
    await context.close();
  });

  test('whoever has a share link looks at the dataset without an account', async () => {
    const owner = await granary.person('linker');
    const id = await owner.createDataset('By link');
    await owner.importArchive(id, 'a.zip', await zipOf(await yoloDataset(4)));
    const { page, problems } = await signedIn(owner);
    await page.goto(`${granary.url}/datasets/${id}/sharing`);
    await page.getByLabel('What it is for').fill('for a reviewer');
    await page.getByLabel('Password (optional)').fill('open sesame');
    await page.getByRole('button', { name: 'Create a link' }).click();
    const link = (await page.getByRole('status').locator('code').textContent()) ?? '';
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page: guest, problems: theirs } = await openPage(context);
    await guest.goto(link);
    await guest.getByRole('button', { name: 'Open' }).click();
    await guest.getByLabel('Password').fill('wrong one');
    await guest.getByRole('button', { name: 'Open' }).click();
    await guest.getByText('is wrong').waitFor();
    await guest.getByLabel('Password').fill('open sesame');
    await guest.getByRole('button', { name: 'Open' }).click();
    await guest.getByRole('heading', { name: 'By link' }).waitFor();
    await guest.getByRole('link', { name: 'Images', exact: true }).click();
    await expect.poll(() => guest.locator('main img').count()).toBeGreaterThan(0);
    for (const absent of ['Settings', 'Sharing', 'Audit log'])
      expect(await guest.getByRole('link', { name: absent }).count(), absent).toBe(0);
    await page.reload();
    await page.getByText('opened once').waitFor();
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('No share links yet.').waitFor();
    const gone = await guest.goto(`${granary.url}/datasets/${id}`);
    expect(new URL(guest.url()).pathname).toBe('/sign-in');
    expect(gone?.status()).toBe(200);
    expect([problems, theirs]).toEqual([[], []]);
    await context.close();
    await page.context().close();
  });

  test('a team is made, somebody added, and a dataset handed over to it', async () => {
    const owner = await granary.person('founder');
    const mate = await granary.person('teammate');
    const id = await owner.createDataset('For the team');
    const { page, problems } = await signedIn(owner);
    await page.goto(`${granary.url}/organizations`);
    await page.getByLabel('Name').fill('Vision team');
    await page.getByRole('button', { name: 'Create an organization' }).click();
    await page.getByRole('heading', { name: 'Vision team' }).waitFor();
    await page.getByLabel('E-mail').fill('teammate@example.org');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('teammate is now a member').waitFor();
    await shoot(page, 'organization');
    await page.goto(`${granary.url}/datasets/${id}/sharing`);
    await page.locator('select[name=organizationId]').selectOption('Vision team');
    await page.getByRole('button', { name: 'Offer' }).click();
    await page.getByText('Dataset transferred').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.locator('input[name=visibility][value=organization]').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(async () => (await mate.json('GET', `/api/v1/datasets/${id}`)).status).toBe(200);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('another app shows the choice in a frame, and is told what was chosen; no other app is', async () => {
    const owner = await granary.person('picker');
    const id = await owner.createDataset('To be picked');
    await owner.importArchive(id, 'a.zip', await zipOf(await yoloDataset(3)));
    const frame = (origin: string) => `<!doctype html><title>app</title><output></output>
      <iframe src="${granary.url}/pick?scope=mine&origin=${encodeURIComponent(origin)}" width=800 height=600></iframe>
      <script>addEventListener('message', (event) => { if (event.origin === '${granary.url}') document.querySelector('output').textContent = JSON.stringify(event.data); });</script>`;
    for (const [app, isAllowed] of [
      [allowed, true],
      [foreign, false],
    ] as const) {
      app.page = frame(app.url);
      const { page } = await signedIn(owner);
      await page.goto(app.url);
      const choice = page.frameLocator('iframe').getByRole('button', { name: 'Choose “To be picked”' });
      if (isAllowed) {
        await choice.click();
        await expect.poll(() => page.locator('output').textContent()).not.toBe('');
        const told = JSON.parse((await page.locator('output').textContent()) ?? '');
        expect(told).toEqual({ type: 'granary:dataset', id, name: 'To be picked', taskType: 'object_detection' });
        await shoot(page, 'pick');
      } else {
        await until(() => page.frames().some((frame) => frame.url().startsWith('chrome-error:')));
        expect(await choice.count()).toBe(0);
      }
      await page.context().close();
    }
  });

  async function signedIn(client: Client) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const [name = '', value = ''] = client.cookie.split('=');
    await context.addCookies([{ name, value, url: granary.url }]);
    return openPage(context);
  }
});

/** Another app, that serves one page. */
async function startApp(): Promise<{ url: string; page: string; stop(): void }> {
  const app = { url: '', page: '', stop: () => server.close() };
  const server = createServer((_req, res) => void res.setHeader('content-type', 'text/html').end(app.page));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  app.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return app;
}

/** Uppy from npm with its uploads by tus, in several parts at once: it writes how many files have arrived. */
async function uppyScript(about: { endpoint: string; key: string; datasetId: string }): Promise<string> {
  const contents = `
    import Uppy from '@uppy/core';
    import Tus from '@uppy/tus';
    const { endpoint, key, datasetId } = ${JSON.stringify(about)};
    const uppy = new Uppy({ autoProceed: false }).use(Tus, {
      endpoint,
      headers: { authorization: 'Bearer ' + key },
      allowedMetaFields: ['datasetId', 'filename', 'kind'],
      retryDelays: [],
      chunkSize: 100_000,
      parallelUploads: 2,
      overridePatchMethod: true,
    });
    document.querySelector('input').onchange = async ({ target }) => {
      for (const file of target.files)
        uppy.addFile({ name: file.name, data: file, meta: { datasetId, filename: file.name, kind: 'file' } });
      const { successful = [] } = await uppy.upload();
      document.querySelector('output').textContent = successful.length + ' of ' + target.files.length;
    };`;
  const built = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
  });
  return (built.outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script');
}

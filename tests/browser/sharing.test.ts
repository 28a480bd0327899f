import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { chromiumPath, launch, openPage, shoot, signUp } from '../support/browser.ts';
import { Client } from '../support/client.ts';
import { startTestGranary, type TestGranary } from '../support/granary.ts';

describe.skipIf(!chromiumPath)('sharing in the browser', () => {
  let granary: TestGranary;
  let browser: Browser;

  beforeAll(async () => {
    granary = await startTestGranary({ serverUrl: inject('serverUrl') });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await granary?.stop();
  });

  test('a dataset is shared, a role changed and taken away; a key is made, shown once and revoked', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const { page, problems } = await openPage(context);
    await signUp(page, granary.url, 'Rosa');
    const client = new Client(granary.url);
    await client.json('POST', '/api/v1/auth/login', { email: 'rosa@example.org', password: 'correct horse' });
    const guest = new Client(granary.url);
    await guest.register('guest');
    const id = await client.createDataset('Shared scenes');
    await client.json('POST', `/api/v1/datasets/${id}/usages`, { service: 'trainer', externalId: 'run-7' });
    await page.goto(`${granary.url}/datasets/${id}`);
    await page.getByRole('link', { name: 'Sharing' }).click();
    await page.getByLabel('E-mail').fill('nobody@example.org');
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText('There is no account with this e-mail or id.').waitFor();
    await page.getByLabel('E-mail').fill('guest@example.org');
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText('Shared with guest').waitFor();
    await page.getByLabel('Role of guest', { exact: true }).selectOption('editor');
    await expect
      .poll(async () => (await guest.json('PATCH', `/api/v1/datasets/${id}`, { description: 'x' })).status)
      .toBe(200);
    await shoot(page, 'sharing');
    await page.getByText('trainer: run-7').waitFor();
    await page.getByRole('button', { name: 'Release' }).click();
    await page.getByText('No service uses it now.').waitFor();
    await page.getByRole('button', { name: 'Take the role of guest away' }).click();
    await expect.poll(async () => (await guest.json('GET', `/api/v1/datasets/${id}`)).status).toBe(404);

    await page.getByRole('link', { name: 'Rosa' }).click();
    await page.getByLabel('Name').fill('training');
    await page.getByRole('button', { name: 'Make a key' }).click();
    const secret = await page.getByRole('status').locator('code').textContent();
    const program = new Client(granary.url);
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
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentHashOf, yoloDataset, zipOf } from '../support/archives.ts';
import { chromiumPath, launch, openPage, shoot, signUp } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { backupOf, keysWithId, purge, trash } from '../support/life.ts';
import { useGranary } from '../support/world.ts';

describe.skipIf(!chromiumPath)('deleting in the browser', () => {
  const granary = useGranary();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  let client: Client;
  let files: Map<string, Uint8Array>;

  beforeAll(async () => {
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    ({ page, problems } = await openPage(context));
    await signUp(page, granary.url, 'Rosa');
    client = await granary.signedIn('rosa');
    files = await yoloDataset(12);
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function imported(name: string): Promise<string> {
    const id = await client.createDataset(name);
    await client.importArchive(id, 'a.zip', await zipOf(files));
    return id;
  }

  test('a dataset is deleted by its name, brought back by Undo, and purged with a receipt', async () => {
    const id = await imported('Old scenes');
    await page.goto(`${granary.url}/datasets/${id}/settings`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Files in storage').waitFor();
    expect(await dialog.getByText('24', { exact: true }).count()).toBe(1);
    const confirm = dialog.getByRole('button', { name: 'Delete', exact: true });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('old scenes');
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('Old scenes');
    expect(await dialog.getByRole('checkbox').isChecked()).toBe(true);
    await shoot(page, 'delete-dialog');
    await confirm.click();
    await page.waitForURL('**/datasets');
    await page.getByText('“Old scenes” is in the trash').waitFor();
    expect(await page.getByRole('link', { name: 'Old scenes' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForURL(`**/datasets/${id}`);
    await page.getByText('“Old scenes” was restored').waitFor();

    await trash(client, id);
    await page.goto(`${granary.url}/datasets/${id}`);
    await page.getByText('This dataset has been in the trash since').waitFor();
    expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0);
    await shoot(page, 'in-trash');
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByRole('heading', { name: 'Trash' }).waitFor();
    await shoot(page, 'trash');
    await page.getByRole('button', { name: 'Purge…' }).click();
    await dialog.getByRole('textbox').fill('Old scenes');
    await dialog.getByRole('button', { name: 'Purge now' }).click();
    await page.waitForURL('**/jobs/*');
    await page.getByRole('heading', { name: '“Old scenes” was purged' }).waitFor();
    await page.getByText('Files left after a final check').waitFor();
    await shoot(page, 'receipt');
    expect(await keysWithId(granary, id)).toEqual([]);

    await page.goto(`${granary.url}/trash`);
    await page.getByText('The trash is empty').waitFor();
    await page.getByRole('button', { name: 'Restore as new dataset' }).first().click();
    await dialog.getByRole('button', { name: 'Restore as new dataset' }).click();
    await page.waitForURL(/\/datasets\/[0-9a-f-]{36}$/);
    const restored = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await expect.poll(async () => (await client.dataset(restored)).status).toBe('ready');
    expect((await client.dataset(restored)).contentHash).toBe(contentHashOf(files));
    expect(problems).toEqual([]);
  });

  test('several are deleted at once, and one that is in use stays and says why', async () => {
    const names = ['bulk one', 'bulk two', 'bulk used'];
    const ids = await Promise.all(names.map((name) => client.createDataset(name)));
    await granary.database
      .sql`insert into dataset_usages (dataset_id, service, external_id) values (${ids[2] ?? ''}, 'trainer', 'run-1')`;
    await page.goto(`${granary.url}/datasets?search=bulk`);
    for (const name of names) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 dataset is in use').waitFor();
    await dialog.getByRole('textbox').fill('3');
    await shoot(page, 'bulk-delete');
    const listed = Promise.withResolvers<void>();
    await page.route(/\/datasets\.data/, async (route) => {
      await listed.promise;
      await route.continue();
    });
    const asked = page.waitForRequest(/\/datasets\.data/);
    await dialog.getByRole('button', { name: 'Delete them' }).click();
    await asked;
    // Nobody is told that they are gone while the list still shows them.
    expect(await page.getByText('2 datasets are in the trash').count()).toBe(0);
    listed.resolve();
    await page.getByText('2 datasets are in the trash').waitFor();
    await page.unroute(/\/datasets\.data/);
    await page.getByText('bulk used: Services are using the dataset.').waitFor();
    await page.getByRole('link', { name: 'bulk used' }).waitFor();
    expect(await page.getByRole('link', { name: 'bulk one' }).count()).toBe(0);
    await page.goto(`${granary.url}/trash?search=bulk`);
    for (const name of names.slice(0, 2)) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    await page.getByText('2 selected').waitFor();
    await page.getByRole('button', { name: 'Restore', exact: true }).first().click();
    await page.getByText('2 datasets were restored').waitFor();
    expect(problems).toEqual([]);
  });

  test('a removal of files is undone', async () => {
    const id = await imported('Tidied');
    await page.goto(`${granary.url}/datasets/${id}/files?folder=images/train/`);
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    const undo = page.getByRole('button', { name: 'Undo this change' });
    await undo.waitFor();
    await shoot(page, 'undo');
    await undo.click();
    await page.getByRole('heading', { name: 'Revision 2 undone' }).waitFor();
    expect((await client.dataset(id)).contentHash).toBe(contentHashOf(files));
    expect(problems).toEqual([]);
  });

  test('the audit log is filtered, and the integrity is checked and repaired', async () => {
    const id = await imported('Watched');
    await page.goto(`${granary.url}/datasets/${id}/audit`);
    await page.locator('span', { hasText: /^Imported$/ }).waitFor();
    await shoot(page, 'audit');
    await page.getByLabel('Action').selectOption({ label: 'Created' });
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL('**action=created**');
    const events = page.getByRole('list').last().getByRole('listitem');
    await expect.poll(() => events.count()).toBe(1);
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export as CSV' }).click();
    expect((await downloading).suggestedFilename()).toBe(`audit-log-${id}.csv`);
    const path = [...files.keys()].find((name) => name.endsWith('.png')) ?? '';
    await granary.store.delete([`datasets/${id}/${path}`]);
    await page.getByRole('link', { name: 'Maintenance' }).click();
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.getByText('Files whose content is missing from storage (1)').waitFor();
    await page.getByText(path).waitFor();
    await shoot(page, 'maintenance');
    await page.getByRole('button', { name: 'Remove the records' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the records' }).click();
    await page.getByText('Repair started').waitFor();
    await expect.poll(async () => (await client.dataset(id)).numImages).toBe(11);
    expect(problems).toEqual([]);
  });

  test('a backup from another place is uploaded and restored', async () => {
    const id = await imported('Traveller');
    await trash(client, id);
    await purge(client, id);
    const backup = await backupOf(client, id);
    const bytes = await (await client.raw('GET', `/api/v1/backups/${backup.id}/content`)).arrayBuffer();
    const path = join(granary.dataDir, 'traveller.zip');
    writeFileSync(path, Buffer.from(bytes));
    await page.goto(`${granary.url}/trash`);
    await page.getByLabel('Name of the new dataset').fill('Arrived');
    await page.getByLabel('Backup (zip)').setInputFiles(path);
    await page.getByRole('button', { name: 'Upload and restore' }).click();
    await page.waitForURL(/\/datasets\/[0-9a-f-]{36}$/);
    const restored = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await expect.poll(async () => (await client.dataset(restored)).status).toBe('ready');
    expect((await client.dataset(restored)).contentHash).toBe(contentHashOf(files));
    expect(problems).toEqual([]);
  });

  test('an admin disables an account and deletes one', async () => {
    const other = await granary.person('leaver');
    await other.createDataset('left behind');
    await page.goto(`${granary.url}/admin/users?search=leaver`);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    expect((await other.json('GET', '/api/v1/auth/me')).status).toBe(401);
    await shoot(page, 'admin-users');
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Move to the trash').check();
    await dialog.getByRole('textbox').fill('leaver@example.org');
    await dialog.getByRole('button', { name: 'Delete the account' }).click();
    await page.getByText('No account matches').waitFor();
    expect(problems).toEqual([]);
  });
});

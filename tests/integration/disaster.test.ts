import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backUpSite, restoreSite } from '@granary/core/disaster/site-backup';
import { expect, inject, test } from 'vitest';
import { sha256, yoloDataset, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { startTestGranary, type TestGranary } from '../support/granary.ts';

const siteOf = ({ database: { url }, store }: TestGranary) => ({ databaseUrl: url, store });

/** Every row of a table, whatever the order. */
const rowsOf = async ({ database: { sql } }: TestGranary, table: string) =>
  (await sql.unsafe(`select t::text as row from ${table} t order by 1`)).map(({ row }) => row);

test('a site whose database and store are destroyed comes back from its copy, byte for byte', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'granary-test-site-')), 'copy');
  const serverUrl = inject('serverUrl');
  const first = await startTestGranary({ serverUrl });
  const owner = new Client(first.url);
  await owner.register('owner');
  const id = await owner.createDataset('pictures');
  const files = await yoloDataset(5);
  await owner.importArchive(id, 'a.zip', await zipOf(files));
  const kept = await owner.json('POST', `/api/v1/datasets/${id}/backups`);
  await owner.waitForJob(kept.body.jobId);
  // One that waits is taken up where the copy is restored.
  await first.worker.end();
  const upload = await owner.upload(id, 'b.zip', await zipOf(new Map([['more.txt', Buffer.from('more')]])));
  const waiting = await owner.startImport(id, [upload]);
  // What the queue does for itself, now and then, in a queue that another site need not have.
  const { sql } = first.database;
  await sql`insert into pgboss.queue select (jsonb_populate_record(q, '{"name": "__pgboss__of_its_own"}')).* from pgboss.queue q limit 1`;
  await sql`insert into pgboss.job (name) values ('__pgboss__of_its_own')`;
  const before = { dataset: await owner.dataset(id), tree: await owner.tree(id) };
  const tables = ['users', 'dataset_files', 'annotations', 'activities', 'audit_log', 'backups'];
  const rows = await Promise.all(tables.map((table) => rowsOf(first, table)));
  const copied = await backUpSite(siteOf(first), folder);
  expect(copied.gone).toEqual([]);
  await first.stop();

  const second = await startTestGranary({ serverUrl, worker: false });
  try {
    const restored = await restoreSite(siteOf(second), folder);
    expect(restored).toEqual(copied);
    expect(await Promise.all(tables.map((table) => rowsOf(second, table)))).toEqual(rows);
    const again = new Client(second.url);
    await again.signIn('owner');
    expect({ dataset: await again.dataset(id), tree: await again.tree(id) }).toEqual(before);
    for (const [path, bytes] of files) expect(sha256(await again.content(id, path))).toBe(sha256(bytes));
    await second.worker.start();
    expect((await again.waitForJob(waiting.jobId)).state).toBe('completed');
    expect((await again.content(id, 'more.txt')).toString()).toBe('more');
    expect((await again.importArchive(await again.createDataset(), 'c.zip', await zipOf(files))).job.state).toBe(
      'completed',
    );
    await expect(restoreSite(siteOf(second), folder)).rejects.toThrow('has accounts already');
  } finally {
    await second.stop();
  }
});

test('a damaged copy is not restored', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'granary-test-site-')), 'copy');
  const granary = await startTestGranary({ serverUrl: inject('serverUrl'), worker: false });
  try {
    await granary.store.put('datasets/x/a.txt', Buffer.from('whole'));
    await backUpSite(siteOf(granary), folder);
    await expect(backUpSite(siteOf(granary), folder)).rejects.toThrow('EEXIST');
    expect(readFileSync(join(folder, 'objects/datasets/x/a.txt'), 'utf8')).toBe('whole');
    appendFileSync(join(folder, 'objects/datasets/x/a.txt'), '!');
    await expect(restoreSite(siteOf(granary), folder)).rejects.toThrow('damaged');
  } finally {
    await granary.stop();
  }
});

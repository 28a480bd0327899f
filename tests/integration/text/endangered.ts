import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parquetOf } from '../../../packages/tables/src/imported-files.ts';
import { zipOf } from '../../support/archives.ts';
import { Client } from '../../support/client.ts';
import type { Texts } from '../../support/texts.ts';
import { until } from '../../support/until.ts';
import { lines } from '../../support/wild-uploads.ts';

/** Imports beside content that would end their process, and in a worker that ends. */
export function endangeredImportTests(texts: Texts): void {
  test('poisoned tables of one person fail by themselves: what another imports goes on, in the same processes', async () => {
    const { web, worker, database } = texts.world.granary;
    const pids = [web.pid, worker.pid];
    // Members of gzip that all are the same: a little that becomes very much.
    const bomb = (content: string, times: number) => {
      const member = gzipSync(content);
      return Buffer.concat(Array.from({ length: times }, () => member));
    };
    const poisons: Record<string, string | Uint8Array> = {
      'deep.jsonl': `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}\n`,
      'wide.jsonl': lines([Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`c${i}`, i]))]),
      'bomb.jsonl.gz': bomb('x'.repeat(1_000_000), 2000),
    };
    const poisoner = new Client(texts.client.base);
    await poisoner.register();
    const brought = Object.entries(poisons).map(async ([name, content]) => {
      const id = await poisoner.createDataset();
      const { job } = await poisoner.importArchive(
        id,
        'data.zip',
        await zipOf(new Map([[name, Buffer.from(content)]])),
      );
      return [name, job.state, job.error?.code, job.error?.message];
    });
    // Rows of which a page takes more memory than a query may.
    const large = await poisoner.createDataset();
    const rows = await parquetOf("select repeat('y', 14_000_000) || i % 2 as text from range(70) r(i)");
    const importing = poisoner.importArchive(large, 'data.zip', await zipOf(new Map([['train.parquet', rows]])));
    const others = [0, 1, 2].map(async () => {
      const id = await texts.client.createDataset();
      const job = await texts.put(id, {
        'train.jsonl': lines(Array.from({ length: 20_000 }, (_, i) => ({ i, t: `t ${i}` }))),
      });
      const [attempts] = await database.sql`select attempt from activities where id = ${job.id}`;
      return [job.state, attempts?.attempt, (await texts.samples(id, 'limit=1&offset=19999')).items[0].row];
    });
    expect(await Promise.all(others)).toEqual(others.map(() => ['completed', 1, { i: 19_999, t: 't 19999' }]));
    expect(await Promise.all(brought)).toEqual([
      ['deep.jsonl', 'failed', 'unreadable_table', expect.stringMatching(/deep\.jsonl, line 1: .*200 levels/)],
      ['wide.jsonl', 'failed', 'unreadable_table', expect.stringMatching(/wide\.jsonl, line 1: .*10000 columns/)],
      ['bomb.jsonl.gz', 'failed', 'unreadable_table', expect.stringMatching(/bomb\.jsonl\.gz, line 1: .*16 MB/)],
    ]);
    expect((await importing).job.state).toBe('completed');
    const asked = await Promise.all([
      poisoner.json('GET', `/api/v1/datasets/${large}/samples?limit=100`),
      texts.client.json('GET', `/api/v1/datasets/${await texts.client.createDataset()}/samples`),
    ]);
    expect(asked).toMatchObject([{ status: 422, body: { code: 'query_too_large' } }, { status: 200 }]);
    expect([web.pid, worker.pid].map((pid) => process.kill(pid, 0))).toEqual([true, true]);
    expect([web.pid, worker.pid]).toEqual(pids);
  });

  test('an import that is killed while it writes shards makes them anew', async () => {
    const id = await texts.client.createDataset();
    const rows = Array.from({ length: 60_000 }, (_, i) => ({ i, text: `row ${i} `.repeat(20) }));
    const files = new Map<string, Uint8Array>([
      ['train.jsonl', Buffer.from(lines(rows))],
      ['test.jsonl', Buffer.from(lines(rows.slice(0, 30_000)))],
    ]);
    const upload = await texts.client.upload(id, 'data.zip', await zipOf(files));
    const { jobId } = await texts.client.startImport(id, [upload]);
    const { sql } = texts.world.granary.database;
    const made = async () => (await sql`select 1 from import_files where is_made limit 1`).length > 0;
    await until(made, Boolean, { everyMs: 5 });
    await texts.world.granary.worker.end('SIGKILL');
    await texts.world.granary.worker.start();
    expect(await texts.client.waitForJob(jobId)).toMatchObject({ state: 'completed' });
    expect(await texts.client.dataset(id)).toMatchObject({
      numSamples: 90_000,
      numFiles: 4,
      splits: { train: 60_000, test: 30_000 },
    });
    const stored = await texts.world.granary.store.list(`datasets/${id}/`);
    expect(stored.objects).toHaveLength(5);
    expect((await texts.world.granary.store.list('uploads/imports/')).objects).toEqual([]);
    // They are known to be made of their sources: they change with them.
    await texts.put(id, { 'test.jsonl': lines(rows.slice(0, 1)) });
    expect(await texts.client.dataset(id)).toMatchObject({
      numSamples: 60_001,
      numFiles: 4,
      splits: { train: 60_000, test: 1 },
    });
  });
}

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FilesystemStore } from '@granary/storage';
import { statisticsOf, Tables, tablesSettings } from '@granary/tables';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testS3 } from '../support/granary.ts';
import { type HubWorld, startHubWorld } from '../support/hub-world.ts';

const ROWS = 200_000;
const { signal } = new AbortController();

/** Objects that are no files for anyone else, as those of a bucket; it counts what is read of them. */
class DistantStore extends FilesystemStore {
  bytesRead = 0;

  override localPath(): never {
    return null as never;
  }

  override async get(...[key, options]: Parameters<FilesystemStore['get']>) {
    const stream = await super.get(key, options);
    stream.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
    });
    stream.pause();
    return stream;
  }
}

describe('rows of a distant store', () => {
  let folder: string;
  let store: DistantStore;
  let tables: Tables;
  let shard: { storageKey: string; sizeBytes: number; sha256: string; rows: number };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'granary-tables-test-'));
    store = new DistantStore(folder);
    const file = join(folder, 'made.parquet');
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(`copy (select i as id, md5(i::varchar) as text, i % 5 as label, repeat(md5((i * 3)::varchar), 4) as wide
      from range(${ROWS}) t(i)) to '${file}' (format parquet, row_group_size 20480)`);
    const bytes = readFileSync(file);
    await store.put('datasets/x/data.parquet', bytes);
    shard = { storageKey: 'datasets/x/data.parquet', sizeBytes: bytes.length, sha256: 'a'.repeat(64), rows: ROWS };
    tables = new Tables(store, tablesSettings.parse({}));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a page reads the footer and one row group, and a second time nothing', async () => {
    const rows = await tables.page([shard], { offset: 150_000, limit: 3 }, signal);
    expect(rows.map(({ index, row }) => [index, row.id, row.label])).toEqual([
      [150_000, 150_000, 0],
      [150_001, 150_001, 1],
      [150_002, 150_002, 2],
    ]);
    expect(store.bytesRead).toBeGreaterThan(1000);
    expect(store.bytesRead / shard.sizeBytes).toBeLessThan(0.2);
    const before = store.bytesRead;
    await tables.page([shard], { offset: 150_100, limit: 50 }, signal);
    expect(store.bytesRead).toBe(before);
  });

  test('a search reads the columns that it is about; a filter by a value, too', async () => {
    const before = store.bytesRead;
    let total = 0;
    for await (const progress of tables.search([shard], { term: 'ABC1', columns: ['text'] }, signal))
      total = progress.total;
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const expected = await duck.runAndReadAll(
      `select count(*) from '${join(folder, 'made.parquet')}' where text like '%abc1%'`,
    );
    expect(total).toBe(Number(expected.getRowsJS()[0]?.[0]));
    expect((store.bytesRead - before) / shard.sizeBytes).toBeLessThan(0.6);
    for await (const progress of tables.search(
      [shard],
      { filters: [{ column: 'label', op: 'equals', value: 3 }] },
      signal,
    ))
      total = progress.total;
    expect(total).toBe(ROWS / 5);
  });

  test('rows that lie far apart are read by themselves', async () => {
    const apart = new Tables(store, tablesSettings.parse({}));
    const before = store.bytesRead;
    const numbers = [3, 4, 61_000, 199_999];
    const rows = await apart.rowsAt([shard], numbers, undefined, signal);
    expect(rows.map(({ index, row }) => [index, row.id])).toEqual(numbers.map((number) => [number, number]));
    expect((store.bytesRead - before) / shard.sizeBytes).toBeLessThan(0.45);
  });

  test('what two ask for at once is fetched once, and what is stopped stops', async () => {
    const fresh = new Tables(store, tablesSettings.parse({ GRANARY_TABLES_CACHE_BYTES: 0 }));
    const pages = await Promise.all([1, 2, 3].map(() => fresh.page([shard], { offset: 5, limit: 1 }, signal)));
    expect(new Set(pages.map(([row]) => row?.row.id))).toEqual(new Set([5]));
    const stopping = new AbortController();
    const search = tables.search([shard], { term: 'zzz', isRegex: true }, stopping.signal);
    stopping.abort();
    await expect(search.next()).rejects.toThrow();
  });

  test('of more than the cache holds, some shards stand for the rest', async () => {
    const small = new Tables(store, tablesSettings.parse({ GRANARY_TABLES_CACHE_BYTES: shard.sizeBytes * 2 }));
    const { rows, countedRows, columns } = await statisticsOf(small, Array(5).fill(shard), signal);
    expect({ rows, countedRows }).toEqual({ rows: 5 * ROWS, countedRows: 2 * ROWS });
    expect(columns.id).toMatchObject({ min: 0, max: ROWS - 1 });
  });

  test('the statistics are those of the rows', async () => {
    const { rows, columns } = await statisticsOf(tables, [shard], signal);
    expect(rows).toBe(ROWS);
    expect(columns.id).toMatchObject({ min: 0, max: ROWS - 1, mean: (ROWS - 1) / 2, nulls: 0 });
    expect(columns.text?.length).toMatchObject({ min: 32, max: 32, mean: 32 });
  });

  test('all rows come once, in their order, over several shards', async () => {
    const ids: number[] = [];
    await tables.forEach([shard, shard], ['id'], signal, async (rows) => {
      expect(rows.length).toBeLessThan(10_000);
      for (const row of rows) {
        expect(Object.keys(row)).toEqual(['id']);
        ids.push(Number(row.id));
      }
    });
    expect(ids.length).toBe(2 * ROWS);
    expect(ids.every((id, i) => id === i % ROWS)).toBe(true);
  });

  const made = async (name: string, select: string, rows: number) => {
    const file = join(folder, `${name}.parquet`);
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(`copy (${select} from range(${rows}) t(i)) to '${file}' (format parquet)`);
    const bytes = readFileSync(file);
    const storageKey = `datasets/x/${name}.parquet`;
    await store.put(storageKey, bytes);
    return { storageKey, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), rows };
  };

  test('a shard of more rows than are read as one piece is read piece by piece', async () => {
    const count = 2_100_000;
    const large = await made('large', 'select i::int as id', count);
    let next = 0;
    await tables.forEach([large], undefined, signal, async (rows) => {
      for (const { id } of rows) if (id === next) next++;
    });
    expect(next).toBe(count);
  });

  test('lengths have their own bounds, and texts that hardly repeat no frequencies', async () => {
    const select = "select 'number ' || (1000 + i) as text, ['no', 'yes'][1 + i % 2] as answer";
    const few = await made('few', select, 100);
    const { columns } = await statisticsOf(tables, [few], signal);
    expect(columns.text?.length?.histogram).toEqual([{ from: 11, to: 11, count: 100 }]);
    expect(columns.text?.values).toBeUndefined();
    expect(columns.answer?.values).toEqual([
      { value: 'no', count: 50 },
      { value: 'yes', count: 50 },
    ]);
  });

  test('reading all rows ends with its reader', async () => {
    const leaving = new AbortController();
    let calls = 0;
    const reading = tables.forEach([shard], undefined, leaving.signal, async () => {
      if (++calls === 2) leaving.abort();
    });
    await expect(reading).rejects.toThrow();
    expect(calls).toBe(2);
  });
});

const s3 = testS3('granary-test-tables');
if (!s3) console.log('Text datasets in a bucket are not tested: GRANARY_TEST_S3_ENDPOINT names no server');

describe.skipIf(!s3)('text datasets in a bucket', () => {
  let world: HubWorld;
  let { hub, client } = {} as HubWorld;
  beforeAll(async () => {
    world = await startHubWorld(s3 ?? {});
    ({ hub, client } = world);
  });
  afterAll(() => world.stop());

  const download = async (repoId: string) => {
    const { body } = await client.json('POST', '/api/v1/datasets/download', { repoId });
    expect(await client.waitForJob(body.jobId)).toMatchObject({ state: 'completed' });
    return body.id;
  };

  test('are downloaded by parts, on a line that is cut', async () => {
    hub.faults.cutEveryBytes = 3_000_000;
    const id = await download('org/large');
    delete hub.faults.cutEveryBytes;
    const { body } = await client.json('GET', `/api/v1/datasets/${id}/samples?offset=449999`);
    expect(body).toMatchObject({ total: 450_000, items: [{ index: 449_999, row: { id: 449_999 } }] });
  });

  test('are converted, searched and tokenized', async () => {
    const id = await download('plain');
    const { body } = await client.json('GET', `/api/v1/datasets/${id}/samples?search=question%201`);
    expect(body.total).toBe(11);
    const started = await client.json('POST', `/api/v1/datasets/${id}/tokenizations`, {
      tokenizer: 'org/words',
      template: '{messages}',
    });
    expect(await client.waitForJob(started.body.jobId)).toMatchObject({ state: 'completed' });
  });
});

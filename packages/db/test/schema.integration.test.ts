import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { connect, type Database } from '../src/index.ts';
import { cloneTemplate } from '../src/testing.ts';

let database: Database;
let drop: () => Promise<void>;
beforeAll(async () => {
  const clone = await cloneTemplate(inject('serverUrl'));
  drop = clone.drop;
  database = connect(clone.url, { max: 2 });
});
afterAll(async () => {
  await database.close();
  await drop();
});

test('the audit log takes entries and gives none back', async () => {
  const { sql } = database;
  await sql`insert into audit_log (action) values ('created')`;
  await expect(sql`update audit_log set action = 'x'`).rejects.toThrow('append-only');
  await expect(sql`delete from audit_log`).rejects.toThrow('append-only');
  await expect(sql`truncate audit_log`).rejects.toThrow('append-only');
  expect(await sql`select action from audit_log`).toHaveLength(1);
});

test('a path is current once, and may come back after it was removed', async () => {
  const { sql } = database;
  await sql`insert into datasets (id, name, storage_type, storage_path) values ('d', 'd', 'filesystem', 'datasets/d/')`;
  const add = (added: number, removed: number | null) => sql`
    insert into dataset_files (dataset_id, path, size, sha256, mime, kind, storage_key, added_in, removed_in)
    values ('d', 'a.txt', 1, 'x', 'text/plain', 'other', 'k', ${added}, ${removed})`;
  await add(1, 2);
  await add(2, null);
  await expect(add(3, null)).rejects.toThrow('dataset_files_current_path_key');
});

test('paths are ordered by their bytes, whatever the database thinks of languages', async () => {
  const rows =
    await database.sql`select path from (values ('b'), ('a/1'), ('a.txt'), ('Z'), ('ä'), ('가'), ('~')) v(path) order by path collate "C"`;
  const paths = rows.map((row) => row.path);
  expect(paths).toEqual([...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  const [column] =
    await database.sql`select collation_name from information_schema.columns where table_name = 'dataset_files' and column_name = 'path'`;
  expect(column?.collation_name).toBe('C');
});

test('a connection that PostgreSQL drops fails its query, and is opened anew', async () => {
  const { sql } = database;
  const reserved = await sql.reserve();
  const [own] = await reserved<{ pid: number }[]>`select pg_backend_pid() as pid`;
  await sql`select pg_terminate_backend(${own?.pid ?? 0})`;
  await untilGone(own?.pid ?? 0);
  // Without our patch of the driver (decision 19) this ends the process.
  await expect(reserved`select 1`).rejects.toThrow();
  reserved.release();
  for (let i = 0; i < 4; i++) expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('what a transaction does after its connection was dropped does not happen outside of it', async () => {
  const clone = await cloneTemplate(inject('serverUrl'));
  const single = connect(clone.url, { max: 1 });
  try {
    const { sql } = single;
    const late = Promise.withResolvers();
    const work = sql.begin(async (tx) => {
      const [own] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
      await database.sql`select pg_terminate_backend(${own?.pid ?? 0})`;
      await untilGone(own?.pid ?? 0);
      // The only connection of the pool is opened anew for this.
      late.resolve(sql`select 1`.then(() => tx`insert into audit_log (action) values ('outside')`));
      await late.promise;
    });
    await expect(work).rejects.toThrow();
    await expect(late.promise).rejects.toThrow();
    expect(await sql`select 1 from audit_log where action = 'outside'`).toHaveLength(0);
  } finally {
    await single.close();
    await clone.drop();
  }
});

const untilGone = (pid: number) =>
  vi.waitUntil(async () => (await database.sql`select 1 from pg_stat_activity where pid = ${pid}`).length === 0, {
    timeout: 10_000,
  });

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type postgres from 'postgres';
import { openSql } from './open-sql.ts';

/** What a dump says of itself. */
interface Contents {
  /** The hash of the newest migration: only a Granary of the same has the same tables. */
  schema: string;
  tables: { name: string; columns: string[]; rows: number }[];
  sequences: { name: string; value: number }[];
}

/** Of the queue only the jobs, and not those by which it keeps itself in order: the rest of it is made by every start. */
const QUEUED = 'pgboss.job';
const OF_THE_QUEUE = '__pgboss__';
/** Archives that are made again when somebody asks: neither they nor their rows are copied. */
const MADE_AGAIN = 'public.exports';

/**
 * Writes all rows into files of a folder, as they were at one moment, while others go on writing.
 *
 * @returns how many rows
 */
export async function dumpDatabase(url: string, folder: string): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const sql = openSql(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.begin('isolation level repeatable read read only', async (tx) => {
      const contents: Contents = { schema: await schemaOf(tx), tables: [], sequences: await sequencesOf(tx) };
      for (const { name, columns } of await tablesOf(tx)) {
        const kept = keptOf(name);
        const [row] = await tx.unsafe(`select count(*)::float8 as rows from ${kept}`);
        const rows = await tx.unsafe(`copy (select ${listed(columns)} from ${kept}) to stdout`).readable();
        const file = createWriteStream(join(folder, `${name}.copy.gz`), { mode: 0o600 });
        await pipeline(rows, createGzip({ level: 1 }), file);
        contents.tables.push({ name, columns, rows: row?.rows ?? 0 });
      }
      await writeFile(join(folder, 'contents.json'), JSON.stringify(contents, null, 2), { mode: 0o600 });
      return contents.tables.reduce((sum, { rows }) => sum + rows, 0);
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function keptOf(table: string): string {
  if (table === MADE_AGAIN) return `${table} where false`;
  return table === QUEUED ? `${table} where not starts_with(name, '${OF_THE_QUEUE}')` : table;
}

/**
 * Fills a database that has the tables and no account yet, all of it or nothing.
 *
 * @throws Error when somebody uses it already, or the dump is of another version
 */
export async function fillDatabase(url: string, folder: string): Promise<number> {
  const contents: Contents = JSON.parse(await readFile(join(folder, 'contents.json'), 'utf8'));
  const sql = openSql(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.begin(async (tx) => {
      const [used] = await tx`select 1 from users limit 1`;
      if (used) throw new Error('The database has accounts already: restore into an empty one.');
      if ((await schemaOf(tx)) !== contents.schema)
        throw new Error('The backup is of another version of Granary: restore it with that one, then update.');
      const known = new Map((await tablesOf(tx)).map((table) => [table.name, table]));
      const keys = await tx<{ name: string; key: string; definition: string }[]>`
        select conrelid::regclass::text as name, quote_ident(conname) as key, pg_get_constraintdef(oid) as definition
        from pg_constraint where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace`;
      for (const { name, key } of keys) await tx.unsafe(`alter table ${name} drop constraint ${key}`);
      for (const { name, columns, rows } of contents.tables) {
        if (!known.has(name)) throw new Error(`The database has no table ${name}.`);
        if (name !== QUEUED) await tx.unsafe(`alter table ${name} disable trigger user`);
        await tx.unsafe(`delete from ${name}`);
        const sink = await tx.unsafe(`copy ${name} (${listed(columns)}) from stdin`).writable();
        await pipeline(createReadStream(join(folder, `${name}.copy.gz`)), createGunzip(), sink);
        const [row] = await tx.unsafe(`select count(*)::float8 as rows from ${name}`);
        if (row?.rows !== rows)
          throw new Error(`${name} has ${row?.rows} rows instead of ${rows}: the backup is damaged.`);
        if (name !== QUEUED) await tx.unsafe(`alter table ${name} enable trigger user`);
      }
      for (const { name, key, definition } of keys)
        await tx.unsafe(`alter table ${name} add constraint ${key} ${definition}`);
      for (const { name, value } of contents.sequences) await tx`select setval(${name}::regclass, ${value})`;
      return contents.tables.reduce((sum, { rows }) => sum + rows, 0);
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const listed = (columns: readonly string[]): string => columns.map((name) => `"${name}"`).join(', ');

async function schemaOf(sql: postgres.ISql): Promise<string> {
  const [row] = await sql<{ hash: string }[]>`select hash from drizzle.__drizzle_migrations order by id desc limit 1`;
  return row?.hash ?? '';
}

/** Those of ours, and the jobs of the queue; without columns that are computed. */
async function tablesOf(sql: postgres.ISql): Promise<{ name: string; columns: string[] }[]> {
  return sql<{ name: string; columns: string[] }[]>`
    select format('%I.%I', n.nspname, c.relname) as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind in ('r', 'p') and not c.relispartition
      and (n.nspname = 'public' or n.nspname || '.' || c.relname = ${QUEUED})
    group by 1 order by 1`;
}

const sequencesOf = (sql: postgres.ISql): Promise<Contents['sequences']> =>
  sql<Contents['sequences']>`
    select format('%I.%I', schemaname, sequencename) as name, last_value::float8 as value
    from pg_sequences where schemaname = 'public' and last_value is not null`.then((rows) => [...rows]);

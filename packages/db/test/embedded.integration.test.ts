import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded/index.ts';
import { findPrograms } from '../src/embedded/programs.ts';
import { migrate, openSql } from '../src/index.ts';

const root = mkdtempSync(join(tmpdir(), 'granary-embedded-'));
const started: EmbeddedPostgres[] = [];
const processes: ChildProcess[] = [];
afterAll(async () => {
  await Promise.all(started.map((postgres) => postgres.stop()));
  for (const child of processes) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

let dir: string;
let count = 0;
beforeEach(() => {
  const folder = join(root, String(count++));
  mkdirSync(folder, { mode: 0o700 });
  dir = join(folder, 'postgres');
});

async function start(at = dir): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(at);
  started.push(postgres);
  return postgres;
}

async function ask<Row extends object>(url: string, query: string): Promise<Row[]> {
  const sql = openSql(url, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe<Row[]>(query))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const postmaster = (at = dir) => Number(readFileSync(join(at, 'postmaster.pid'), 'utf8').split('\n')[0]);

test('only the owner of the folder reaches the server, by a password, and the application is no superuser', async () => {
  const { url, adminUrl } = await start();
  expect(await ask(adminUrl, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, '.s.PGSQL.5432')).mode & 0o077).toBe(0);
  expect(statSync(join(dir, '..', 'postgres.pgpass')).mode & 0o777).toBe(0o600);

  expect(
    await ask(url, 'select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user'),
  ).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false }]);
  await expect(ask(url, "copy (select 1) to program 'id'")).rejects.toThrow('permission denied');
  await expect(ask(url, "select pg_read_file('pg_hba.conf')")).rejects.toThrow('permission denied');
  for (const made of [url, adminUrl]) {
    const without = new URL(made);
    without.password = '';
    await expect(ask(without.href, 'select 1')).rejects.toThrow(/password/i);
  }
});

test.skipIf(process.getuid?.() !== 0)('another account gets at nothing of it (needs root to try)', async ({ skip }) => {
  // As open as an administrator may have left them.
  for (const path of [root, join(dir, '..')]) chmodSync(path, 0o755);
  await start();
  const asNobody = (command: string) =>
    spawnSync('sh', ['-c', command, 'sh', dir], { uid: 65_534, gid: 65_534, encoding: 'utf8', cwd: '/' });
  const seen = asNobody('ls "$1/.."');
  if (seen.status !== 0) skip(`this machine keeps other accounts out of its temporary folder: ${seen.stderr}`);
  expect(seen.stdout).toContain('postgres.pgpass');
  for (const command of ['ls "$1"', 'cat "$1/../postgres.pgpass"', 'cat "$1/PG_VERSION"', 'ls "$1/.s.PGSQL.5432"']) {
    expect(asNobody(command)).toMatchObject({ stdout: '', stderr: expect.stringContaining('ermission denied') });
  }
});

test('a cluster of an earlier version, whose superuser owned all and came in without a password, is brought up', async () => {
  const programs = findPrograms(dir);
  mkdirSync(dir, { mode: 0o700 });
  programs.own(dir);
  const made = programs.initdb([
    ...['-D', dir, '-U', 'granary', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ]);
  expect(made.status, made.output).toBe(0);
  const log = openSync(join(dir, '..', 'old.log'), 'a');
  const old = programs.postgres(['-D', dir, '-c', 'listen_addresses=', '-c', 'unix_socket_directories=.'], log, log);
  processes.push(old);
  const ended = new Promise((end) => old.once('exit', end));
  const oldUrl = `postgres://granary@localhost/postgres?host=${encodeURIComponent(dir)}`;
  await expect.poll(() => ask(oldUrl, 'select 1').catch(() => null), { timeout: 20_000 }).toHaveLength(1);
  await migrate(oldUrl);
  await ask(
    oldUrl,
    `create schema jobs; create type jobs.state as enum ('a', 'b');
     create table jobs.parts (id int, state jobs.state) partition by list (id);
     create table jobs.part partition of jobs.parts for values in (1);
     create view jobs.seen as select * from jobs.parts;
     create function jobs.one(text, int default 1) returns int language sql as 'select 1';
     insert into jobs.parts values (1, 'b'); insert into audit_log (action) values ('kept')`,
  );
  old.kill('SIGINT');
  await ended;

  const { url, adminUrl } = await start();
  expect(await ask(url, 'select action from audit_log')).toEqual([{ action: 'kept' }]);
  await ask(
    url,
    "insert into jobs.parts values (1, 'a'); alter table jobs.parts add column more int; drop view jobs.seen",
  );
  await migrate(url);
  const left = await ask(
    adminUrl,
    `with theirs as (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'),
       extensions as (select objid from pg_depend where deptype = 'e')
     select c.relname as name from pg_class c join theirs t on t.oid = relnamespace where relowner = 10 and c.oid not in (select objid from extensions)
     union all select y.typname from pg_type y join theirs t on t.oid = typnamespace
       where typowner = 10 and typtype <> 'b' and y.oid not in (select objid from extensions)
     union all select p.proname from pg_proc p join theirs t on t.oid = pronamespace where proowner = 10 and p.oid not in (select objid from extensions)
     union all select n.nspname from pg_namespace n join theirs using (oid) where nspowner = 10`,
  );
  expect(left).toEqual([]);
  await expect(ask(oldUrl, 'select 1')).rejects.toThrow(/password/i);
});

test('passwords that were lost or changed are made good by the next start', async () => {
  const first = await start();
  await ask(first.url, 'create table kept (id int)');
  await first.stop();
  const file = join(dir, '..', 'postgres.pgpass');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/[0-9a-f]{8}$/gm, '00000000'));
  const second = await start();
  expect(await ask(second.url, 'select from kept')).toEqual([]);
  await second.stop();
  rmSync(file);
  const third = await start();
  expect(await ask(third.url, 'select from kept')).toEqual([]);
  expect(third.url).not.toBe(second.url);
});

test('numbers of processes that others have by now neither stop the start nor those others', async () => {
  const first = await start();
  await first.stop();
  const innocent = spawn('sleep', ['60']);
  processes.push(innocent);
  const lines = `${innocent.pid}\n${dir}\n1700000000\n5432\n.\n\n  123456  1\nready\n`;
  writeFileSync(join(dir, 'postmaster.pid'), lines, { mode: 0o600 });
  writeFileSync(join(dir, '.s.PGSQL.5432.lock'), lines, { mode: 0o600 });
  const second = await start();
  expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
});

test('a server that a killed process left is stopped, and all it had is there', async () => {
  const holder = fork(
    '-e',
    [
      `import(${JSON.stringify(new URL('../src/embedded/index.ts', import.meta.url).href)})
        .then(({ startEmbeddedPostgres }) => startEmbeddedPostgres(${JSON.stringify(dir)}))
        .then(({ url }) => process.send(url))`,
    ],
    { execPath: process.execPath, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const url = await new Promise<string>((said) => holder.once('message', (message) => said(String(message))));
  await ask(url, 'create table kept (id int)');
  const left = postmaster();
  holder.kill('SIGKILL');
  expect(readlinkSync(`/proc/${left}/cwd`)).toBe(dir);
  const next = await start();
  expect(postmaster()).not.toBe(left);
  expect(next.url).toBe(url);
  expect(await ask(next.url, 'select from kept')).toEqual([]);
});

test('a server that is killed says so, and the next one starts on what it left', async () => {
  const first = await start();
  await ask(first.url, 'create table kept (id int)');
  process.kill(postmaster(), 'SIGKILL');
  await first.ended;
  const second = await start();
  expect(await ask(second.url, 'select from kept')).toEqual([]);
});

test('a path that is too long for a socket, and a first start that was cut off', async () => {
  const deep = join(dir, 'a folder, "quoted"'.repeat(6), 'postgres');
  mkdirSync(join(deep, '..'), { recursive: true });
  mkdirSync(`${deep}.new`);
  writeFileSync(join(`${deep}.new`, 'PG_VERSION'), '18\n');
  const { url } = await start(deep);
  expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(existsSync(`${deep}.new`)).toBe(false);
  const folder = new URL(url).searchParams.get('host') ?? '';
  expect(folder).not.toBe(deep);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

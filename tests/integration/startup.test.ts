import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Client } from '../support/client.ts';
import { isRunning, start } from '../support/start.ts';

const folder = mkdtempSync(join(tmpdir(), 'granary-startup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(env: Record<string, string>): Promise<string> {
  const run = start({ GRANARY_DATA_DIR: join(folder, 'never'), PORT: '0', ...env });
  expect(await run.ended).toBe(1);
  const lines = run
    .output()
    .trim()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('Building') && !line.startsWith('Starting'));
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

test('what is wrong is one line, and the exit code is 1', async () => {
  const taken = createServer();
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
  const address = taken.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  expect(await refusal({ PORT: port })).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is taken.*Set PORT`));
  taken.close();
  expect(await refusal({ PORT: 'many' })).toMatch(/PORT is not a port/);
  expect(await refusal({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })).toMatch(
    /PostgreSQL at 127\.0\.0\.1:1\/none.*Check DATABASE_URL/,
  );
  const broken = join(folder, 'broken');
  writeFileSync(broken, 'a file, no folder');
  expect(await refusal({ GRANARY_DATA_DIR: broken })).toMatch(/data folder .*broken can't be used/);
  const missing = start({ S3_ENDPOINT: 'http://127.0.0.1:1', S3_BUCKET: 'abc', S3_ACCESS_KEY_ID: 'x', PORT: '0' });
  expect(await missing.ended).toBe(1);
  expect(missing.output()).toContain('S3_SECRET_ACCESS_KEY is missing');
});

test('a start, Ctrl-C, and a start again with the same data', async () => {
  const dataDir = join(folder, 'data');
  const first = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' });
  const client = new Client(await first.ready);
  await client.register('keeper');
  expect(await refusal({ GRANARY_DATA_DIR: dataDir })).toMatch(/Another Granary \(process \d+\) uses/);
  const postmaster = Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(0);
  await expect.poll(() => isRunning(postmaster), { timeout: 5000 }).toBe(false);
  expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);

  const second = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' });
  const again = new Client(await second.ready);
  const answer = await again.json('POST', '/api/v1/auth/login', {
    email: 'keeper@example.org',
    password: 'correct horse',
  });
  expect(answer.body).toMatchObject({ name: 'keeper', isAdmin: true });
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('nobody else reads the data folder, nor what an earlier version left open', async () => {
  const dataDir = join(folder, 'open');
  const left = join(dataDir, 'objects', 'datasets', 'one');
  mkdirSync(left, { recursive: true, mode: 0o755 });
  writeFileSync(join(left, 'image.png'), 'x');
  writeFileSync(join(dataDir, 'secret.key'), 'ab'.repeat(32));
  writeFileSync(join(dataDir, 'granary.pid'), String(process.pid));
  for (const path of [...everythingIn(dataDir), dataDir])
    chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : 0o644);

  const run = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' });
  const client = new Client(await run.ready);
  await client.register('keeper');
  await client.json('POST', '/api/v1/datasets', { name: 'made now' });
  const isOpen = (path: string) => (lstatSync(path).mode & 0o077) !== 0;
  await expect.poll(() => [dataDir, ...everythingIn(dataDir)].filter(isOpen), { timeout: 10_000 }).toEqual([]);
  await expect.poll(() => run.output()).toContain('were readable by others: no longer');
  expect(existsSync(join(dataDir, 'granary.pid'))).toBe(false);
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  expect([dataDir, ...everythingIn(dataDir)].filter(isOpen)).toEqual([]);
});

test('a data folder that holds other things is left as it is, and the parts in it are closed', async () => {
  const dataDir = join(folder, 'shared');
  mkdirSync(join(dataDir, 'objects'), { recursive: true });
  writeFileSync(join(dataDir, 'somebody.txt'), 'x');
  for (const name of ['', 'objects', 'somebody.txt']) chmodSync(join(dataDir, name), 0o755);
  const run = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' });
  await run.ready;
  const modeOf = (name: string) => (lstatSync(join(dataDir, name)).mode & 0o777).toString(8);
  expect(['', 'somebody.txt', 'objects', 'postgres', 'secret.key'].map(modeOf)).toEqual([
    '755',
    '755',
    '700',
    '700',
    '600',
  ]);
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
});

function everythingIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((found) => existsSync(found));
}

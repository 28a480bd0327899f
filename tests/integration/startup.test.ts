import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../../scripts/paths.ts';
import { Client } from '../support/client.ts';

const folder = mkdtempSync(join(tmpdir(), 'granary-startup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the start script until it is ready, or ends. */
function start(env: Record<string, string>) {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    cwd: root,
    env: { ...inherited, LOG_LEVEL: 'silent', ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | null>((end) => child.on('exit', end));
  const ready = new Promise<string>((found, failed) => {
    child.stdout.on('data', () => {
      const url = /Granary is ready: (\S+)/.exec(output)?.[1];
      if (url) found(url);
    });
    void ended.then(() => failed(new Error(output)));
  });
  ready.catch(() => {});
  return { child, ready, ended, output: () => output };
}

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
  expect(await refusal({ PORT: 'many' })).toMatch(/PORT is "many"/);
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
  expect(existsSync(join(dataDir, 'granary.pid'))).toBe(false);

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

/** A process that has ended but was not waited for (a zombie) does not run. */
function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+[ZX]/m.test(readFileSync(status, 'utf8'));
}

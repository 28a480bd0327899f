import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Client } from '../support/client.ts';
import { canUnshare, processesOf, start } from '../support/start.ts';

const folder = mkdtempSync(join(tmpdir(), 'granary-supervisor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const credentials = { email: 'keeper@example.org', password: 'correct horse' };
const postmaster = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
const processOf = (dataDir: string, part: string) =>
  processesOf(dataDir).find(({ line }) => line.includes(part))?.pid ?? 0;

function kill(pid: number): void {
  // 0 would be this process and all that it belongs to.
  if (pid <= 1) throw new Error('The process to be killed is not there');
  process.kill(pid, 'SIGKILL');
}

/** Whether the site answers from its database, and which worker is there to take jobs. */
async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(credentials),
    signal: AbortSignal.timeout(5000),
  }).catch(() => null);
  return answer?.status === 200;
}

function isListening(url: string): Promise<boolean> {
  return new Promise((found) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket
      .once('error', () => found(false))
      .once('connect', () => {
        socket.destroy();
        found(true);
      });
  });
}

test('whatever is killed comes back by itself, as often as it is killed', async () => {
  const dataDir = join(folder, 'killed');
  const run = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' });
  const url = await run.ready;
  await new Client(url).register('keeper');
  const victims = {
    web: () => processOf(dataDir, 'build/web.mjs'),
    worker: () => processOf(dataDir, 'build/worker.mjs'),
    postgres: () => postmaster(dataDir),
  };
  for (const name of ['postgres', 'web', 'worker'] as const) {
    const before = victims[name]();
    kill(before);
    await expect.poll(victims[name], { timeout: 60_000, interval: 200 }).not.toBeOneOf([before, 0]);
    await expect.poll(() => isReady(url), { timeout: 60_000, interval: 500 }).toBe(true);
  }
  // All at once, while the web process is still coming up from the last time.
  for (const victim of Object.values(victims)) {
    const pid = victim();
    if (pid) kill(pid);
  }
  await expect.poll(() => isReady(url), { timeout: 60_000, interval: 500 }).toBe(true);
  await expect.poll(victims.worker, { timeout: 60_000, interval: 200 }).toBeGreaterThan(1);
  expect(run.output()).toContain('The embedded PostgreSQL runs again.');
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
}, 400_000);

test('a web process that fails again and again while it starts is tried again', async () => {
  const dataDir = join(folder, 'fails');
  const run = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' });
  const url = await run.ready;
  await new Client(url).register('keeper');
  const web = () => processOf(dataDir, 'build/web.mjs');
  let last = web();
  kill(last);
  for (let i = 0; i < 2; i++) {
    await expect.poll(web, { timeout: 60_000, interval: 20 }).not.toBeOneOf([last, 0]);
    last = web();
    kill(last);
  }
  await expect.poll(() => isReady(url), { timeout: 60_000, interval: 500 }).toBe(true);
  expect(run.output()).toContain('The web process did not start');
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
}, 240_000);

describe.each([
  ['starter', 'SIGTERM'],
  ['bootstrap', 'SIGINT'],
  ['npm', 'SIGTERM'],
  ['npm', 'SIGKILL'],
] as const)('%s, %s', (by, signal) => {
  test('one signal ends everything, and the port is free', async () => {
    // The same for all: what one signal leaves behind, the next start must get along with.
    const dataDir = join(folder, 'signals');
    const run = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' }, by);
    const url = await run.ready;
    // Those three, and what leads to them.
    expect(processesOf(dataDir).length).toBeGreaterThanOrEqual(4);
    // npm itself, which a machine may start through a program of its own.
    const npm = processesOf(dataDir).find(({ line }) => line === 'npm start');
    process.kill(npm?.pid ?? Number(run.child.pid), signal);
    await run.ended;
    await expect.poll(() => processesOf(dataDir), { timeout: 20_000 }).toEqual([]);
    expect(await isListening(url)).toBe(false);
  });
});

test('a signal in the middle of the start ends that', async () => {
  const dataDir = join(folder, 'early');
  for (const said of ['Building', 'Starting']) {
    const run = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' }, 'bootstrap');
    await expect.poll(run.output, { timeout: 60_000, interval: 10 }).toContain(said);
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    await expect.poll(() => processesOf(dataDir), { timeout: 20_000 }).toEqual([]);
    expect(run.output()).not.toContain('Granary is ready');
  }
});

describe.skipIf(!canUnshare)('in a container (needs a namespace of processes, which this machine may refuse)', () => {
  test('after an unclean stop it starts again, with the same numbers of processes', async () => {
    const dataDir = join(folder, 'container');
    const first = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' }, 'container');
    await new Client(await first.ready).register('keeper');
    const number = postmaster(dataDir);
    for (let i = 0; i < 2; i++) {
      const run = i === 0 ? first : start({ GRANARY_DATA_DIR: dataDir, PORT: '0' }, 'container');
      expect(await isReady(await run.ready)).toBe(true);
      // Process 1 is the starter itself: with it goes everything, as by `docker kill`.
      run.child.kill('SIGKILL');
      await run.ended;
      await expect.poll(() => processesOf(dataDir), { timeout: 20_000 }).toEqual([]);
      // What is left names a process that the next container has, too.
      expect(Math.abs(postmaster(dataDir) - number)).toBeLessThan(200);
    }
  }, 240_000);

  test.each(['container', 'bootstrap in a container'] as const)(
    '%s: process 1 ends everything at a signal',
    async (by) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        const dataDir = join(folder, `${by}-${signal}`);
        const run = start({ GRANARY_DATA_DIR: dataDir, PORT: '0' }, by);
        await run.ready;
        const [one] = readFileSync(`/proc/${run.child.pid}/task/${run.child.pid}/children`, 'utf8').trim().split(' ');
        process.kill(Number(one), signal);
        expect(await run.ended).toBe(0);
        expect(processesOf(dataDir)).toEqual([]);
      }
    },
    240_000,
  );
});

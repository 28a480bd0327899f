import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createClient, errorOf, type GranaryClient, JobError, UploadError } from '@granary/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/paths.ts';
import { sha256, uniqueJpegs, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { openFlakyLink } from '../support/flaky-link.ts';
import { testS3 } from '../support/granary.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const cli = join(root, 'packages/cli/dist/granary.mjs');
const s3 = testS3('granary-client');
if (!s3) console.log('GRANARY_TEST_S3_ENDPOINT is not set: client and command line are tested on files only');

describe.each([['files', {}] as const, ...(s3 ? [['S3', s3] as const] : [])])('on %s', (_, env) => {
  const granary = useGranary({ env });
  let folder: string;
  let owner: Client;
  let apiKey: string;
  let client: GranaryClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'granary-client-'));
    owner = await granary.person('owner');
    const { body } = await owner.json('POST', '/api/v1/api-keys', { name: 'client', scopes: ['read', 'write'] });
    apiKey = body.secret;
    client = createClient({ url: granary.url, apiKey });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, files: ReadonlyMap<string, Uint8Array>): string => {
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true });
      writeFileSync(join(folder, name, path), bytes);
    }
    return join(folder, name);
  };

  test('the client uploads a folder, follows the import, and downloads what it uploaded', async () => {
    const files = await yoloDataset(6);
    const path = write('street', files);
    const { id } = await client.datasets.create.mutate({ name: 'by client' });
    const sent: number[] = [];
    const { jobId } = await client.uploadFolder(id, path, { onProgress: ({ sentBytes }) => sent.push(sentBytes) });
    const states: string[] = [];
    const job = await client.waitForJob(jobId, { onProgress: ({ state }) => states.push(state) });
    expect(job).toMatchObject({ state: 'completed', progress: 100 });
    expect(states.at(-1)).toBe('completed');
    expect(sent.length).toBeGreaterThan(0);
    expect(await client.datasets.get.query({ id })).toMatchObject({ numImages: 6, format: 'yolo' });
    const [first] = [...files].filter(([name]) => name.endsWith('.png'));
    const inDataset = `street/${first?.[0]}`;
    await client.downloadFile(id, inDataset, { to: join(folder, 'got.png') });
    expect(sha256(readFileSync(join(folder, 'got.png')))).toBe(sha256(first?.[1] ?? new Uint8Array()));
    const stream = await client.downloadFile(id, inDataset);
    expect(Buffer.from(await new Response(stream).arrayBuffer()).equals(Buffer.from(first?.[1] ?? []))).toBe(true);
    await expect(client.downloadFile(id, 'nothing.png')).rejects.toThrow('The dataset has no such file.');
  });

  test('files in memory are uploaded as well, and errors say what Granary says', async () => {
    const { id } = await client.datasets.create.mutate({ name: 'in memory' });
    const zip = await zipOf(await yoloDataset(2));
    const uploadId = await client.uploadFile(id, new File([zip], 'a.zip'));
    const { jobId } = await client.imports.create.mutate({ id, uploadIds: [uploadId] });
    await client.waitForJob(jobId);
    const broken = await client.uploadFile(id, new File(['no zip'], 'b.zip'));
    const failing = await client.imports.create.mutate({ id, uploadIds: [broken] });
    const error = await client.waitForJob(failing.jobId).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(JobError);
    expect((error as JobError).job.error?.code).toBe('not_an_archive');
    const missing = await client.datasets.get.query({ id: 'missing' }).catch((thrown) => thrown);
    expect(errorOf(missing)).toMatchObject({ code: 'not_found' });
    const refused = await client.uploadFile('missing', new File(['x'], 'x.zip')).catch((thrown) => thrown);
    expect(refused).toBeInstanceOf(UploadError);
    expect((refused as UploadError).code).toBe('not_found');
    const nobody = createClient({ url: 'http://127.0.0.1:1', retries: 1, timeoutMs: 500 });
    expect(errorOf(await nobody.auth.me.query().catch((thrown) => thrown))).toBeNull();
  });

  test('the waiting goes on when the server was away', async () => {
    const { id } = await client.datasets.create.mutate({ name: 'patience' });
    const uploadId = await client.uploadFile(id, new File([await zipOf(await yoloDataset(2))], 'a.zip'));
    await granary.worker.end();
    const link = await openFlakyLink(granary.url);
    const other = createClient({ url: link.url, apiKey });
    const { jobId } = await other.imports.create.mutate({ id, uploadIds: [uploadId] });
    const waiting = other.waitForJob(jobId);
    await until(() => link.numOpen() > 0);
    link.cut();
    await granary.worker.start();
    // It has ended while nobody could hear of it.
    expect((await owner.waitForJob(jobId)).state).toBe('completed');
    await until(() => link.numRefused() > 0);
    link.mend();
    expect((await waiting).state).toBe('completed');
    await link.stop();
  });

  test('a training service registers its usage, reads, and releases it', async () => {
    const { id } = await client.datasets.create.mutate({ name: 'to train on' });
    const { jobId } = await client.uploadFolder(id, write('train', await yoloDataset(5)));
    await client.waitForJob(jobId);
    const out = join(folder, 'training');
    const { status, stdout, stderr } = await run(process.execPath, [
      ...[join(root, 'examples/training-service/src/main.ts'), id, 'run-7', out],
    ]);
    expect([status, stderr]).toEqual([0, '']);
    const trained = JSON.parse(stdout);
    expect(trained).toMatchObject({ dataset: 'to train on' });
    const numTrain = (await client.datasets.get.query({ id })).splits.train;
    expect(trained.images).toBe(numTrain);
    expect(readdirSync(join(out, 'train/images/train'))).toHaveLength(numTrain ?? 0);
    const usages = await client.usages.list.query({ id });
    expect(usages.items).toMatchObject([{ service: 'example-trainer', externalId: 'run-7' }]);
    expect(usages.items[0]?.releasedAt).not.toBeNull();
  });

  interface Ran {
    status: number | null;
    stdout: string;
    stderr: string;
  }

  function start(command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): [ChildProcess, Promise<Ran>] {
    const child = spawn(command, args, {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        NODE_NO_WARNINGS: '1',
        GRANARY_URL: granary.url,
        GRANARY_API_KEY: apiKey,
        GRANARY_CONFIG_DIR: join(folder, 'config'),
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    return [child, new Promise((ended) => child.on('close', (status) => ended({ status, stdout, stderr })))];
  }

  const run = (command: string, args: readonly string[], more?: NodeJS.ProcessEnv) => start(command, args, more)[1];
  const granaryCli = (args: readonly string[], more?: NodeJS.ProcessEnv) => run(process.execPath, [cli, ...args], more);

  test('granary push of 2,000 files, killed and run again, sends less than a tenth twice', async () => {
    const path = write('many', await uniqueJpegs(2000));
    const total = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce(
        (sum, entry) => sum + 512 + Math.ceil(statSync(join(entry.parentPath, entry.name)).size / 512) * 512,
        1024,
      );
    const link = await openFlakyLink(granary.url, { bytesPerSecond: total / 3 });
    const args = ['push', path, '--json'];
    const [child, ended] = start(process.execPath, [cli, ...args], { GRANARY_URL: link.url });
    await until(() => link.sentBytes() > total * 0.6);
    child.kill('SIGKILL');
    await ended;
    expect(link.sentBytes()).toBeLessThan(total);
    await until(() => link.numOpen() === 0);
    const again = await granaryCli(args, { GRANARY_URL: link.url });
    expect(again.stderr.split('\n').filter((line) => line.startsWith('granary:'))).toEqual([]);
    expect(again.status).toBe(0);
    expect(JSON.parse(again.stdout).dataset).toMatchObject({ name: 'many', numImages: 2000, status: 'ready' });
    expect(link.sentBytes() / total).toBeLessThan(1.1);
    await link.stop();
  });

  test('login, ls, info, rm, keys: as people and as programs read them, with their codes', async () => {
    const config = { GRANARY_API_KEY: '', GRANARY_URL: '', GRANARY_CONFIG_DIR: join(folder, 'signed-in') };
    expect((await granaryCli(['ls'], config)).status).toBe(2);
    const wrong = await granaryCli(['login', '--url', granary.url, '--email', 'owner@example.org'], {
      ...config,
      GRANARY_PASSWORD: 'guess',
    });
    expect([wrong.status, wrong.stderr.trim()]).toEqual([3, 'granary: E-mail or password is wrong.']);
    const login = await granaryCli(['login', '--url', granary.url, '--email', 'owner@example.org'], {
      ...config,
      GRANARY_PASSWORD: 'correct horse',
    });
    expect(login.status).toBe(0);
    expect(statSync(join(folder, 'signed-in/login.json')).mode & 0o777).toBe(0o600);
    const { id } = await client.datasets.create.mutate({ name: 'to list', tags: ['cli'] });
    const listed = await granaryCli(['ls', 'to list'], config);
    expect(listed.stdout).toMatch(new RegExp(`^ID +NAME.*\\n${id} +to list +pending`));
    const asJson = JSON.parse((await granaryCli(['ls', 'to list', '--json'], config)).stdout);
    expect(asJson).toMatchObject([{ id, name: 'to list' }]);
    expect((await granaryCli(['info', id], config)).stdout).toContain('tags         cli');
    const missing = await granaryCli(['info', 'missing', '--json'], config);
    expect([missing.status, JSON.parse(missing.stderr).error.code]).toEqual([4, 'not_found']);
    expect((await granaryCli(['rm', id], config)).status).toBe(2);
    const removed = await granaryCli(['rm', id, '--yes', '--no-backup', '--json'], config);
    expect(JSON.parse(removed.stdout)).toMatchObject({ datasetId: id, name: 'to list' });
    const withPassword = { ...config, GRANARY_PASSWORD: 'correct horse' };
    const made = await granaryCli(['keys', 'create', 'ci', '--email', 'owner@example.org', '--json'], withPassword);
    const key = JSON.parse(made.stdout);
    expect(key).toMatchObject({ name: 'ci', scopes: ['read'] });
    const reading = { ...config, GRANARY_URL: granary.url, GRANARY_API_KEY: key.secret };
    expect((await granaryCli(['ls'], reading)).status).toBe(0);
    expect((await granaryCli(['push', folder, '--name', 'no'], reading)).status).toBe(3);
    expect((await granaryCli(['keys', 'ls', '--email', 'owner@example.org'], withPassword)).stdout).toContain('ci');
    const revoke = ['keys', 'revoke', key.id, '--email', 'owner@example.org'];
    expect((await granaryCli(revoke, withPassword)).status).toBe(0);
    expect((await granaryCli(['ls'], reading)).status).toBe(3);
    expect((await granaryCli(['no-such-command'], config)).status).toBe(2);
    expect((await granaryCli(['push', join(folder, 'nowhere')], config)).status).toBe(1);
  });

  test('labels that come alone replace all others only when that is asked for', async () => {
    const path = write('labeled', await yoloDataset(4));
    const first = JSON.parse((await granaryCli(['push', path, '--json'])).stdout);
    expect(first.dataset).toMatchObject({ numImages: 4, numAnnotations: 8 });
    const labels = write('new-labels', new Map([['labels/train/000000.txt', Buffer.from('0 0.5 0.5 0.1 0.1\n')]]));
    const args = ['push', labels, '--dataset', first.datasetId, '--replace-all', '--json'];
    expect((await granaryCli(args)).status).toBe(2);
    const unasked = await granaryCli([...args, '--labels-only']);
    expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringContaining('Add --yes to replace all labels')]);
    const done = await granaryCli([...args, '--labels-only', '--yes']);
    expect(JSON.parse(done.stdout).dataset).toMatchObject({ numImages: 4, numAnnotations: 1 });
  });

  test('versions are made, compared, undone, forked and merged', async () => {
    const asked = async (status: number, ...args: string[]) => {
      const ran = await granaryCli([...args, '--json']);
      expect([ran.status, ran.stderr], args.join(' ')).toEqual([status, '']);
      return JSON.parse(ran.stdout);
    };
    const files = await yoloDataset(4);
    const { datasetId: id } = await asked(0, 'push', write('versioned', files), '--name', 'versioned');
    expect(await asked(0, 'snapshot', id, '--message', 'first', '--tag', 'prod')).toMatchObject({
      version: 1,
      tags: ['prod'],
    });
    // Nothing has changed: what CI reads says so.
    expect(await asked(0, 'diff', id, 'prod', 'draft')).toMatchObject({ files: { changed: 0 } });
    const { id: forked } = await asked(0, 'fork', id, '--name', 'forked', '--at', 'prod');
    const { contentHash, numImages } = await owner.dataset(id);
    expect(await owner.dataset(forked)).toMatchObject({
      contentHash,
      numImages,
      forkedFrom: { datasetId: id, version: 1 },
    });

    const label = [...files.keys()].find((name) => name.startsWith('labels/')) ?? '';
    const inDataset = [...(await owner.tree(id)).keys()].find((path) => path.endsWith(label)) ?? '';
    await owner.importArchive(id, 'more.zip', await zipOf(new Map([[inDataset, Buffer.from('0 0.5 0.5 0.9 0.9\n')]])));
    expect(await asked(1, 'diff', id, 'prod', 'draft')).toMatchObject({ files: { changed: 1 } });
    expect((await granaryCli(['diff', id, 'prod', 'draft'])).stdout).toMatch(/^files +0 +0 +1 +0/m);
    expect(await asked(0, 'update', forked, '--dry-run')).toMatchObject({ isNewer: true, merges: { changed: 1 } });
    expect(await asked(0, 'update', forked)).toMatchObject({ reverted: 1, conflicts: [] });
    expect((await owner.dataset(forked)).contentHash).toBe((await owner.dataset(id)).contentHash);

    expect(await asked(0, 'undo', id, 'r2')).toMatchObject({ reverted: 1 });
    expect(await asked(0, 'rollback', id, 'r2')).toMatchObject({ reverted: 1 });
    expect((await asked(0, 'versions', id)).draft).toEqual({ version: 1, revisions: 3 });
  });

  test('an admin publishes a sample from the command line', async () => {
    const id = 'det-cli-1';
    const path = write('sample', await yoloDataset(3));
    const args = ['admin', 'publish-sample', path, '--id', id, '--name', 'From the CLI', '--tag', 'demo', '--json'];
    expect((await granaryCli(args)).status).toBe(0);
    expect((await granaryCli(args)).status).toBe(0);
    const visitor = await granary.person();
    expect(await visitor.dataset(id)).toMatchObject({
      visibility: 'public',
      ownerId: null,
      numImages: 3,
      source: 'sample',
      tags: ['platform-sample', 'demo'],
    });
  });
});

test('the command line is a package of one file, without dependencies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'granary-npx-'));
  try {
    const packed = spawnSync('npm', ['pack', join(root, 'packages/cli'), '--json'], { cwd: folder, encoding: 'utf8' });
    const [{ filename, files }] = JSON.parse(packed.stdout);
    expect(files.map(({ path }: { path: string }) => path)).toEqual(['README.md', 'dist/granary.mjs', 'package.json']);
    const env = { ...process.env, npm_config_offline: 'true' };
    const ran = spawnSync('npx', ['--yes', `./${filename}`, '--help'], { cwd: folder, encoding: 'utf8', env });
    expect([ran.status, ran.stdout.split('\n')[0]]).toEqual([0, 'Usage: granary [options] [command]']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

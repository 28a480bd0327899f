import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { root } from '../../scripts/paths.ts';
import { yoloDataset } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { startTestGranary, type TestGranary } from '../support/granary.ts';

/** The PATH of whoever installs the client: without what this repository brings. */
const hostPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);
const tsc = join(root, 'node_modules/typescript/bin/tsc');

let folder: string;
let tarball: string;
let granary: TestGranary;
let apiKey: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-packed-'));
  tarball = pack();
  npm('init', '--yes');
  npm('pkg', 'set', 'type=module');
  npm('install', tarball, '--offline', '--no-audit', '--no-fund');
  granary = await startTestGranary({ serverUrl: inject('serverUrl') });
  const owner = new Client(granary.url);
  await owner.register('owner');
  const { body } = await owner.json('POST', '/api/v1/api-keys', { name: 'packed', scopes: ['read', 'write'] });
  apiKey = body.secret;
});
afterAll(async () => {
  await granary?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the packed client is three files, and installs nothing else', () => {
  const installed = join(folder, 'node_modules/@granary/client');
  const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const sizes = files.map(({ parentPath, name }) => ({ name, bytes: statSync(join(parentPath, name)).size }));
  const bytes = sizes.reduce((sum, file) => sum + file.bytes, 0);
  const others = npm('ls', '--all', '--parseable').trim().split('\n').slice(2);
  console.log(
    `@granary/client: ${(statSync(tarball).size / 1000).toFixed(0)} kB packed, ${(bytes / 1000).toFixed(0)} kB installed ` +
      `(${sizes.map((file) => `${file.name} ${(file.bytes / 1000).toFixed(0)}`).join(', ')}), ${others.length} dependencies`,
  );
  expect(sizes.map(({ name }) => name).sort()).toEqual([
    ...['LICENSES.txt', 'README.md', 'browser.js', 'index.d.ts', 'node.js', 'package.json'],
  ]);
  expect(others).toEqual([]);
  expect(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).dependencies).toBeUndefined();
  const types = readFileSync(join(installed, 'dist/index.d.ts'), 'utf8');
  expect(types).not.toMatch(/from ['"]|import\(|drizzle|Zod/);
});

test('the lines of its README run, on the Node of this machine', async () => {
  write('signs', await yoloDataset(4));
  const { stdout, version } = await runLines('packages/client/README.md');
  console.log(`The lines of the README ran on Node ${version}`);
  expect(stdout).toMatch(/^100 /m);
  expect(stdout).toMatch(/^signs\/images\/\S+ \d+ \d+$/m);
  expect(readFileSync(join(folder, 'data.yaml'))).toEqual(readFileSync(join(folder, 'signs/data.yaml')));
});

test('the lines of the example’s README run', async () => {
  const id = await datasetOf(5);
  const { stdout } = await runLines('examples/training-service/README.md', id, 'run-1');
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^train\/images\/train\/\S+ [1-9]\d*$/);
  expect(readdirSync(join(folder, 'data/train/images/train'))).toHaveLength(lines.length);
});

test('what exists compiles, what does not exist does not', () => {
  for (const readme of ['packages/client/README.md', 'examples/training-service/README.md']) {
    expect(compile('readme.ts', linesOf(readme))).toBe('');
  }
  const about = `import { createClient, errorOf, type DatasetView } from '@granary/client';
const client = createClient({ url: 'http://localhost' });`;
  expect(
    compile(
      'right.ts',
      `${about}
export const dataset: DatasetView = await client.datasets.get.query({ id: 'x' }, { signal: AbortSignal.timeout(1) });
export const me: string = (await client.auth.me.query()).email;
export const code: 'not_found' | undefined = ((known) => (known?.code === 'not_found' ? known.code : undefined))(errorOf(0));
client.jobs.watch.subscribe({ id: 'x' }, { onData: ({ data }) => console.log(data.progress.toFixed()) }).unsubscribe();
await client.uploadFolder('x', [{ path: 'a/b', file: new File([], 'b') }], { import: { onConflict: 'skip' } });`,
    ),
  ).toBe('');
  const wrong = [
    'await client.datasets.get.query({});',
    'await client.datasets.get.query();',
    'await client.datasets.gets.query({ id: "x" });',
    'await client.datasets.get.mutate({ id: "x" });',
    '(await client.datasets.get.query({ id: "x" })).numImage;',
    'await client.datasets.create.mutate({ name: 5 });',
    'await client.uploadFolder("x", "y", { import: { onConflict: "perhaps" } });',
    'errorOf(0)?.code === "no_such_code";',
  ];
  const said = compile('wrong.ts', [about, ...wrong].join('\n'));
  const lines = said.split('\n').flatMap((line) => /^wrong\.ts\((\d+),/.exec(line)?.[1] ?? []);
  expect([...new Set(lines)]).toEqual(wrong.map((_, index) => String(index + 3)));
});

test('the packed types are those of the server', () => {
  // Both ways: what a call takes and answers is the same for both.
  const said = compile(
    'same.ts',
    `import type { Api as Packed, DatasetView, ErrorBody, ImportView } from '@granary/client';
import type * as source from '${join(root, 'packages/client/src/views.ts')}';
declare const packed: Packed;
declare const server: Omit<source.Api, symbol>;
export const asPacked: Packed = server;
export const asServer: Omit<source.Api, symbol> = packed;
type Same<A, B> = [A, B] extends [B, A] ? true : never;
export const views: [Same<DatasetView, source.DatasetView>, Same<ImportView, source.ImportView>, Same<ErrorBody, source.ErrorBody>] = [true, true, true];`,
    ['--module', 'esnext', '--moduleResolution', 'bundler', '--allowImportingTsExtensions', '--skipLibCheck', 'true'],
  );
  expect(said).toBe('');
});

function pack(): string {
  // npm builds it first (prepack), with the Node of this repository.
  const packed = spawnSync('npm', ['pack', join(root, 'packages/client'), '--json'], { cwd: folder, encoding: 'utf8' });
  const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n')));
  return join(folder, filename);
}

function npm(...args: string[]): string {
  const ran = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH: hostPath } });
  if (ran.status !== 0) throw new Error(`npm ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout;
}

function write(name: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), bytes);
  }
}

async function datasetOf(images: number): Promise<string> {
  write('train', await yoloDataset(images));
  const { createClient } = await import('@granary/client');
  const client = createClient({ url: granary.url, apiKey });
  const { id } = await client.datasets.create.mutate({ name: 'to train on' });
  const { jobId } = await client.uploadFolder(id, join(folder, 'train'));
  await client.waitForJob(jobId);
  return id;
}

/** The first block of code. */
function linesOf(readme: string): string {
  const lines = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, readme), 'utf8'))?.[1];
  if (!lines) throw new Error(`${readme} has no code`);
  return lines;
}

async function runLines(readme: string, ...args: string[]): Promise<{ stdout: string; version: string }> {
  const { code } = await transform(linesOf(readme), { loader: 'ts' });
  writeFileSync(join(folder, 'lines.mjs'), `console.error(process.version);\n${code}`);
  const child = spawn('node', ['lines.mjs', ...args], {
    cwd: folder,
    env: { PATH: hostPath, GRANARY_URL: granary.url, GRANARY_API_KEY: apiKey },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const status = await new Promise((ended) => child.on('close', ended));
  expect([status, stderr.trim().split('\n').slice(1)]).toEqual([0, []]);
  return { stdout, version: stderr.split('\n')[0] ?? '' };
}

/** @returns what tsc says against it: nothing, where it is right */
function compile(name: string, code: string, more: readonly string[] = ['--module', 'nodenext']): string {
  writeFileSync(join(folder, name), code);
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const strict = ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'es2023,dom,dom.iterable'];
  const ran = spawnSync(process.execPath, [tsc, ...strict, ...types, ...more, name], { cwd: folder, encoding: 'utf8' });
  return ran.stdout;
}

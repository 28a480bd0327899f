/**
 * The entry of every npm script, written for whatever Node (20 or newer) the host has.
 * It brings the workspace up to date (pnpm through npx, Node 24 through the npm package `node`)
 * and then hands over to scripts/<command>.ts, which runs on that Node 24.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = '', ...args] = process.argv.slice(2);

/** The program that runs now: whoever asks this one to end means that. */
let child = null;
let isEnding = false;
// Also as process 1 of a container, where a signal without a handler does nothing. Ctrl-C of a terminal reaches the child
// by itself, too, which does not mind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(signal));
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) end('SIGTERM');
}, 1000).unref();

await installIfNeeded();
await handOver();

/** @param {NodeJS.Signals} signal */
function end(signal) {
  isEnding = true;
  child?.kill(signal);
}

async function installIfNeeded() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const stamp = join(root, 'node_modules', '.granary-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .update(readFileSync(join(root, 'pnpm-workspace.yaml')))
    .update(process.platform + process.arch)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing dependencies (first start, or the lockfile changed)…');
  child = spawn('npx', ['--yes', manifest.packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true' },
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const status = await ended(child).catch((error) => {
    output += error.message;
    return 1;
  });
  if (isEnding) process.exit(0);
  if (status !== 0) {
    console.error(
      `${output.trim().split('\n').slice(-20).join('\n')}\n\nGranary could not install its dependencies: see the lines above, then try again.`,
    );
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

async function handOver() {
  const node24 = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  child = spawn(existsSync(node24) ? node24 : process.execPath, [join(root, 'scripts', `${command}.ts`), ...args], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // pnpm and Node 24 for whatever is started from there.
    env: { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH },
  });
  process.exit(await ended(child));
}

/** @returns {Promise<number>} the exit code; 1 after a signal */
function ended(program) {
  return new Promise((end, failed) => {
    program.on('error', failed);
    program.on('close', (code) => end(code ?? 1));
  });
}

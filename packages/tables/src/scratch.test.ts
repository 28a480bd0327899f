import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { ImportedFiles } from './imported-files.ts';
import { scratchFolder } from './scratch.ts';

vi.setConfig({ testTimeout: 120_000 });

const parent = mkdtempSync(join(tmpdir(), 'granary-scratch-'));
const files = new ImportedFiles();
afterAll(() => {
  files.stop();
  rmSync(parent, { recursive: true, force: true });
});

/** Another process, which makes a folder of its own, and lives until it is killed. */
async function holder(): Promise<{ folder: string; kill: () => Promise<void> }> {
  const module = new URL('./scratch.ts', import.meta.url).pathname;
  const program = `import { scratchFolder } from ${JSON.stringify(module)}; console.log(scratchFolder(${JSON.stringify(parent)})); setInterval(() => {}, 1000);`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [folder] = await once(child.stdout, 'data');
  return {
    folder: String(folder).trim(),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('the folder of a process stays while it lives, and goes with the next one when it was killed', async () => {
  const other = await holder();
  const own = scratchFolder(parent);
  expect(own).not.toBe(other.folder);
  expect(existsSync(other.folder)).toBe(true);
  writeFileSync(join(own, 'x'), '');
  expect(scratchFolder(parent)).toBe(own);
  await other.kill();
  const next = await holder();
  expect(existsSync(other.folder)).toBe(false);
  expect(existsSync(join(own, 'x'))).toBe(true);
  await next.kill();
});

test('what is not ours stays', () => {
  const foreign = join(parent, 'somebody');
  mkdirSync(foreign);
  rmSync(scratchFolder(parent), { recursive: true });
  expect(existsSync(scratchFolder(parent))).toBe(true);
  expect(readdirSync(parent)).toContain('somebody');
});

test('a folder that has vanished is made again, and the next conversion goes on', async () => {
  const before = files.tables.scratchDir;
  expect((await files.import({ 'train.jsonl': '{"a":1}\n' })).numRows).toBe(1);
  rmSync(before, { recursive: true });
  const split = await files.import({ 'train.jsonl': '{"a":2}\n' });
  expect(await split.rows()).toEqual([{ a: 2 }]);
  expect(files.tables.scratchDir).not.toBe(before);
});

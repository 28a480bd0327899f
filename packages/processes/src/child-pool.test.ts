import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChildPool } from './child-pool.ts';
import type { ChildProgram } from './child-program.ts';

const beChild = new URL('./be-child.ts', import.meta.url);
let folder: string;
let pool: ChildPool<{ said: string }>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-pool-'));
  const program = join(folder, 'program.ts');
  writeFileSync(
    program,
    `import { beChild } from '${beChild}';
    const { tell } = beChild(({ say }) => {
      if (say === 'die') process.exit(3);
      if (say === 'grow') globalThis.held = Buffer.alloc(400 * 1024 * 1024, 1);
      tell({ said: say + ' ' + (process.env.GRANARY_SECRET_KEY ?? 'no secret') });
    });`,
  );
  pool = new ChildPool(pathToFileURL(program), { idleMs: 200 });
});
afterEach(() => {
  pool.close();
  rmSync(folder, { recursive: true });
});

const ask = (say: string) => (child: ChildProgram<{ said: string }>) => {
  const answer = new Promise<string>((resolve) => {
    const unlisten = child.listen(({ said }) => {
      unlisten();
      resolve(said);
    });
  });
  child.send({ say });
  return Promise.race([answer, child.gone]);
};

test('one that waits is given work again, and a second is begun beside one at work', async () => {
  process.env.GRANARY_SECRET_KEY = 'hidden';
  expect(await pool.use(ask('hello'))).toBe('hello no secret');
  const { pids } = pool;
  expect(pids).toHaveLength(1);
  await pool.use(async () => {
    await pool.use(ask('beside'));
    expect(pool.pids).toHaveLength(2);
    expect(pool.pids).toEqual(expect.arrayContaining(pids));
  });
});

test('one that has died says why, and is not used again', async () => {
  expect(await pool.use(ask('die'))).toBe('it ended with code 3');
  expect(pool.pids).toEqual([]);
  expect(await pool.use(ask('again'))).toContain('again');
});

test('one that is killed says the reason of who killed it', async () => {
  const reason = await pool.use((child) => {
    child.kill('nobody waits for it');
    return child.gone;
  });
  expect(reason).toBe('nobody waits for it');
  expect(pool.pids).toEqual([]);
});

test('memory and processor time are told while somebody looks', async () => {
  await pool.use(async (child) => {
    await ask('grow')(child);
    const over = new AbortController();
    const seen = await new Promise<{ ticks: number | null; bytes: number }>((resolve) => {
      void child.watch(over.signal, 20, (ticks, bytes) => resolve({ ticks, bytes }));
    });
    over.abort();
    expect(seen.bytes).toBeGreaterThan(400 * 1024 * 1024);
    expect(seen.ticks).toBeGreaterThanOrEqual(0);
  });
});

test('those that wait end after a while', async () => {
  await pool.use(ask('hello'));
  await expect.poll(() => pool.pids, { timeout: 10_000 }).toEqual([]);
});

test('a closed pool lets work end, and keeps nothing', async () => {
  const said = await pool.use(async (child) => {
    pool.close();
    return await ask('hello')(child);
  });
  expect(said).toContain('hello');
  expect(pool.pids).toEqual([]);
});

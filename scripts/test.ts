import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.ts';
import { check } from './check.ts';
import { findChromium } from './chromium.ts';
import { fail } from './console.ts';
import { root } from './paths.ts';

/**
 * `npm test`: lint, types, dead code, then unit, integration and browser tests; the last two wait more than they compute, and
 * run side by side. Arguments go to vitest, which then runs once.
 */
const args = process.argv.slice(2);
if (args.length === 0 && !check()) {
  console.log('\n0 passed, 1 failed');
  process.exit(1);
}
console.log('\n— build');
await build().catch((error: Error) => fail(error.message));
console.log('\n— tests');
const chromium = findChromium();
const folder = mkdtempSync(join(tmpdir(), 'granary-test-counts-'));
const counts = join(folder, 'counts');
const codes =
  args.length > 0
    ? [await vitest(...args)]
    : [
        await vitest('--project', 'unit'),
        ...(await Promise.all([vitest('--project', 'integration'), vitest('--project', 'browser')])),
      ];
console.log(`\nThe slowest files: ${slowest(8)}`);
console.log(`\n${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
rmSync(folder, { recursive: true, force: true });
process.exit(codes.find((code) => code !== 0) ?? 0);

function vitest(...rest: string[]): Promise<number> {
  return new Promise((ended) => {
    const child = spawn('vitest', ['run', ...rest], {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        GRANARY_TEST_COUNTS: counts,
        GRANARY_TEST_BUILT: '1',
        ...(chromium ? { GRANARY_TEST_CHROMIUM: chromium } : {}),
      },
    });
    child.on('exit', (code) => ended(code ?? 1));
  });
}

interface Run {
  passed: number;
  failed: number;
  skipped: number;
  files: { file: string; seconds: number }[];
}

/** Each run has left a line (see closing-line.ts). */
function runs(): Run[] {
  const lines = readFileSync(counts, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

function total(state: 'passed' | 'failed' | 'skipped'): number {
  return runs().reduce((sum, run) => sum + run[state], 0);
}

function slowest(count: number): string {
  const files = runs()
    .flatMap((run) => run.files)
    .sort((a, b) => b.seconds - a.seconds);
  return files
    .slice(0, count)
    .map(({ file, seconds }) => `${file} ${seconds} s`)
    .join(', ');
}

import { spawnSync } from 'node:child_process';
import { build } from './build.ts';
import { check } from './check.ts';
import { findChromium } from './chromium.ts';
import { root } from './paths.ts';

/** `npm test`: lint, types, dead code, then unit, integration and browser tests. Arguments go to vitest. */
const args = process.argv.slice(2);
if (args.length === 0 && !check()) {
  console.log('\n0 passed, 1 failed');
  process.exit(1);
}
console.log('\n— build');
build();
console.log('\n— tests');
const chromium = findChromium();
const result = spawnSync('vitest', ['run', ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(chromium ? { GRANARY_TEST_CHROMIUM: chromium } : {}) },
});
process.exit(result.status ?? 1);

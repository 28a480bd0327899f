import { spawnSync } from 'node:child_process';
import { root } from './paths.ts';

/** Lint and format, types of every workspace, dead code: stops at the first that fails. */
export function check(): boolean {
  const steps: [name: string, command: string, ...args: string[]][] = [
    ['lint and format', 'biome', 'check', '--error-on-warnings', '.'],
    ['types', 'turbo', 'run', 'typecheck', '--output-logs=errors-only'],
    ['types of scripts and tests', 'tsc', '-p', 'tsconfig.json'],
    ['dead code', 'knip'],
  ];
  for (const [name, command, ...args] of steps) {
    console.log(`\n— ${name}`);
    const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
    if (status !== 0) return false;
  }
  return true;
}

if (import.meta.main) process.exit(check() ? 0 : 1);

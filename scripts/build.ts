import { spawnSync } from 'node:child_process';
import { fail } from './console.ts';
import { root } from './paths.ts';

/** Builds what has to be built, which is the pages; turbo skips what has not changed. */
export function build(): void {
  const result = spawnSync(
    process.execPath,
    [`${root}/node_modules/turbo/bin/turbo`, 'run', 'build', '--output-logs=errors-only'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NODE_ENV: 'production' },
    },
  );
  if (result.status !== 0) fail(`The build failed:\n${result.stdout}${result.stderr}${result.error?.message ?? ''}`);
}

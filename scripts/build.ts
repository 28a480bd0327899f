import { spawn } from 'node:child_process';
import { StartError } from './console.ts';
import { root } from './paths.ts';

/**
 * Builds the pages, and the bundles of the processes; turbo skips what has not changed.
 *
 * @throws StartError with what the build said; the signal's reason when that ends it
 */
export async function build(signal?: AbortSignal): Promise<void> {
  const child = spawn(
    process.execPath,
    [`${root}/node_modules/turbo/bin/turbo`, 'run', 'build', 'bundle', '--output-logs=errors-only'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, which is ended with all that turbo has started.
      detached: true,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NODE_ENV: 'production' },
    },
  );
  const stop = () => void (child.pid && process.kill(-child.pid, 'SIGTERM'));
  signal?.addEventListener('abort', stop);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const status = await new Promise<number | null>((end) =>
    child
      .on('error', (error) => {
        output += error.message;
        end(null);
      })
      .on('close', end),
  );
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  if (status !== 0) throw new StartError(`The build failed:\n${output}`);
}

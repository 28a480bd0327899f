import { EmbeddedPostgresError } from '@granary/db/embedded';
import { fail, StartError } from './console.ts';
import type { Granary } from './granary.ts';

/**
 * Starts, and stops cleanly on Ctrl-C, on SIGTERM, or when whoever started this is gone; also in the middle of the start.
 * What is wrong is one line, and the exit code 1.
 */
export async function runUntilSignalled(start: (signal: AbortSignal) => Promise<Granary>): Promise<never> {
  const end = new AbortController();
  const { signal } = end;
  const wanted = new Promise<void>((now) => signal.addEventListener('abort', () => now()));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort());
  process.on('disconnect', () => end.abort());
  try {
    const granary = await start(signal);
    await wanted;
    await granary.stop();
  } catch (error) {
    if (!signal.aborted) {
      if (error instanceof StartError || error instanceof EmbeddedPostgresError) fail(error.message);
      throw error;
    }
  }
  process.exit(0);
}

import type { Granary } from './granary.ts';

/** Starts, and stops cleanly on Ctrl-C, on SIGTERM, or when whoever started this is gone. */
export async function runUntilSignalled(start: () => Promise<Granary>): Promise<void> {
  let granary: Granary | null = null;
  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await granary?.stop();
    process.exit(0);
  };
  const wanted = new Promise<void>((now) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => now());
    process.on('disconnect', () => now());
  });
  granary = await start();
  void wanted.then(stop);
}

import { writeFileSync } from 'node:fs';

/** Makes this process a child: it ends with the process that has begun it, and only with that one. */
export function beChild<Asked, Told extends object>(
  onMessage: (message: Asked) => void,
): { tell(message: Told): void } {
  try {
    // Where memory runs out, the system ends this process rather than the one that waits for it.
    writeFileSync('/proc/self/oom_score_adj', '900');
  } catch {
    // Another system.
  }
  // A terminal, and some supervisors, send these to all processes: the parent says when it is over.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', onMessage);
  return {
    tell: (message) => {
      if (process.connected) process.send?.(message);
    },
  };
}

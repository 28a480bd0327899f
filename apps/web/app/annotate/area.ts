export type { Box } from '@granary/formats';

/** The shoelace formula, in square pixels. */
export function ringArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += (ring[i] ?? 0) * (ring[j + 1] ?? 0) - (ring[j] ?? 0) * (ring[i + 1] ?? 0);
  }
  return Math.abs(twice) / 2;
}

import type { Rle } from './model.ts';

/**
 * The run lengths of a mask, column by column from the top left, the first of them of background. COCO's compressed
 * string holds each as signed groups of 5 bits from `0` (48) on, the lowest first, bit 5 where more follow; from the
 * third on they are differences to the run before the last (pycocotools, maskApi.c, rleFrString).
 */
export function runsOf({ counts }: Rle): readonly number[] {
  if (typeof counts !== 'string') return counts;
  const runs: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let value = 0;
    let shift = 0;
    let group: number;
    do {
      group = counts.charCodeAt(at++) - 48;
      value += (group & 31) * 2 ** shift;
      shift += 5;
    } while (group & 32 && at < counts.length);
    if (group & 16) value -= 2 ** shift;
    if (runs.length > 2) value += runs[runs.length - 2] ?? 0;
    runs.push(value);
  }
  return runs;
}

/** The compressed string of run lengths; the inverse of {@link runsOf}. */
export function compressed(runs: readonly number[]): string {
  let text = '';
  for (let i = 0; i < runs.length; i++) {
    let value = (runs[i] ?? 0) - (i > 2 ? (runs[i - 2] ?? 0) : 0);
    for (;;) {
      const group = value & 31;
      value >>= 5;
      const isLast = group & 16 ? value === -1 : value === 0;
      text += String.fromCharCode((isLast ? group : group | 32) + 48);
      if (isLast) break;
    }
  }
  return text;
}

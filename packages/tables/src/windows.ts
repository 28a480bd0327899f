import type { Shard } from './shard.ts';

/** Rows of a shard that are looked through together with others. */
export interface Piece {
  shard: Shard;
  /** The place of the shard among those of the split. */
  index: number;
  from: number;
  count: number;
}

const PIECE_ROWS = 2_000_000;
const WINDOW_BYTES = 256 * 1024 * 1024;

/** Cuts a split into windows that are looked through one after the other: between them progress is told. */
export function windowsOf(shards: readonly Shard[]): Piece[][] {
  const windows: Piece[][] = [];
  let window: Piece[] = [];
  let rows = 0;
  let bytes = 0;
  for (const [index, shard] of shards.entries()) {
    for (let from = 0; from < shard.rows; from += PIECE_ROWS) {
      const count = Math.min(PIECE_ROWS, shard.rows - from);
      window.push({ shard, index, from, count });
      rows += count;
      bytes += (shard.sizeBytes * count) / shard.rows;
      if (rows < PIECE_ROWS && bytes < WINDOW_BYTES) continue;
      windows.push(window);
      window = [];
      rows = 0;
      bytes = 0;
    }
  }
  if (window.length > 0) windows.push(window);
  return windows;
}

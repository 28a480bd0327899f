import type { ObjectStore } from '@granary/storage';

/** How a file goes into the store. */
export interface Parts {
  /** All parts but the last have one size, whoever goes on with them: it follows from the file's. */
  partBytes: number;
  /** Parts that are in memory at once, and lost with the process: one that fills, the others on their way into the store. */
  most: number;
}

const MOST_PARTS = 9_000;
const MIB = 1024 * 1024;
const MOST_COMFORTABLE_BYTES = 8 * MIB;
const MOST_BUFFERED_BYTES = 32 * MIB;
/** What may be lost with the process, and has to be fetched again. */
const LOST_SHARE = 1 / 16;
const MOST_FILES = 4;

/** A sixty-fourth of the file is little to lose, and few parts are fast. */
export function partsOf(sizeBytes: number, { leastPartBytes }: ObjectStore): Parts {
  const wanted = Math.min(MOST_COMFORTABLE_BYTES, Math.ceil(sizeBytes / 64 / MIB) * MIB);
  const partBytes = Math.max(leastPartBytes, wanted, Math.ceil(sizeBytes / MOST_PARTS / MIB) * MIB);
  const most = Math.floor(Math.min(MOST_BUFFERED_BYTES, sizeBytes * LOST_SHARE) / partBytes);
  return { partBytes, most: Math.max(2, Math.min(4, most)) };
}

/** How many files are downloaded at once. */
export function filesAtOnce(sizes: readonly number[], store: ObjectStore): number {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // The largest file has the most of itself in memory.
  const largest = sizes.reduce((most, size) => Math.max(most, size), 1);
  const { partBytes, most } = partsOf(largest, store);
  const atOnce = Math.floor(Math.max(MIB, total * LOST_SHARE) / Math.min(largest, partBytes * most));
  return Math.max(1, Math.min(MOST_FILES, atOnce));
}

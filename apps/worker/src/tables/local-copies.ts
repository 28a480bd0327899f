import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inGigabytes } from '@granary/core/base/gigabytes';
import { JobFailure } from '@granary/core/errors/failures';
import type { ObjectStore } from '@granary/storage';

/** An object that is read as a file. */
export interface StoredSource {
  storageKey: string;
  sizeBytes: number;
  /** What people call it; its ending says how it is compressed. */
  name: string;
}

/** Disk space to leave free beyond what is needed. */
const SPARE_BYTES = 512 * 1024 * 1024;

/**
 * Gives objects as files for as long as `use` runs: those of a disk are there already, those of a bucket are copied to this
 * machine, if it has room for them.
 *
 * @throws JobFailure `disk_full`
 */
export async function withLocalCopies<T>(
  store: ObjectStore,
  scratchDir: string,
  sources: readonly StoredSource[],
  signal: AbortSignal,
  use: (paths: string[]) => Promise<T>,
): Promise<T> {
  const local = sources.map(({ storageKey }) => store.localPath(storageKey));
  if (local.every((path) => path !== null)) return use(local);
  return withFolder(scratchDir, async (folder) => {
    await assertRoom(
      folder,
      sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    const paths: string[] = [];
    for (const [i, { storageKey, name }] of sources.entries()) {
      const path = join(folder, `${i}${endingOf(name)}`);
      await pipeline(await store.get(storageKey, { signal }), createWriteStream(path), { signal });
      paths.push(path);
    }
    return use(paths);
  });
}

/** A folder that goes with the work. */
export async function withFolder<T>(scratchDir: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(scratchDir, 'work-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws JobFailure `disk_full` */
export async function assertRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  throw new JobFailure(
    'disk_full',
    `This needs ${inGigabytes(bytes + SPARE_BYTES)} of disk space, and the server has ${inGigabytes(free)} free. Free some space, or choose fewer rows.`,
  );
}

/** `.jsonl.gz` and the like. */
export const endingOf = (name: string): string => /(\.[a-z]+)?(\.(gz|zst))?$/i.exec(name)?.[0] ?? '';

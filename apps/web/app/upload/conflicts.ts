import type { PickedFile } from '@granary/client/plan';
import { isArchive } from '@granary/client/plan';
import pLimit from 'p-limit';
import { useEffect, useState } from 'react';
import { trpc } from '~/trpc';

/** Which of picked files a dataset has already. */
export interface Conflicts {
  isDone: boolean;
  /** With the same content: they need not be sent. */
  identical: ReadonlySet<PickedFile>;
  /** With other content, or too large to be compared here. */
  different: readonly string[];
}

const PATHS_AT_ONCE = 5000;
/** A larger file is not read to be compared: it is sent. */
const MAX_HASHED_BYTES = 64 * 1024 * 1024;
const PARALLEL_HASHES = 4;

/** Compares picked files with those of the dataset, by path, size and hash; null while none are picked. What lies in archives is not looked at. */
export function useConflicts(datasetId: string, files: readonly PickedFile[]): Conflicts | null {
  const [conflicts, setConflicts] = useState<Conflicts | null>(null);
  useEffect(() => {
    setConflicts(null);
    if (files.length === 0) return;
    let isWanted = true;
    compare(datasetId, files, () => isWanted).then(
      (found) => isWanted && setConflicts(found),
      // The question is asked all the same: what happens with files that are there.
      () => isWanted && setConflicts({ isDone: true, identical: new Set(), different: [] }),
    );
    return () => {
      isWanted = false;
    };
  }, [datasetId, files]);
  return files.length === 0 ? null : (conflicts ?? { isDone: false, identical: new Set(), different: [] });
}

async function compare(datasetId: string, files: readonly PickedFile[], isWanted: () => boolean): Promise<Conflicts> {
  const loose = files.filter(({ path }) => !isArchive(path));
  const identical = new Set<PickedFile>();
  const different: string[] = [];
  const limit = pLimit(PARALLEL_HASHES);
  for (let at = 0; at < loose.length && isWanted(); at += PATHS_AT_ONCE) {
    const part = loose.slice(at, at + PATHS_AT_ONCE);
    const { existing } = await trpc.files.check.mutate({ id: datasetId, paths: part.map(({ path }) => path) });
    const byName = new Map(existing.map((file) => [file.given, file]));
    const looks = part.flatMap((picked) => {
      const known = byName.get(picked.path);
      return known ? [limit(async () => ({ picked, isSame: await hasHash(picked, known) }))] : [];
    });
    for (const { picked, isSame } of await Promise.all(looks)) {
      if (isSame) identical.add(picked);
      else different.push(picked.path);
    }
  }
  return { isDone: true, identical, different };
}

async function hasHash(picked: PickedFile, known: { size: number; sha256: string }): Promise<boolean> {
  if (picked.sizeBytes !== known.size || picked.sizeBytes > MAX_HASHED_BYTES) return false;
  const file = await picked.open();
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('') === known.sha256;
}

import { JobFailure } from '@granary/core/errors/failures';
import { ObjectNotFoundError, type ObjectStore } from '@granary/storage';
import pLimit from 'p-limit';
import type { JobRun } from '../runner.ts';
import type { DatasetSession } from '../session.ts';

/** A row of a file of another dataset, and the key that its content goes to. */
export interface Copied {
  id: number;
  added_in: number;
  path: string;
  storage_key: string;
  size: number;
  to: string;
}

const PARALLEL_COPIES = 16;
const MOST_TURNS = 5;

/**
 * Copies content of another dataset within the store. Nobody is kept from changing that one meanwhile: a change lets a row
 * point to where its content has been preserved before anything else comes to lie at the key, so that a copy is of the right
 * content when its row has not moved since.
 *
 * @throws JobFailure `revision_gone`, `content_damaged`
 */
export async function copyContent(
  { session: { sql }, store, run }: { session: DatasetSession; store: ObjectStore; run: JobRun },
  rows: readonly Copied[],
): Promise<void> {
  let left = [...rows];
  for (let turn = 0; left.length > 0; turn++) {
    const limit = pLimit(PARALLEL_COPIES);
    const isCopied = await Promise.all(left.map((row) => limit(() => copy(store, row, run.signal))));
    const now = await sql<{ id: number; storage_key: string }[]>`
      select f.id::float8 as id, f.storage_key from dataset_files f
      join unnest(${left.map(({ id }) => id)}::bigint[], ${left.map((row) => row.added_in)}::int[]) m(id, added_in)
        on m.id = f.id and m.added_in = f.added_in`;
    const keyOf = new Map(now.map((row) => [row.id, row.storage_key]));
    left = left.flatMap((row, i) => {
      const key = keyOf.get(row.id);
      if (key === undefined)
        throw new JobFailure('revision_gone', `The source no longer keeps ${row.path} as it was then.`);
      if (key === row.storage_key && isCopied[i]) return [];
      if (turn >= MOST_TURNS)
        throw new JobFailure('content_damaged', `The content of ${row.path} is missing in the source.`);
      return [{ ...row, storage_key: key }];
    });
  }
}

async function copy(store: ObjectStore, { storage_key, to }: Copied, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  try {
    await store.copy(storage_key, to);
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
}

import { datasets, type Transaction } from '@granary/db';
import { eq, sql } from 'drizzle-orm';
import { AppError } from '../errors/app-error.ts';

/**
 * The classes of advisory locks; the second half of a lock is the hash of what it is about. A job that writes to a dataset
 * holds `datasetWriter` with a connection of its own; the others end with the transaction.
 */
export const LOCKS = { datasetWriter: 7_203, quota: 7_204, download: 7_205, firstAccount: 7_206 } as const;

/** Waits for whoever else holds the same lock; held until the end of the transaction. */
export async function lockUntilEnd(
  tx: Transaction,
  kind: Exclude<keyof typeof LOCKS, 'datasetWriter'>,
  about: string,
): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS[kind]}, hashtext(${about}))`);
}

type DatasetRow = typeof datasets.$inferSelect;

/** Locks a dataset's row against changes until the transaction ends; rows that refer to it can still be added. */
export async function lockDataset(tx: Transaction, datasetId: string): Promise<DatasetRow | undefined> {
  const [row] = await tx.select().from(datasets).where(eq(datasets.id, datasetId)).for('no key update');
  return row;
}

/** The same, for what is not in the trash. @throws AppError `not_found`, `in_trash` */
export async function lockLiveDataset(tx: Transaction, datasetId: string): Promise<DatasetRow> {
  const row = await lockDataset(tx, datasetId);
  if (!row) throw new AppError('not_found');
  if (row.deletedAt) throw new AppError('in_trash');
  return row;
}

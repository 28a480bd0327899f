import { datasets, partialUploads, type Transaction, uploads, users } from '@granary/db';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Context } from '../base/context.ts';
import { readSettings } from '../base/defaults.ts';
import { inGigabytes } from '../base/gigabytes.ts';
import { lockUntilEnd } from '../base/locks.ts';

import { AppError } from '../errors/app-error.ts';

/**
 * Whether an account has room for this much more. Its datasets count, including those in the trash, and what is
 * being uploaded to them. Whoever asks for the same account waits for the transaction.
 *
 * @throws AppError `quota_exceeded`
 */
export async function assertQuota(
  ctx: Pick<Context, 'defaults'>,
  tx: Transaction,
  ownerId: string,
  more: { bytes: number; datasets: number },
): Promise<void> {
  const account = await accountOf(ctx, tx, ownerId);
  if (!account) return;
  const { quotaBytes, quotaDatasets, bytes, numDatasets } = account;
  if (quotaDatasets !== null && more.datasets > 0 && numDatasets + more.datasets > quotaDatasets) {
    throw new AppError('quota_exceeded', {
      message: `The owner of this can have ${quotaDatasets} datasets, and already has ${numDatasets}.`,
    });
  }
  if (quotaBytes !== null && more.bytes > 0 && bytes + more.bytes > quotaBytes) {
    throw new AppError('quota_exceeded', {
      message: `The owner of this can store ${inGigabytes(quotaBytes)}: ${inGigabytes(bytes)} are used, and this needs ${inGigabytes(more.bytes)}.`,
    });
  }
}

/** How many bytes more an account has room for; null where nothing bounds it. */
export async function roomOf(ctx: Pick<Context, 'defaults'>, tx: Transaction, ownerId: string): Promise<number | null> {
  const account = await accountOf(ctx, tx, ownerId);
  return account?.quotaBytes == null ? null : Math.max(0, account.quotaBytes - account.bytes);
}

interface Account {
  quotaBytes: number | null;
  quotaDatasets: number | null;
  /** Of datasets, and of what is on its way to them: uploads of a length that is not known yet count as they grow. */
  bytes: number;
  numDatasets: number;
}

/** Null where nothing bounds the account. */
async function accountOf(ctx: Pick<Context, 'defaults'>, tx: Transaction, ownerId: string): Promise<Account | null> {
  const [user] = await tx.select().from(users).where(eq(users.id, ownerId));
  const settings = await readSettings(tx, ctx.defaults);
  const quotaBytes = user?.quotaBytes ?? settings.quotaBytes;
  const quotaDatasets = user?.quotaDatasets ?? settings.quotaDatasets;
  if (quotaBytes === null && quotaDatasets === null) return null;
  await lockUntilEnd(tx, 'quota', ownerId);
  const [used] = await tx
    .select({
      bytes: sql<number>`coalesce(sum(${datasets.sizeBytes}), 0)::float8`,
      datasets: sql<number>`(count(*) filter (where ${datasets.deletedAt} is null))::float8`,
    })
    .from(datasets)
    .where(eq(datasets.ownerId, ownerId));
  const [coming] = await tx
    .select({ bytes: sql<number>`coalesce(sum(coalesce(${uploads.sizeBytes}, ${uploads.offsetBytes})), 0)::float8` })
    .from(uploads)
    .innerJoin(datasets, and(eq(datasets.id, uploads.datasetId), isNull(datasets.deletedAt)))
    .where(and(eq(datasets.ownerId, ownerId), inArray(uploads.state, ['uploading', 'finished'])));
  const [parts] = await tx
    .select({ bytes: sql<number>`coalesce(sum(${partialUploads.sizeBytes}), 0)::float8` })
    .from(partialUploads)
    .where(eq(partialUploads.userId, ownerId));
  const bytes = (used?.bytes ?? 0) + (coming?.bytes ?? 0) + (parts?.bytes ?? 0);
  return { quotaBytes, quotaDatasets, bytes, numDatasets: used?.datasets ?? 0 };
}

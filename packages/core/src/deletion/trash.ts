import { backups, datasets, users } from '@granary/db';
import { and, desc, eq, ilike, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Permitted, permit, permits } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Asking, SignedInContext } from '../base/context.ts';
import { settleStatus } from '../base/dataset-status.ts';
import { escapeLike, mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { queryOf } from '../base/query.ts';
import { isUniqueViolation, viewOf } from '../datasets/datasets.ts';
import type { DatasetView } from '../datasets/schemas.ts';
import { AppError } from '../errors/app-error.ts';
import { startJob } from '../queue/start.ts';
import { assertConfirmed, forEach } from './deletion.ts';
import type {
  BulkOutcome,
  bulkPurgeInput,
  bulkRestoreInput,
  purgeInput,
  restoreInput,
  TrashItem,
  trashInput,
} from './schemas.ts';

/** What one manages and is in the trash, the latest first. */
export async function listTrash(ctx: Asking, input: z.infer<typeof trashInput>): Promise<Page<TrashItem>> {
  const { db } = ctx.database;
  const instantOf = ({ deletedAt }: { deletedAt: Date | null }) => (deletedAt ?? new Date(0)).toISOString();
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.string()]),
    (after, limit) =>
      db
        .select({
          dataset: datasets,
          deletedBy: users.name,
          backup: sql<TrashItem['backup']>`(select jsonb_build_object('id', b.id, 'state', b.state) from ${backups} b
            where b.dataset_id = ${datasets.id} order by b.created_at desc limit 1)`,
        })
        .from(datasets)
        .leftJoin(users, eq(users.id, datasets.deletedBy))
        .where(
          and(
            isNotNull(datasets.deletedAt),
            permits(ctx.person, 'manage'),
            input.search ? ilike(datasets.name, `%${escapeLike(input.search)}%`) : undefined,
            after ? sql`(${datasets.deletedAt}, ${datasets.id}) < (${after[0]}::timestamptz, ${after[1]})` : undefined,
          ),
        )
        .orderBy(desc(datasets.deletedAt), desc(datasets.id))
        .limit(limit),
    ({ dataset }) => [instantOf(dataset), dataset.id],
  );
  return mapPage(page, ({ dataset, deletedBy, backup }): TrashItem => {
    const { id, name, format, taskType, numImages, numFiles, sizeBytes, purgeAfter, purgeJobId } = dataset;
    return {
      id,
      name,
      format,
      taskType,
      numImages,
      numFiles,
      sizeBytes,
      deletedBy,
      backup,
      purgeJobId,
      deletedAt: instantOf(dataset),
      purgeAfter: purgeAfter?.toISOString() ?? null,
      isBeingDestroyed: dataset.purge !== null,
    };
  });
}

/** Takes a dataset out of the trash as it was. @throws AppError `not_in_trash`, `being_purged`, `name_taken` */
export async function restoreDataset(
  ctx: Permitted<'restore'>,
  { id, name }: z.infer<typeof restoreInput>,
): Promise<DatasetView> {
  return ctx.database.db
    .transaction(async (tx) => {
      const [row] = await tx
        .update(datasets)
        .set({
          deletedAt: null,
          deletedBy: null,
          purgeAfter: null,
          backupRequired: false,
          ...(name === undefined ? {} : { name }),
          updatedAt: new Date(),
        })
        .where(and(eq(datasets.id, id), isNotNull(datasets.deletedAt), isNull(datasets.purgeJobId)))
        .returning();
      if (!row) throw await whyNot(ctx, id);
      await settleStatus(queryOf(tx), id);
      await recordAudit(tx, {
        action: 'restored',
        datasetId: id,
        ...performer(ctx),
        details: { name: row.name },
      });
      const [now] = await tx.select().from(datasets).where(eq(datasets.id, id));
      return viewOf(now ?? row);
    })
    .catch((error) => {
      if (!isUniqueViolation(error)) throw error;
      throw new AppError('name_taken', { hint: 'Restore it under another name: give "name".' });
    });
}

/** Why a dataset that was in the trash a moment ago can neither be restored nor purged now. */
async function whyNot({ database: { db } }: SignedInContext, id: string): Promise<AppError> {
  const [row] = await db
    .select({ deletedAt: datasets.deletedAt, purgeJobId: datasets.purgeJobId })
    .from(datasets)
    .where(eq(datasets.id, id));
  if (!row) return new AppError('not_found');
  return new AppError(row.deletedAt ? 'being_purged' : 'not_in_trash');
}

/** Queues the end of a dataset. From here on it cannot be restored. @throws AppError `not_confirmed`, `being_purged` */
export async function purgeDataset(
  ctx: Permitted<'restore'>,
  { id, confirmName, createBackup }: z.infer<typeof purgeInput>,
): Promise<{ jobId: string }> {
  const { name } = ctx.dataset;
  assertConfirmed(confirmName, name);
  return ctx.database.db.transaction(async (tx) => {
    const jobId = crypto.randomUUID();
    const [row] = await tx
      .update(datasets)
      .set({ purgeJobId: jobId, ...(createBackup ? { backupRequired: true } : {}), updatedAt: new Date() })
      .where(and(eq(datasets.id, id), isNotNull(datasets.deletedAt), isNull(datasets.purgeJobId)))
      .returning();
    if (!row) throw await whyNot(ctx, id);
    assertConfirmed(confirmName, row.name);
    const about = { kind: 'purge' as const, datasetId: id, createdBy: ctx.person.id, id: jobId };
    await startJob(ctx.queue, tx, 'purge', about, { datasetId: id });
    await recordAudit(tx, { action: 'purge_requested', datasetId: id, ...performer(ctx), details: { jobId } });
    return { jobId };
  });
}

export function restoreDatasets(ctx: SignedInContext, { ids }: z.infer<typeof bulkRestoreInput>): Promise<BulkOutcome> {
  return forEach(ctx.database, [...new Set(ids)], async (id) => {
    await restoreDataset(await permit(ctx, id, 'restore'), { id });
    return undefined;
  });
}

/** @throws AppError `not_confirmed` */
export async function purgeDatasets(
  ctx: SignedInContext,
  { ids, confirmCount }: z.infer<typeof bulkPurgeInput>,
): Promise<BulkOutcome> {
  const each = [...new Set(ids)];
  assertConfirmed(confirmCount, each.length);
  return forEach(ctx.database, each, async (id) => {
    const permitted = await permit(ctx, id, 'restore');
    return (await purgeDataset(permitted, { id, confirmName: permitted.dataset.name })).jobId;
  });
}

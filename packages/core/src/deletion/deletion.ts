import { type Database, datasets, type Transaction } from '@granary/db';
import { and, asc, eq, inArray, not, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { type Permitted, requireDataset } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { enqueueBackup } from '../backups/backups.ts';
import type { SignedInContext } from '../base/context.ts';
import { inDays, readSettings } from '../base/defaults.ts';
import { lockLiveDataset } from '../base/locks.ts';
import { filtersOf } from '../datasets/list.ts';
import { AppError, knownError } from '../errors/app-error.ts';
import { cancelJobs } from '../jobs/cancel.ts';
import { impactOf, impactOfMany } from './impact.ts';
import type {
  BulkOutcome,
  bulkDeleteInput,
  bulkImpact,
  bulkImpactInput,
  Deleted,
  DeletionImpact,
  deleteInput,
} from './schemas.ts';

/** The most that one call changes. */
const MAX_DATASETS = 1000;

export async function deletionImpact(ctx: Permitted<'audit'>, id: string): Promise<DeletionImpact> {
  return impactOf(ctx.database.sql, id, ctx.person);
}

/**
 * Puts a dataset into the trash, at once and whole: its jobs end, its name is free again, and only who manages it still
 * sees it. A backup that was asked for is queued in the same transaction.
 *
 * @throws AppError `not_confirmed`, `in_use`, `in_trash`
 */
export async function deleteDataset(ctx: SignedInContext, input: z.infer<typeof deleteInput>): Promise<Deleted> {
  const options = { createBackup: input.createBackup === 'true', force: input.force === 'true' };
  const { name } = await requireDataset(ctx.database, ctx.person, input.id, options.force ? 'force' : 'manage');
  assertConfirmed(input.confirmName, name);
  const confirmed = { ...options, confirmName: input.confirmName };
  return ctx.database.db.transaction((tx) => moveToTrash(ctx, tx, input.id, confirmed));
}

/** @throws AppError `not_confirmed` */
export function assertConfirmed(typed: string | number, expected: string | number): void {
  if (typed !== expected) {
    throw new AppError('not_confirmed', {
      issues: [
        typeof expected === 'number'
          ? { path: 'confirmCount', message: `is ${typed}, but there are ${expected} datasets` }
          : { path: 'confirmName', message: 'is not the name of the dataset' },
      ],
    });
  }
}

interface DeleteOptions {
  createBackup: boolean;
  force: boolean;
  confirmName: string;
}

/** Ends the dataset's jobs, or asks them to stop, and has it purged when its days are over. */
export async function moveToTrash(
  ctx: SignedInContext,
  tx: Transaction,
  id: string,
  options: DeleteOptions,
): Promise<Deleted> {
  const dataset = await lockLiveDataset(tx, id);
  assertConfirmed(options.confirmName, dataset.name);
  if (!options.force) await assertUnused(tx, id);
  await cancelJobs(ctx.queue, tx, { datasetId: id });
  const impact = await impactOf(ctx.database.sql, id, ctx.person);
  const deletedAt = new Date();
  const { trashDays } = await readSettings(tx, ctx.defaults);
  const purgeAfter = inDays(trashDays, deletedAt);
  await tx
    .update(datasets)
    .set({
      deletedAt,
      deletedBy: ctx.person.id,
      purgeAfter,
      backupRequired: options.createBackup,
      updatedAt: deletedAt,
    })
    .where(eq(datasets.id, id));
  const backup = options.createBackup ? await enqueueBackup(ctx, tx, dataset) : null;
  const { images, annotations, objects, storageBytes } = impact;
  await recordAudit(tx, {
    action: 'deleted',
    datasetId: id,
    ...performer(ctx),
    details: {
      name: dataset.name,
      purgeAfter: purgeAfter.toISOString(),
      impact: { images, annotations, objects, storageBytes },
      backupId: backup?.backupId ?? null,
      ...(options.force ? { force: true, usages: impact.liveUsages } : {}),
    },
  });
  return {
    datasetId: id,
    name: dataset.name,
    deletedAt: deletedAt.toISOString(),
    purgeAfter: purgeAfter.toISOString(),
    impact,
    ...(backup ? { backupJobId: backup.jobId } : {}),
  };
}

async function assertUnused(tx: Transaction, id: string): Promise<void> {
  const live = await tx.execute<{ service: string; external_id: string }>(sql`
    select service, external_id from dataset_usages where dataset_id = ${id} and released_at is null order by created_at limit 100`);
  if (live.length === 0) return;
  throw new AppError('in_use', {
    issues: [...live].map(({ service, external_id }) => ({ path: service, message: external_id })),
  });
}

/** The ids of datasets that a change of many is about. @throws AppError `invalid_input` for more than 1,000 */
async function chosenIds(ctx: SignedInContext, input: z.infer<typeof bulkImpactInput>): Promise<string[]> {
  const rows = await ctx.database.db
    .select({ id: datasets.id })
    .from(datasets)
    .where(
      and(
        ...filtersOf(ctx.person, input.filter ?? {}),
        input.ids === undefined ? undefined : inArray(datasets.id, input.ids),
        input.except === undefined || input.except.length === 0 ? undefined : not(inArray(datasets.id, input.except)),
      ),
    )
    .orderBy(asc(datasets.name), asc(datasets.id))
    .limit(MAX_DATASETS + 1);
  if (rows.length > MAX_DATASETS) {
    throw new AppError('invalid_input', {
      message: `You can delete at most ${MAX_DATASETS.toLocaleString('en')} datasets at once.`,
      hint: 'Narrow the filter and delete in several steps.',
    });
  }
  return rows.map(({ id }) => id);
}

export async function bulkDeletionImpact(
  ctx: SignedInContext,
  input: z.infer<typeof bulkImpactInput>,
): Promise<z.infer<typeof bulkImpact>> {
  return impactOfMany(ctx.database, await chosenIds(ctx, input));
}

/** Deletes many datasets, each by itself: some may fail while others succeed. @throws AppError `not_confirmed` */
export async function deleteDatasets(
  ctx: SignedInContext,
  input: z.infer<typeof bulkDeleteInput>,
): Promise<BulkOutcome> {
  const known = await chosenIds(ctx, input);
  // Ids that one may not see are failures of their own, which counting must not hide.
  const ids = [...new Set([...known, ...(input.ids ?? []).filter((id) => !input.except?.includes(id))])];
  assertConfirmed(input.confirmCount, ids.length);
  return forEach(ctx.database, ids, async (id) => {
    const dataset = await requireDataset(ctx.database, ctx.person, id, input.force ? 'force' : 'manage');
    const { createBackup, force } = input;
    const confirmed = { createBackup, force, confirmName: dataset.name };
    const { backupJobId } = await ctx.database.db.transaction((tx) => moveToTrash(ctx, tx, id, confirmed));
    return backupJobId;
  });
}

/** Does something to each of many datasets, and tells of each how it went. */
export async function forEach(
  { db }: Database,
  ids: readonly string[],
  work: (id: string) => Promise<string | undefined>,
): Promise<BulkOutcome> {
  const names = new Map(
    (
      await db
        .select({ id: datasets.id, name: datasets.name })
        .from(datasets)
        .where(inArray(datasets.id, [...ids]))
    ).map(({ id, name }) => [id, name]),
  );
  const outcome: BulkOutcome = { succeeded: [], failed: [] };
  for (const id of ids) {
    const name = names.get(id) ?? '';
    try {
      const jobId = await work(id);
      outcome.succeeded.push({ id, name, ...(jobId === undefined ? {} : { jobId }) });
    } catch (error) {
      const { errorCode, message, isOurs } = knownError(error);
      if (isOurs) throw error;
      // What one may not see keeps its name for itself.
      outcome.failed.push({ id, name: errorCode === 'not_found' ? '' : name, code: errorCode, message });
    }
  }
  return outcome;
}

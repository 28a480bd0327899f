import { datasetUsages, datasetVersions, type Transaction, users } from '@granary/db';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Permitted, requireDataset } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Asking, SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset } from '../base/locks.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { resolveRef } from '../revisions/refs.ts';
import type { listUsagesInput, registerUsageInput, UsageView } from './schemas.ts';

/**
 * Notes that a service uses the dataset, so that it is not deleted. Whoever can see it can use it. The same service and
 * external id answer the existing usage, so that a request whose answer was lost can be repeated.
 *
 * @throws AppError `in_trash`, `not_found` for a version that there is not
 */
export async function registerUsage(
  ctx: Permitted<'see'>,
  { id, service, externalId, version }: z.infer<typeof registerUsageInput>,
): Promise<UsageView> {
  const number = version === undefined ? null : await versionOf(ctx.database, id, String(version));
  return ctx.database.db.transaction(async (tx) => {
    // A deletion waits for this, or is found here.
    const dataset = await lockDataset(tx, id);
    if (!dataset) throw new AppError('not_found');
    if (dataset.deletedAt) throw new AppError('in_trash');
    if (number !== null) await assertVersion(tx, id, number);
    const [known] = await tx
      .select()
      .from(datasetUsages)
      .where(
        and(
          eq(datasetUsages.datasetId, id),
          eq(datasetUsages.service, service),
          eq(datasetUsages.externalId, externalId),
          isNull(datasetUsages.releasedAt),
        ),
      );
    if (known) return viewOf(known, known.createdBy === ctx.person.id ? ctx.person.name : null);
    const [row] = await tx
      .insert(datasetUsages)
      .values({ datasetId: id, service, externalId, version: number, createdBy: ctx.person.id })
      .returning();
    if (!row) throw new AppError('internal');
    await recordAudit(tx, {
      action: 'usage_registered',
      datasetId: id,
      ...performer(ctx),
      details: { usageId: row.id, service, externalId },
    });
    return viewOf(row, ctx.person.name);
  });
}

/** It may have been deleted a moment ago; from here on it cannot be. @throws AppError `not_found` */
async function assertVersion(tx: Transaction, datasetId: string, version: number): Promise<void> {
  const [row] = await tx
    .select({ version: datasetVersions.version })
    .from(datasetVersions)
    .where(and(eq(datasetVersions.datasetId, datasetId), eq(datasetVersions.version, version)));
  if (!row) throw new AppError('not_found', { message: `The dataset has no version ${version}.` });
}

/** The number of a version; null for the draft. A revision that has no version may not be there for long. @throws AppError */
async function versionOf(database: SignedInContext['database'], id: string, ref: string): Promise<number | null> {
  const { at, version } = await resolveRef(database, id, ref);
  if (at === null || version !== null) return version;
  throw new AppError('invalid_input', { issues: [{ path: 'version', message: 'is a revision without a version' }] });
}

/** Ends a usage; by who registered it, or who manages the dataset. Again it changes nothing. @throws AppError */
export async function releaseUsage(ctx: SignedInContext, usageId: string): Promise<UsageView> {
  assertRowId(usageId);
  const [found] = await ctx.database.db.select().from(datasetUsages).where(eq(datasetUsages.id, usageId));
  if (!found) throw new AppError('not_found');
  const isOwn = found.createdBy === ctx.person.id;
  await requireDataset(ctx.database, ctx.person, found.datasetId, isOwn ? 'see' : 'audit');
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .update(datasetUsages)
      .set({ releasedAt: new Date() })
      .where(and(eq(datasetUsages.id, usageId), isNull(datasetUsages.releasedAt)))
      .returning();
    if (!row) return viewOf(found, null);
    const { datasetId, service, externalId } = row;
    await recordAudit(tx, {
      action: 'usage_released',
      datasetId,
      ...performer(ctx),
      details: { usageId, service, externalId },
    });
    return viewOf(row, null);
  });
}

export async function listUsages(ctx: Asking, input: z.infer<typeof listUsagesInput>): Promise<Page<UsageView>> {
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
      db
        .select({ usage: datasetUsages, createdBy: users.name })
        .from(datasetUsages)
        .leftJoin(users, eq(users.id, datasetUsages.createdBy))
        .where(
          and(
            eq(datasetUsages.datasetId, input.id),
            input.live === 'true' ? isNull(datasetUsages.releasedAt) : undefined,
            after
              ? sql`(${datasetUsages.createdAt}, ${datasetUsages.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(datasetUsages.createdAt), desc(datasetUsages.id))
        .limit(limit),
    ({ usage }) => [usage.createdAt.toISOString(), usage.id],
  );
  return mapPage(page, ({ usage, createdBy }) => viewOf(usage, createdBy));
}

function viewOf(row: typeof datasetUsages.$inferSelect, createdBy: string | null): UsageView {
  const { id, datasetId, service, externalId, version } = row;
  return {
    id,
    datasetId,
    service,
    externalId,
    version,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    releasedAt: row.releasedAt?.toISOString() ?? null,
  };
}

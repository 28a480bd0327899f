import { datasets, datasetTransfers, organizationMembers, organizations, type Transaction } from '@granary/db';
import { and, desc, eq, isNull, or, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { type Permitted, requireDataset, requireOrganization } from '../access/policy.ts';
import { assertQuota } from '../access/quotas.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { requireAccount } from '../base/account.ts';
import type { SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset } from '../base/locks.ts';
import { freeName, isUniqueViolation } from '../datasets/datasets.ts';
import { AppError } from '../errors/app-error.ts';
import type { TransferView, transferInput } from './schemas.ts';

type Row = typeof datasetTransfers.$inferSelect;

/**
 * Offers a dataset to a person or an organization; the other side accepts. Where one manages the organization oneself, that
 * is done at once.
 *
 * @throws AppError `unknown_account`, `wrong_state` when it is offered already
 */
export async function offerTransfer(
  ctx: Permitted<'manage'>,
  input: z.infer<typeof transferInput>,
): Promise<TransferView> {
  const { dataset } = ctx;
  const target = await findTarget(ctx, input);
  if (target.toUserId === dataset.ownerId && dataset.organizationId === null && target.toUserId !== null) {
    throw new AppError('wrong_state', { message: 'They already own it.' });
  }
  if (target.toOrganizationId !== null && target.toOrganizationId === dataset.organizationId) {
    throw new AppError('wrong_state', { message: 'That organization already owns it.' });
  }
  const isOwn = target.toUserId === ctx.person.id || (await managesTarget(ctx, target));
  const transfer = await ctx.database.db
    .transaction(async (tx) => {
      const [row] = await tx
        .insert(datasetTransfers)
        .values({ datasetId: input.id, ...target, offeredBy: ctx.person.id })
        .returning();
      if (!row) throw new AppError('internal');
      await recordAudit(tx, {
        action: 'transfer_offered',
        datasetId: input.id,
        ...performer(ctx),
        details: { transferId: row.id, ...target },
      });
      return isOwn ? take(ctx, tx, row) : row;
    })
    .catch((error) => {
      if (!isUniqueViolation(error)) throw error;
      throw new AppError('wrong_state', {
        message: 'It is already offered to someone.',
        hint: 'Withdraw that offer first.',
      });
    });
  return getTransfer(ctx, transfer.id);
}

async function findTarget(
  ctx: SignedInContext,
  { email, userId, organizationId }: z.infer<typeof transferInput>,
): Promise<Pick<Row, 'toUserId' | 'toOrganizationId'>> {
  const { db } = ctx.database;
  if (organizationId !== undefined) {
    const [found] = await db.select().from(organizations).where(eq(organizations.id, organizationId));
    if (!found) throw new AppError('not_found', { message: 'This organization does not exist.' });
    return { toUserId: null, toOrganizationId: organizationId };
  }
  const user = await requireAccount(db, { userId, email }, { canSignIn: true });
  return { toUserId: user.id, toOrganizationId: null };
}

/** Whether one may say yes for the other side. A site admin is not everyone. */
async function managesTarget(
  { database: { db }, person }: SignedInContext,
  { toOrganizationId }: Pick<Row, 'toOrganizationId'>,
): Promise<boolean> {
  if (toOrganizationId === null) return false;
  const [row] = await db
    .select({ role: organizationMembers.role })
    .from(organizationMembers)
    .where(and(eq(organizationMembers.organizationId, toOrganizationId), eq(organizationMembers.userId, person.id)));
  return row?.role === 'owner' || row?.role === 'admin';
}

/** @throws AppError `not_found`, `wrong_state`, `quota_exceeded` */
export async function acceptTransfer(ctx: SignedInContext, id: string): Promise<TransferView> {
  await requireReceiver(ctx, id);
  await ctx.database.db.transaction(async (tx) => take(ctx, tx, await lock(tx, id)));
  return getTransfer(ctx, id);
}

/** Says no to an offer, or takes one's own back. @throws AppError `not_found`, `wrong_state` */
export async function endTransfer(
  ctx: SignedInContext,
  id: string,
  outcome: 'declined' | 'withdrawn',
): Promise<TransferView> {
  if (outcome === 'declined') await requireReceiver(ctx, id);
  else await requireDataset(ctx.database, ctx.person, (await requireRow(ctx, id)).datasetId, 'manage');
  await ctx.database.db.transaction(async (tx) => {
    const row = await lock(tx, id);
    await tx.update(datasetTransfers).set({ endedAt: new Date(), outcome }).where(eq(datasetTransfers.id, id));
    await recordAudit(tx, {
      action: 'transfer_ended',
      datasetId: row.datasetId,
      ...performer(ctx),
      details: { transferId: id, outcome },
    });
  });
  return getTransfer(ctx, id);
}

/** Offers to oneself and to organizations one manages, and those of one dataset that one manages. */
export async function listTransfers(
  ctx: SignedInContext,
  { datasetId }: { datasetId?: string | undefined },
): Promise<{ items: TransferView[] }> {
  if (datasetId !== undefined) await requireDataset(ctx.database, ctx.person, datasetId, 'manage');
  if (datasetId === undefined && ctx.person.onlyDataset !== undefined) return { items: [] };
  const isToMe = or(
    eq(datasetTransfers.toUserId, ctx.person.id),
    sql`exists (select 1 from ${organizationMembers} where ${organizationMembers.organizationId} = ${datasetTransfers.toOrganizationId}
      and ${organizationMembers.userId} = ${ctx.person.id} and ${organizationMembers.role} in ('owner', 'admin'))`,
  );
  const rows = await views(ctx)
    .where(
      and(
        isNull(datasetTransfers.endedAt),
        isNull(datasets.deletedAt),
        datasetId === undefined ? isToMe : eq(datasetTransfers.datasetId, datasetId),
      ),
    )
    .orderBy(desc(datasetTransfers.createdAt))
    .limit(100);
  return { items: rows.map(viewOf) };
}

/** The dataset changes hands; a name that is taken there gets a number. */
async function take(ctx: SignedInContext, tx: Transaction, row: Row): Promise<Row> {
  const dataset = await lockDataset(tx, row.datasetId);
  if (!dataset) throw new AppError('not_found');
  if (dataset.deletedAt) throw new AppError('in_trash');
  const home = { ownerId: row.toUserId, organizationId: row.toOrganizationId };
  if (row.toOrganizationId !== null && dataset.ownerId !== null) {
    const [member] = await tx
      .select()
      .from(organizationMembers)
      .where(
        and(
          eq(organizationMembers.organizationId, row.toOrganizationId),
          eq(organizationMembers.userId, dataset.ownerId),
        ),
      );
    if (member) home.ownerId = dataset.ownerId;
  }
  if (home.ownerId !== null && home.ownerId !== dataset.ownerId) {
    await assertQuota(ctx, tx, home.ownerId, { bytes: dataset.sizeBytes, datasets: 1 });
  }
  const name = await freeName(tx, home, dataset.name);
  const visibility =
    home.organizationId === null && dataset.visibility === 'organization' ? 'private' : dataset.visibility;
  await tx
    .update(datasets)
    .set({ ...home, name, visibility, updatedAt: new Date() })
    .where(eq(datasets.id, dataset.id));
  const [ended] = await tx
    .update(datasetTransfers)
    .set({ endedAt: new Date(), outcome: 'accepted' })
    .where(eq(datasetTransfers.id, row.id))
    .returning();
  const { ownerId, organizationId } = dataset;
  await recordAudit(tx, {
    action: 'owner_changed',
    datasetId: dataset.id,
    ...performer(ctx),
    details: { before: { ownerId, organizationId, name: dataset.name }, after: { ...home, name } },
  });
  return ended ?? row;
}

async function requireRow({ database: { db } }: SignedInContext, id: string): Promise<Row> {
  assertRowId(id);
  const [row] = await db.select().from(datasetTransfers).where(eq(datasetTransfers.id, id));
  if (!row) throw new AppError('not_found');
  return row;
}

/** Who has managed the dataset until now sees the offer, but cannot say yes for the other side. */
async function requireReceiver(ctx: SignedInContext, id: string): Promise<void> {
  const row = await requireRow(ctx, id);
  if (ctx.person.onlyDataset !== undefined) throw new AppError('not_found');
  if (row.toUserId === ctx.person.id || (await managesTarget(ctx, row))) return;
  if (row.toOrganizationId !== null) await requireOrganization(ctx.database, ctx.person, row.toOrganizationId, 'see');
  else
    await requireDataset(ctx.database, ctx.person, row.datasetId, 'manage').catch((error) => {
      throw error instanceof AppError ? new AppError('not_found') : error;
    });
  throw new AppError('forbidden', { hint: 'Only the person or organization it is offered to can answer.' });
}

async function lock(tx: Transaction, id: string): Promise<Row> {
  const [row] = await tx.select().from(datasetTransfers).where(eq(datasetTransfers.id, id)).for('update');
  if (!row || row.endedAt)
    throw new AppError('wrong_state', { message: 'The offer was already answered or withdrawn.' });
  return row;
}

const views = ({ database: { db } }: SignedInContext) =>
  db
    .select({
      transfer: datasetTransfers,
      dataset: { name: datasets.name, sizeBytes: datasets.sizeBytes, numImages: datasets.numImages },
      offeredBy: sql<string | null>`(select name from users where id = ${datasetTransfers.offeredBy})`,
      to: sql<string>`coalesce((select name from users where id = ${datasetTransfers.toUserId}), (select name from organizations where id = ${datasetTransfers.toOrganizationId}), '')`,
    })
    .from(datasetTransfers)
    .innerJoin(datasets, eq(datasets.id, datasetTransfers.datasetId))
    .$dynamic();

async function getTransfer(ctx: SignedInContext, id: string): Promise<TransferView> {
  const [row] = await views(ctx).where(eq(datasetTransfers.id, id));
  if (!row) throw new AppError('not_found');
  return viewOf(row);
}

function viewOf(row: {
  transfer: Row;
  dataset: { name: string; sizeBytes: number; numImages: number };
  offeredBy: string | null;
  to: string;
}): TransferView {
  const { id, datasetId, toUserId, toOrganizationId, outcome } = row.transfer;
  const { name: datasetName, sizeBytes, numImages } = row.dataset;
  return {
    id,
    datasetId,
    datasetName,
    sizeBytes,
    numImages,
    toUserId,
    toOrganizationId,
    to: row.to,
    offeredBy: row.offeredBy,
    state: outcome ?? 'offered',
    createdAt: row.transfer.createdAt.toISOString(),
  };
}

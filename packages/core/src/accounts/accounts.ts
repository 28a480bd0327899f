import {
  apiKeys,
  datasetPermissions,
  datasets,
  organizationMembers,
  passwordResets,
  sessions,
  type Transaction,
  users,
} from '@granary/db';
import { and, asc, eq, ilike, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireAdmin } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { SignedInContext } from '../base/context.ts';
import { inDays } from '../base/defaults.ts';
import { escapeLike, mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { freeName } from '../datasets/datasets.ts';
import { moveToTrash } from '../deletion/deletion.ts';
import { AppError } from '../errors/app-error.ts';
import { hashOf, newToken } from '../secrets/random-token.ts';
import type {
  AccountView,
  accountState,
  deleteAccountInput,
  listAccountsInput,
  updateAccountInput,
} from './schemas.ts';

/** All accounts, by e-mail; for site admins. */
export async function listAccounts(
  ctx: SignedInContext,
  input: z.infer<typeof listAccountsInput>,
): Promise<Page<AccountView>> {
  requireAdmin(ctx);
  const { db } = ctx.database;
  const pattern = input.search ? `%${escapeLike(input.search)}%` : null;
  const owned = sql`from ${datasets} where ${datasets.ownerId} = ${users.id} and ${datasets.deletedAt} is null`;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.string()]),
    (after, limit) =>
      db
        .select({
          user: users,
          numDatasets: sql<number>`(select count(*) ${owned})::float8`,
          sizeBytes: sql<number>`(select coalesce(sum(${datasets.sizeBytes}), 0) ${owned})::float8`,
        })
        .from(users)
        .where(
          and(
            isNull(users.deletedAt),
            pattern === null ? undefined : or(ilike(users.email, pattern), ilike(users.name, pattern)),
            after ? sql`${users.email} > ${after[0]}` : undefined,
          ),
        )
        .orderBy(asc(users.email))
        .limit(limit),
    ({ user }) => [user.email],
  );
  return mapPage(page, ({ user, numDatasets, sizeBytes }): AccountView => {
    const { id, email, name, isAdmin, quotaBytes, quotaDatasets } = user;
    return {
      id,
      email,
      name,
      isAdmin,
      numDatasets,
      sizeBytes,
      quotaBytes,
      quotaDatasets,
      disabledAt: user.disabledAt?.toISOString() ?? null,
      createdAt: user.createdAt.toISOString(),
    };
  });
}

type UserRow = typeof users.$inferSelect;

/**
 * Bars an account from signing in, at once and everywhere, or lets it in again; makes it an admin of the site, or none;
 * sets its quotas. What is not given stays.
 *
 * @throws AppError `last_admin`
 */
export async function updateAccount(
  ctx: SignedInContext,
  { userId, isDisabled, ...input }: z.infer<typeof updateAccountInput>,
): Promise<z.infer<typeof accountState>> {
  requireAdmin(ctx);
  return ctx.database.db.transaction(async (tx) => {
    const user = await lockUser(tx, userId);
    if (isDisabled || input.isAdmin === false) await assertNotLastAdmin(tx, user);
    const changes: Partial<UserRow> = {
      ...(isDisabled === undefined ? {} : { disabledAt: isDisabled ? (user.disabledAt ?? new Date()) : null }),
      ...(input.isAdmin === undefined ? {} : { isAdmin: input.isAdmin }),
      ...(input.quotaBytes === undefined ? {} : { quotaBytes: input.quotaBytes }),
      ...(input.quotaDatasets === undefined ? {} : { quotaDatasets: input.quotaDatasets }),
    };
    const [row = user] =
      Object.keys(changes).length === 0
        ? []
        : await tx.update(users).set(changes).where(eq(users.id, userId)).returning();
    if (isDisabled) await tx.delete(sessions).where(eq(sessions.userId, userId));
    const about = { userId, email: user.email };
    if (isDisabled !== undefined) {
      const action = isDisabled ? 'account_disabled' : 'account_enabled';
      await recordAudit(tx, { action, ...performer(ctx), details: about });
    }
    if (Object.values(input).some((value) => value !== undefined)) {
      const of = ({ isAdmin, quotaBytes, quotaDatasets }: UserRow) => ({ isAdmin, quotaBytes, quotaDatasets });
      const details = { ...about, before: of(user), after: of(row) };
      await recordAudit(tx, { action: 'account_changed', ...performer(ctx), details });
    }
    const { isAdmin, quotaBytes, quotaDatasets } = row;
    return { disabled: row.disabledAt !== null, isAdmin, quotaBytes, quotaDatasets };
  });
}

const RESET_DAYS = 1;

/** A link for choosing a new password, answered only here. Earlier links stop working. */
export async function makeResetLink(ctx: SignedInContext, userId: string): Promise<{ url: string; expiresAt: string }> {
  requireAdmin(ctx);
  const token = newToken();
  return ctx.database.db.transaction(async (tx) => {
    const user = await lockUser(tx, userId);
    const expiresAt = inDays(RESET_DAYS);
    await tx.delete(passwordResets).where(and(eq(passwordResets.userId, userId), isNull(passwordResets.usedAt)));
    await tx.insert(passwordResets).values({ userId, tokenHash: hashOf(token), expiresAt, createdBy: ctx.person.id });
    const details = { userId, email: user.email };
    await recordAudit(tx, { action: 'reset_link_made', ...performer(ctx), details });
    return { url: `${ctx.origin}/reset/${token}`, expiresAt: expiresAt.toISOString() };
  });
}

/**
 * Deletes an account: its datasets go to someone else or into the trash, its sessions, keys and roles go, and what
 * it was called is overwritten. The audit log keeps what it did, with its name of the time.
 *
 * @throws AppError `not_confirmed`, `last_admin`, `in_use`
 */
export async function deleteAccount(
  ctx: SignedInContext,
  input: z.infer<typeof deleteAccountInput>,
): Promise<{ transferred: number; deleted: number }> {
  requireAdmin(ctx);
  const { userId, confirmEmail, transferTo } = input;
  return ctx.database.db.transaction(async (tx) => {
    const user = await lockUser(tx, userId);
    if (confirmEmail !== user.email) {
      throw new AppError('not_confirmed', {
        issues: [{ path: 'confirmEmail', message: 'is not the e-mail of this account' }],
      });
    }
    await assertNotLastAdmin(tx, user);
    const outcome =
      input.datasets === 'transfer'
        ? { transferred: await transferAll(ctx, tx, user, transferTo ?? ''), deleted: 0 }
        : { transferred: 0, deleted: await deleteAll(ctx, tx, user) };
    await tx.delete(sessions).where(eq(sessions.userId, userId));
    await tx.delete(apiKeys).where(eq(apiKeys.userId, userId));
    await tx.delete(datasetPermissions).where(eq(datasetPermissions.userId, userId));
    await leaveAll(tx, user);
    await recordAudit(tx, {
      action: 'account_deleted',
      ...performer(ctx),
      details: { userId, email: user.email, ...outcome },
    });
    await tx
      .update(users)
      .set({
        email: `deleted-${userId}@invalid`,
        name: 'Deleted account',
        passwordHash: '',
        isAdmin: false,
        disabledAt: user.disabledAt ?? new Date(),
        deletedAt: new Date(),
      })
      .where(eq(users.id, userId));
    return outcome;
  });
}

/** What was made in organizations stays theirs. @throws AppError `last_owner` */
async function leaveAll(tx: Transaction, user: UserRow): Promise<void> {
  const [orphaned] = await tx.execute<{ name: string }>(sql`
    select o.name from organizations o join organization_members m on m.organization_id = o.id and m.user_id = ${user.id} and m.role = 'owner'
    where not exists (select 1 from organization_members other where other.organization_id = o.id and other.role = 'owner' and other.user_id <> ${user.id})
    limit 1`);
  if (orphaned) {
    throw new AppError('last_owner', {
      message: `The account is the last owner of the organization "${orphaned.name}".`,
    });
  }
  await tx.delete(organizationMembers).where(eq(organizationMembers.userId, user.id));
  await tx
    .update(datasets)
    .set({ ownerId: null })
    .where(and(eq(datasets.ownerId, user.id), isNotNull(datasets.organizationId)));
}

async function lockUser(tx: Transaction, userId: string): Promise<UserRow> {
  const [user] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deletedAt)))
    .for('update');
  if (!user) throw new AppError('not_found');
  return user;
}

async function assertNotLastAdmin(tx: Transaction, user: UserRow): Promise<void> {
  if (!user.isAdmin) return;
  const others = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.isAdmin, true), isNull(users.disabledAt), ne(users.id, user.id)))
    .for('update')
    .limit(1);
  if (others.length === 0) throw new AppError('last_admin');
}

/** All datasets of the account, those in the trash, too, become someone else's; a name that is taken there gets a number. */
async function transferAll(ctx: SignedInContext, tx: Transaction, from: UserRow, to: string): Promise<number> {
  const [target] = await tx
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(and(eq(users.id, to), isNull(users.deletedAt), isNull(users.disabledAt), ne(users.id, from.id)));
  if (!target) {
    throw new AppError('invalid_input', {
      issues: [{ path: 'transferTo', message: 'is not the id of another account that can sign in' }],
    });
  }
  const owned = await tx
    .select()
    .from(datasets)
    .where(and(eq(datasets.ownerId, from.id), isNull(datasets.organizationId)))
    .orderBy(asc(datasets.name))
    .for('no key update');
  for (const dataset of owned) {
    const home = { ownerId: target.id, organizationId: null };
    const name = dataset.deletedAt ? dataset.name : await freeName(tx, home, dataset.name);
    await tx
      .update(datasets)
      .set({ ownerId: target.id, name, updatedAt: new Date() })
      .where(eq(datasets.id, dataset.id));
    await recordAudit(tx, {
      action: 'owner_changed',
      datasetId: dataset.id,
      ...performer(ctx),
      details: { before: { owner: from.email, name: dataset.name }, after: { owner: target.email, name } },
    });
  }
  return owned.length;
}

/** Moves the account's datasets to the trash; with their owner gone, only admins can restore them. */
async function deleteAll(ctx: SignedInContext, tx: Transaction, user: UserRow): Promise<number> {
  const owned = await tx
    .select({ id: datasets.id, name: datasets.name })
    .from(datasets)
    .where(and(eq(datasets.ownerId, user.id), isNull(datasets.organizationId), isNull(datasets.deletedAt)));
  for (const { id, name } of owned) {
    await moveToTrash(ctx, tx, id, { createBackup: true, force: false, confirmName: name });
  }
  return owned.length;
}

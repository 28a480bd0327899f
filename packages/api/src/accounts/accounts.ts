import { apiKeys, datasetPermissions, datasets, sessions, type Transaction, users } from '@granary/db';
import { and, asc, eq, ilike, isNull, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireAdmin } from '../audit/log.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { freeName } from '../datasets/datasets.ts';
import { moveToTrash } from '../deletion/deletion.ts';
import { AppError } from '../errors.ts';
import { decodeCursor, encodeCursor, escapeLike } from '../paging.ts';
import type { SignedInContext } from '../trpc.ts';
import type { AccountView, deleteAccountInput, listAccountsInput } from './schemas.ts';

/** All accounts, by e-mail; for site admins. */
export async function listAccounts(
  ctx: SignedInContext,
  input: z.infer<typeof listAccountsInput>,
): Promise<{ items: AccountView[]; nextCursor: string | null }> {
  requireAdmin(ctx);
  const [after] = decodeCursor(input.cursor, z.tuple([z.string()])) ?? [];
  const pattern = input.search ? `%${escapeLike(input.search)}%` : null;
  const owned = sql`from ${datasets} where ${datasets.ownerId} = ${users.id} and ${datasets.deletedAt} is null`;
  const rows = await ctx.database.db
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
        after === undefined ? undefined : sql`${users.email} > ${after}`,
      ),
    )
    .orderBy(asc(users.email))
    .limit(input.limit + 1);
  const items = rows.slice(0, input.limit).map(({ user, numDatasets, sizeBytes }): AccountView => {
    const { id, email, name, isAdmin } = user;
    return {
      ...{ id, email, name, isAdmin, numDatasets, sizeBytes },
      disabledAt: user.disabledAt?.toISOString() ?? null,
      createdAt: user.createdAt.toISOString(),
    };
  });
  const last = rows.length > input.limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor([last.email]) : null };
}

type UserRow = typeof users.$inferSelect;

/** Bars an account from signing in, at once and everywhere, or lets it in again. @throws AppError `last_admin` */
export async function setDisabled(
  ctx: SignedInContext,
  { userId, isDisabled }: { userId: string; isDisabled: boolean },
): Promise<{ disabled: boolean }> {
  requireAdmin(ctx);
  return ctx.database.db.transaction(async (tx) => {
    const user = await lockUser(tx, userId);
    if (isDisabled) await assertNotLastAdmin(tx, user);
    await tx
      .update(users)
      .set({ disabledAt: isDisabled ? (user.disabledAt ?? new Date()) : null })
      .where(eq(users.id, userId));
    if (isDisabled) await tx.delete(sessions).where(eq(sessions.userId, userId));
    await recordAudit(tx, {
      action: isDisabled ? 'account_disabled' : 'account_enabled',
      ...performer(ctx),
      details: { userId, email: user.email },
    });
    return { disabled: isDisabled };
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
        issues: [{ path: 'confirmEmail', message: 'is not the e-mail of the account' }],
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
    await tx.execute(sql`delete from organization_members where user_id = ${userId}`);
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
    .where(eq(datasets.ownerId, from.id))
    .orderBy(asc(datasets.name))
    .for('no key update');
  for (const dataset of owned) {
    const name = dataset.deletedAt ? dataset.name : await freeName(tx, target.id, dataset.name);
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

/** Those that are not in the trash yet come there; with their owner gone, they are the admin's to restore. */
async function deleteAll(ctx: SignedInContext, tx: Transaction, user: UserRow): Promise<number> {
  const owned = await tx
    .select({ id: datasets.id, name: datasets.name })
    .from(datasets)
    .where(and(eq(datasets.ownerId, user.id), isNull(datasets.deletedAt)));
  for (const { id, name } of owned) {
    await moveToTrash(ctx, tx, id, { createBackup: true, force: false, confirmName: name });
  }
  return owned.length;
}

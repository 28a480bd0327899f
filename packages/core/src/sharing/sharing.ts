import { datasetPermissions, organizationMembers, users } from '@granary/db';
import { and, asc, eq, ne } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { z } from 'zod';
import { type Dataset, type Permitted, requireDataset } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { requireAccount } from '../base/account.ts';
import type { SignedInContext } from '../base/context.ts';
import { lockLiveDataset } from '../base/locks.ts';
import { AppError } from '../errors/app-error.ts';
import type { changeGrantInput, GrantView, grantInput } from './schemas.ts';

/** Who has access by a role of their own, the owner first; for those who manage the dataset. */
export async function listGrants(ctx: Permitted<'audit'>, id: string): Promise<{ items: GrantView[] }> {
  const { dataset } = ctx;
  const { db } = ctx.database;
  const giver = alias(users, 'giver');
  const rows = await db
    .select({ user: users, permission: datasetPermissions, grantedBy: giver.name })
    .from(datasetPermissions)
    .innerJoin(users, eq(users.id, datasetPermissions.userId))
    .leftJoin(giver, eq(giver.id, datasetPermissions.grantedBy))
    .where(eq(datasetPermissions.datasetId, id))
    .orderBy(asc(users.name), asc(users.id));
  const [owner] = dataset.ownerId === null ? [] : await db.select().from(users).where(eq(users.id, dataset.ownerId));
  const granted = rows
    .filter(({ user }) => user.id !== owner?.id)
    .map(
      ({ user, permission, grantedBy }): GrantView => ({
        ...personOf(user),
        role: permission.role,
        because: 'role',
        isOwner: false,
        grantedBy,
        grantedAt: permission.grantedAt.toISOString(),
      }),
    );
  const own = owner
    ? [{ ...personOf(owner), role: 'owner' as const, because: 'owner' as const, isOwner: true, ...byNobody }]
    : [];
  const known = new Set([...own, ...granted].map(({ userId }) => userId));
  const members = await membersWithAccess(ctx, dataset);
  return { items: [...own, ...granted, ...members.filter(({ userId }) => !known.has(userId))] };
}

const byNobody = { grantedBy: null, grantedAt: null };
const MOST_MEMBERS = 500;

/** Those of the dataset's organization who manage it, and where all of it may see the dataset, the others. */
async function membersWithAccess(
  { database: { db } }: SignedInContext,
  { organizationId, visibility }: Dataset,
): Promise<GrantView[]> {
  if (organizationId === null) return [];
  const rows = await db
    .select({ user: users, role: organizationMembers.role })
    .from(organizationMembers)
    .innerJoin(users, eq(users.id, organizationMembers.userId))
    .where(
      and(
        eq(organizationMembers.organizationId, organizationId),
        visibility === 'private' ? ne(organizationMembers.role, 'member') : undefined,
      ),
    )
    .orderBy(asc(users.name), asc(users.id))
    .limit(MOST_MEMBERS);
  return rows.map(({ user, role }) => ({
    ...personOf(user),
    role: role === 'member' ? 'viewer' : 'owner',
    because: 'organization',
    isOwner: false,
    ...byNobody,
  }));
}

const personOf = ({ id, name, email }: typeof users.$inferSelect) => ({ userId: id, name, email });

/** Gives someone a role, or another one. @throws AppError `unknown_account` */
export async function grantRole(ctx: Permitted<'manage'>, input: z.infer<typeof grantInput>): Promise<GrantView> {
  const { id, role } = input;
  return ctx.database.db.transaction(async (tx) => {
    const dataset = await lockLiveDataset(tx, id);
    const user = await requireAccount(tx, input);
    if (user.id === dataset.ownerId) throw new AppError('wrong_state', { message: 'They already own it.' });
    const [before] = await tx
      .select()
      .from(datasetPermissions)
      .where(and(eq(datasetPermissions.datasetId, id), eq(datasetPermissions.userId, user.id)));
    const values = { role, grantedBy: ctx.person.id, grantedAt: new Date() };
    await tx
      .insert(datasetPermissions)
      .values({ datasetId: id, userId: user.id, ...values })
      .onConflictDoUpdate({ target: [datasetPermissions.datasetId, datasetPermissions.userId], set: values });
    await recordAudit(tx, {
      action: 'shared',
      datasetId: id,
      ...performer(ctx),
      details: { with: user.email, before: before?.role ?? null, after: role },
    });
    const { grantedAt } = values;
    const given = { grantedBy: ctx.person.name, grantedAt: grantedAt.toISOString() };
    return { ...personOf(user), role, because: 'role', isOwner: false, ...given };
  });
}

/** Changes the role of someone who has one. @throws AppError `not_found` */
export async function changeRole(
  ctx: Permitted<'manage'>,
  input: z.infer<typeof changeGrantInput>,
): Promise<GrantView> {
  const [known] = await ctx.database.db
    .select({ userId: datasetPermissions.userId })
    .from(datasetPermissions)
    .where(and(eq(datasetPermissions.datasetId, input.id), eq(datasetPermissions.userId, input.userId)));
  if (!known) throw new AppError('not_found');
  return grantRole(ctx, input);
}

/** Takes a role away; one may give up one's own, too. @throws AppError `not_found` */
export async function revokeRole(
  ctx: SignedInContext,
  { id, userId }: { id: string; userId: string },
): Promise<{ revoked: true }> {
  await requireDataset(ctx.database, ctx.person, id, userId === ctx.person.id ? 'see' : 'manage');
  return ctx.database.db.transaction(async (tx) => {
    await lockLiveDataset(tx, id);
    const [row] = await tx
      .delete(datasetPermissions)
      .where(and(eq(datasetPermissions.datasetId, id), eq(datasetPermissions.userId, userId)))
      .returning();
    if (!row) throw new AppError('not_found');
    const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
    await recordAudit(tx, {
      action: 'unshared',
      datasetId: id,
      ...performer(ctx),
      details: { with: user?.email ?? userId, before: row.role, after: null },
    });
    return { revoked: true as const };
  });
}

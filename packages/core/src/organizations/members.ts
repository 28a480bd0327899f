import { datasetPermissions, datasets, organizationMembers, organizations, type Transaction, users } from '@granary/db';
import { and, asc, eq, inArray, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type OrganizationStanding, requireOrganization } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { requireAccount } from '../base/account.ts';
import type { SignedInContext } from '../base/context.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import type { addMemberInput, changeMemberInput, listMembersInput, MemberView } from './schemas.ts';

/** Members, by name; for members. */
export async function listMembers(
  ctx: SignedInContext,
  input: z.infer<typeof listMembersInput>,
): Promise<Page<MemberView>> {
  await requireOrganization(ctx.database, ctx.person, input.id, 'see');
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.string(), z.uuid()]),
    (after, limit) =>
      db
        .select({ user: users, member: organizationMembers })
        .from(organizationMembers)
        .innerJoin(users, eq(users.id, organizationMembers.userId))
        .where(
          and(
            eq(organizationMembers.organizationId, input.id),
            after ? sql`(${users.name}, ${users.id}) > (${after[0]}, ${after[1]}::uuid)` : undefined,
          ),
        )
        .orderBy(asc(users.name), asc(users.id))
        .limit(limit),
    ({ user: { name, id } }) => [name, id],
  );
  return mapPage(page, ({ user, member }) => viewOf(user, member));
}

/** Takes an account in, at once. @throws AppError `unknown_account` */
export async function addMember(ctx: SignedInContext, input: z.infer<typeof addMemberInput>): Promise<MemberView> {
  const standing = await requireOrganization(ctx.database, ctx.person, input.id, 'manage');
  assertMayGive(standing, input.role);
  const user = await requireAccount(ctx.database.db, input);
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .insert(organizationMembers)
      .values({ organizationId: input.id, userId: user.id, role: input.role })
      .onConflictDoNothing()
      .returning();
    if (!row) throw new AppError('wrong_state', { message: 'They are already a member.' });
    await recordAudit(tx, {
      action: 'member_added',
      ...performer(ctx),
      details: { organizationId: input.id, organization: standing.name, member: user.email, role: input.role },
    });
    return viewOf(user, row);
  });
}

/** @throws AppError `not_found`, `last_owner` */
export async function changeMember(
  ctx: SignedInContext,
  { id, userId, role }: z.infer<typeof changeMemberInput>,
): Promise<MemberView> {
  const standing = await requireOrganization(ctx.database, ctx.person, id, 'manage');
  assertMayGive(standing, role);
  return ctx.database.db.transaction(async (tx) => {
    const before = await lockMember(tx, id, userId);
    assertMayGive(standing, before.role);
    if (before.role === 'owner' && role !== 'owner') await assertAnotherOwner(tx, id, userId);
    const [row] = await tx.update(organizationMembers).set({ role }).where(isMemberRow(id, userId)).returning();
    const [user] = await tx.select().from(users).where(eq(users.id, userId));
    if (!row || !user) throw new AppError('not_found');
    await recordAudit(tx, {
      action: 'member_changed',
      ...performer(ctx),
      details: {
        organizationId: id,
        organization: standing.name,
        member: user.email,
        before: before.role,
        after: role,
      },
    });
    return viewOf(user, row);
  });
}

/**
 * Removes someone, or leaves by oneself. What they made there stays the organization's, and roles that they had in its
 * datasets end.
 *
 * @throws AppError `not_found`, `last_owner`
 */
export async function removeMember(
  ctx: SignedInContext,
  { id, userId }: { id: string; userId: string },
): Promise<{ removed: true }> {
  const isLeaving = userId === ctx.person.id;
  const standing = await requireOrganization(ctx.database, ctx.person, id, isLeaving ? 'see' : 'manage');
  return ctx.database.db.transaction(async (tx) => {
    const before = await lockMember(tx, id, userId);
    if (!isLeaving) assertMayGive(standing, before.role);
    if (before.role === 'owner') await assertAnotherOwner(tx, id, userId);
    await tx.delete(organizationMembers).where(isMemberRow(id, userId));
    await tx
      .update(datasets)
      .set({ ownerId: null })
      .where(and(eq(datasets.organizationId, id), eq(datasets.ownerId, userId)));
    await tx
      .delete(datasetPermissions)
      .where(
        and(
          eq(datasetPermissions.userId, userId),
          inArray(
            datasetPermissions.datasetId,
            tx.select({ id: datasets.id }).from(datasets).where(eq(datasets.organizationId, id)),
          ),
        ),
      );
    const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
    await recordAudit(tx, {
      action: 'member_removed',
      ...performer(ctx),
      details: { organizationId: id, organization: standing.name, member: user?.email ?? userId, before: before.role },
    });
    return { removed: true as const };
  });
}

/** Only owners can make, change or remove owners. */
export function assertMayGive({ isOwner }: OrganizationStanding, role: MemberView['role']): void {
  if (role === 'owner' && !isOwner)
    throw new AppError('forbidden', { hint: 'Only an owner of the organization can do this.' });
}

const isMemberRow = (organizationId: string, userId: string) =>
  and(eq(organizationMembers.organizationId, organizationId), eq(organizationMembers.userId, userId));

/** Changes of members wait for each other, so that the last two owners do not leave at once. */
async function lockMember(
  tx: Transaction,
  organizationId: string,
  userId: string,
): Promise<typeof organizationMembers.$inferSelect> {
  await tx.select().from(organizations).where(eq(organizations.id, organizationId)).for('no key update');
  const [row] = await tx.select().from(organizationMembers).where(isMemberRow(organizationId, userId));
  if (!row) throw new AppError('not_found');
  return row;
}

async function assertAnotherOwner(tx: Transaction, organizationId: string, userId: string): Promise<void> {
  const others = await tx
    .select()
    .from(organizationMembers)
    .where(
      and(
        eq(organizationMembers.organizationId, organizationId),
        eq(organizationMembers.role, 'owner'),
        ne(organizationMembers.userId, userId),
      ),
    )
    .limit(1);
  if (others.length === 0) throw new AppError('last_owner');
}

function viewOf(user: typeof users.$inferSelect, row: typeof organizationMembers.$inferSelect): MemberView {
  const { id: userId, name, email } = user;
  return { userId, name, email, role: row.role, joinedAt: row.joinedAt.toISOString() };
}

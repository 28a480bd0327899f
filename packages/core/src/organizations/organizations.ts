import { datasets, organizationMembers, organizations } from '@granary/db';
import { and, asc, eq, isNotNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireOrganization } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { SignedInContext } from '../base/context.ts';
import { mapPage, type Page, type PageInput, pageOfRows } from '../base/paging.ts';
import { isUniqueViolation } from '../datasets/datasets.ts';
import { AppError } from '../errors/app-error.ts';
import type { OrganizationView } from './schemas.ts';

/** Makes an organization, whose first owner one is. @throws AppError `organization_taken` */
export async function createOrganization(ctx: SignedInContext, { name }: { name: string }): Promise<OrganizationView> {
  if (ctx.person.onlyDataset !== undefined) throw new AppError('forbidden');
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx.insert(organizations).values({ name }).onConflictDoNothing().returning();
    if (!row) throw new AppError('organization_taken');
    await tx.insert(organizationMembers).values({ organizationId: row.id, userId: ctx.person.id, role: 'owner' });
    await recordAudit(tx, {
      action: 'organization_created',
      ...performer(ctx),
      details: { organizationId: row.id, name },
    });
    const createdAt = row.createdAt.toISOString();
    return { id: row.id, name, role: 'owner', numMembers: 1, numDatasets: 0, createdAt };
  });
}

const columns = {
  organization: organizations,
  role: organizationMembers.role,
  numMembers: sql<number>`(select count(*) from organization_members m where m.organization_id = ${organizations.id})::float8`,
  numDatasets: sql<number>`(select count(*) from ${datasets} where ${datasets.organizationId} = ${organizations.id} and ${datasets.deletedAt} is null)::float8`,
};

/** The person's organizations, by name; all of them for site admins. */
export async function listOrganizations(ctx: SignedInContext, input: PageInput): Promise<Page<OrganizationView>> {
  const { person } = ctx;
  if (person.onlyDataset !== undefined)
    return { items: [], nextCursor: null, ...(input.withTotal === 'true' ? { total: 0 } : {}) };
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.string(), z.uuid()]),
    (after, limit) =>
      db
        .select(columns)
        .from(organizations)
        .leftJoin(organizationMembers, membershipOf(person.id))
        .where(
          and(
            person.isAdmin ? undefined : isNotNull(organizationMembers.userId),
            after ? sql`(${organizations.name}, ${organizations.id}) > (${after[0]}, ${after[1]}::uuid)` : undefined,
          ),
        )
        .orderBy(asc(organizations.name), asc(organizations.id))
        .limit(limit),
    ({ organization: { name, id } }) => [name, id],
  );
  return mapPage(page, viewOf);
}

const membershipOf = (userId: string) =>
  and(eq(organizationMembers.organizationId, organizations.id), eq(organizationMembers.userId, userId));

/** @throws AppError `not_found` */
export async function getOrganization(ctx: SignedInContext, id: string): Promise<OrganizationView> {
  await requireOrganization(ctx.database, ctx.person, id, 'see');
  const [row] = await ctx.database.db
    .select(columns)
    .from(organizations)
    .leftJoin(organizationMembers, membershipOf(ctx.person.id))
    .where(eq(organizations.id, id));
  if (!row) throw new AppError('not_found');
  return viewOf(row);
}

/** @throws AppError `organization_taken` */
export async function renameOrganization(
  ctx: SignedInContext,
  { id, name }: { id: string; name: string },
): Promise<OrganizationView> {
  const before = await requireOrganization(ctx.database, ctx.person, id, 'manage');
  await ctx.database.db
    .transaction(async (tx) => {
      await tx.update(organizations).set({ name }).where(eq(organizations.id, id));
      await recordAudit(tx, {
        action: 'organization_renamed',
        ...performer(ctx),
        details: { organizationId: id, before: before.name, after: name },
      });
    })
    .catch((error) => {
      throw isUniqueViolation(error) ? new AppError('organization_taken') : error;
    });
  return getOrganization(ctx, id);
}

/** Only when it has no datasets, in the trash neither. @throws AppError `organization_not_empty` */
export async function deleteOrganization(ctx: SignedInContext, id: string): Promise<{ deleted: true }> {
  const { name } = await requireOrganization(ctx.database, ctx.person, id, 'own');
  return ctx.database.db.transaction(async (tx) => {
    await tx.select().from(organizations).where(eq(organizations.id, id)).for('update');
    const [dataset] = await tx
      .select({ id: datasets.id })
      .from(datasets)
      .where(eq(datasets.organizationId, id))
      .limit(1);
    if (dataset) throw new AppError('organization_not_empty');
    await tx.delete(organizations).where(eq(organizations.id, id));
    await recordAudit(tx, {
      action: 'organization_deleted',
      ...performer(ctx),
      details: { organizationId: id, name },
    });
    return { deleted: true as const };
  });
}

function viewOf(row: {
  organization: typeof organizations.$inferSelect;
  role: OrganizationView['role'];
  numMembers: number;
  numDatasets: number;
}): OrganizationView {
  const { id, name, createdAt } = row.organization;
  const { role, numMembers, numDatasets } = row;
  return { id, name, role, numMembers, numDatasets, createdAt: createdAt.toISOString() };
}

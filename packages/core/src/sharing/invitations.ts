import {
  datasetPermissions,
  datasets,
  invitations,
  organizationMembers,
  organizations,
  type Transaction,
  users,
} from '@granary/db';
import { and, desc, eq, gt, isNull, type SQL, sql } from 'drizzle-orm';
import { requireAdmin, requireDataset, requireOrganization } from '../access/policy.ts';
import { countAttempt } from '../access/rate-limits.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Context, SignedInContext } from '../base/context.ts';
import { inDays } from '../base/defaults.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset } from '../base/locks.ts';
import { AppError } from '../errors/app-error.ts';
import { assertMayGive } from '../organizations/members.ts';
import { hashOf, newToken } from '../secrets/random-token.ts';
import type { Invitation, InvitationLink, InvitationToken } from './schemas.ts';

const DAYS = 14;
/** Of one person: mail goes to people who did not ask for it. */
const INVITATIONS = { points: 200, seconds: 3600 };

type Row = typeof invitations.$inferSelect;

/** What someone is invited to: a dataset, an organization, or the site alone. */
export type Target =
  | { datasetId: string; role: 'owner' | 'editor' | 'viewer' }
  | { organizationId: string; role: 'owner' | 'admin' | 'member' }
  | Record<string, never>;

const idsOf = (target: Target) => ({
  datasetId: 'datasetId' in target ? target.datasetId : null,
  organizationId: 'organizationId' in target ? target.organizationId : null,
});

/** Invites by e-mail; the link is told this once, and mailed where there is a mail server. An open one is replaced. */
export async function invite(ctx: SignedInContext, email: string, target: Target): Promise<InvitationLink> {
  await requireTarget(ctx, idsOf(target));
  if ('organizationId' in target) {
    assertMayGive(await requireOrganization(ctx.database, ctx.person, target.organizationId, 'manage'), target.role);
  }
  await countAttempt(ctx.database.sql, 'invite', ctx.person.id, INVITATIONS);
  const ids = idsOf(target);
  const token = newToken();
  const row = await ctx.database.db.transaction(async (tx) => {
    const isSame = and(
      eq(invitations.email, email),
      isOpen(),
      sql`${invitations.datasetId} is not distinct from ${ids.datasetId}`,
      sql`${invitations.organizationId} is not distinct from ${ids.organizationId}::uuid`,
    );
    await tx.update(invitations).set({ revokedAt: new Date() }).where(isSame);
    const [made] = await tx
      .insert(invitations)
      .values({
        ...ids,
        email,
        role: 'role' in target ? target.role : 'member',
        tokenHash: hashOf(token),
        invitedBy: ctx.person.id,
        expiresAt: inDays(DAYS),
      })
      .returning();
    if (!made) throw new AppError('internal');
    await record(ctx, tx, 'invited', made);
    return made;
  });
  return deliver(ctx, row, token);
}

/** A new link for an invitation that is open or has expired; the old one opens nothing any more. */
export async function resendInvitation(ctx: SignedInContext, id: string): Promise<InvitationLink> {
  const found = await requireInvitation(ctx, id);
  await countAttempt(ctx.database.sql, 'invite', ctx.person.id, INVITATIONS);
  const token = newToken();
  const row = await ctx.database.db.transaction(async (tx) => {
    const [renewed] = await tx
      .update(invitations)
      .set({ tokenHash: hashOf(token), expiresAt: inDays(DAYS), invitedBy: ctx.person.id })
      .where(and(eq(invitations.id, found.id), isNull(invitations.acceptedAt), isNull(invitations.revokedAt)))
      .returning();
    if (!renewed) throw new AppError('invitation_unusable');
    await record(ctx, tx, 'invited', renewed);
    return renewed;
  });
  return deliver(ctx, row, token);
}

export async function revokeInvitation(ctx: SignedInContext, id: string): Promise<{ revoked: true }> {
  const found = await requireInvitation(ctx, id);
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .update(invitations)
      .set({ revokedAt: new Date() })
      .where(and(eq(invitations.id, found.id), isNull(invitations.acceptedAt), isNull(invitations.revokedAt)))
      .returning();
    if (!row) throw new AppError('invitation_unusable');
    await record(ctx, tx, 'invitation_revoked', row);
    return { revoked: true as const };
  });
}

/** Those that nobody has accepted yet, also when they have expired; for who may invite. */
export async function listInvitations(
  ctx: SignedInContext,
  ids: { datasetId: string | null; organizationId: string | null },
): Promise<{ items: Invitation[] }> {
  await requireTarget(ctx, ids);
  const about: SQL | undefined =
    ids.datasetId !== null
      ? eq(invitations.datasetId, ids.datasetId)
      : ids.organizationId !== null
        ? eq(invitations.organizationId, ids.organizationId)
        : and(isNull(invitations.datasetId), isNull(invitations.organizationId));
  const rows = await ctx.database.db
    .select({ invitation: invitations, invitedBy: users.name })
    .from(invitations)
    .leftJoin(users, eq(users.id, invitations.invitedBy))
    .where(and(about, isNull(invitations.acceptedAt), isNull(invitations.revokedAt)))
    .orderBy(desc(invitations.createdAt))
    .limit(100);
  return { items: rows.map((row) => viewOf(row.invitation, row.invitedBy)) };
}

/** What a link invites to, for whoever has it. @throws AppError `invitation_unusable` */
export async function openInvitation(ctx: Context, token: string): Promise<InvitationToken> {
  const [row] = await ctx.database.db
    .select({
      invitation: invitations,
      invitedBy: users.name,
      dataset: datasets.name,
      organization: organizations.name,
    })
    .from(invitations)
    .leftJoin(users, eq(users.id, invitations.invitedBy))
    .leftJoin(datasets, eq(datasets.id, invitations.datasetId))
    .leftJoin(organizations, eq(organizations.id, invitations.organizationId))
    .where(and(eq(invitations.tokenHash, hashOf(token)), isOpen()));
  if (!row) throw new AppError('invitation_unusable');
  const { dataset, organization } = row;
  return { ...viewOf(row.invitation, row.invitedBy), dataset, organization };
}

/** Takes what one was invited to. @throws AppError `invitation_unusable`, `invitation_for_another` */
export async function acceptInvitation(ctx: SignedInContext, token: string): Promise<Invitation> {
  if (ctx.person.onlyDataset !== undefined) throw new AppError('forbidden');
  return ctx.database.db.transaction((tx) => acceptIn(tx, ctx, token));
}

/** Within the transaction of a registration, or by itself. A role that is higher already stays. */
export async function acceptIn(tx: Transaction, ctx: SignedInContext, token: string): Promise<Invitation> {
  const [row] = await tx
    .update(invitations)
    .set({ acceptedAt: new Date(), acceptedBy: ctx.person.id })
    .where(and(eq(invitations.tokenHash, hashOf(token)), isOpen()))
    .returning();
  if (!row) throw new AppError('invitation_unusable');
  if (row.email !== ctx.person.email) throw new AppError('invitation_for_another');
  const userId = ctx.person.id;
  if (row.datasetId !== null) {
    const dataset = await lockDataset(tx, row.datasetId);
    if (!dataset) throw new AppError('invitation_unusable');
    if (dataset.ownerId !== userId) {
      await tx
        .insert(datasetPermissions)
        .values({ datasetId: row.datasetId, userId, role: row.role as 'viewer', grantedBy: row.invitedBy })
        .onConflictDoUpdate({
          target: [datasetPermissions.datasetId, datasetPermissions.userId],
          set: { role: row.role as 'viewer', grantedBy: row.invitedBy, grantedAt: new Date() },
          setWhere: sql`array_position(array['viewer', 'editor', 'owner'], ${datasetPermissions.role}) < array_position(array['viewer', 'editor', 'owner'], ${row.role})`,
        });
    }
  }
  if (row.organizationId !== null) {
    await tx
      .insert(organizationMembers)
      .values({ organizationId: row.organizationId, userId, role: row.role as 'member' })
      .onConflictDoNothing();
  }
  await record(ctx, tx, 'invitation_accepted', row);
  return viewOf(row, null);
}

const isOpen = () =>
  and(isNull(invitations.acceptedAt), isNull(invitations.revokedAt), gt(invitations.expiresAt, new Date()));

/** Who may invite: who manages the dataset or the organization; to the site, admins. */
async function requireTarget(
  ctx: SignedInContext,
  { datasetId, organizationId }: { datasetId: string | null; organizationId: string | null },
): Promise<void> {
  if (datasetId !== null) await requireDataset(ctx.database, ctx.person, datasetId, 'manage');
  else if (organizationId !== null) await requireOrganization(ctx.database, ctx.person, organizationId, 'manage');
  else requireAdmin(ctx);
}

async function requireInvitation(ctx: SignedInContext, id: string): Promise<Row> {
  assertRowId(id);
  const [row] = await ctx.database.db.select().from(invitations).where(eq(invitations.id, id));
  if (!row) throw new AppError('not_found');
  const isForSite = row.datasetId === null && row.organizationId === null;
  if (isForSite && !ctx.person.isAdmin) throw new AppError('not_found');
  await requireTarget(ctx, row);
  return row;
}

async function record(
  ctx: SignedInContext,
  tx: Transaction,
  action: 'invited' | 'invitation_revoked' | 'invitation_accepted',
  { id, email, role, datasetId, organizationId }: Row,
): Promise<void> {
  await recordAudit(tx, {
    action,
    ...(datasetId === null ? {} : { datasetId }),
    ...performer(ctx),
    details: { invitationId: id, email, role, ...(organizationId === null ? {} : { organizationId }) },
  });
}

async function deliver(ctx: SignedInContext, row: Row, token: string): Promise<InvitationLink> {
  const url = `${ctx.origin}/invitations/${token}`;
  const { dataset, organization } = await openInvitation(ctx, token);
  const isMailed =
    (await ctx.mail?.send({
      to: row.email,
      subject: `${ctx.person.name} invites you to ${dataset ?? organization ?? 'Granary'}`,
      text: [
        `${ctx.person.name} (${ctx.person.email}) invites you to ${describe(dataset, organization)}.`,
        `Open this link to accept. It works once, until ${row.expiresAt.toISOString().slice(0, 10)}:`,
        url,
        'If you do not know what this is about, leave it: nothing happens.',
      ].join('\n\n'),
    })) ?? false;
  return { ...viewOf(row, ctx.person.name), token, url, isMailed };
}

function describe(dataset: string | null, organization: string | null): string {
  if (dataset !== null) return `the dataset "${dataset}" on Granary`;
  return organization === null ? 'Granary' : `the organization "${organization}" on Granary`;
}

function viewOf(row: Row, invitedBy: string | null): Invitation {
  const { id, email, role, datasetId, organizationId } = row;
  return {
    id,
    email,
    role,
    datasetId,
    organizationId,
    invitedBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  };
}

import { type Database, datasets, datasetVersions, shareLinks, users } from '@granary/db';
import { and, desc, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { Cookie } from 'lucia';
import type { z } from 'zod';
import { type Permitted, requireDataset } from '../access/policy.ts';
import { countAttempt } from '../access/rate-limits.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Context, SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import { isByLinkOnly, type Person } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { resolveRef } from '../revisions/refs.ts';
import { hashPassword, isPassword } from '../secrets/password-hash.ts';
import { hashOf, newToken } from '../secrets/random-token.ts';
import type { createShareLinkInput, ShareLinkView } from './schemas.ts';

type Row = typeof shareLinks.$inferSelect;

/** Makes a link with which anyone looks at the dataset; it is told this once. */
export async function createShareLink(
  ctx: Permitted<'manage'>,
  { id, name, version: ref, password, expiresAt }: z.infer<typeof createShareLinkInput>,
): Promise<ShareLinkView & { url: string; token: string }> {
  const token = newToken();
  const version = ref === undefined || ref === 'draft' ? null : await numberOf(ctx, id, ref);
  const passwordHash = password === undefined ? null : await hashPassword(password);
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .insert(shareLinks)
      .values({
        datasetId: id,
        name: name ?? '',
        version,
        tokenHash: hashOf(token),
        passwordHash,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
        createdBy: ctx.person.id,
      })
      .returning();
    if (!row) throw new AppError('internal');
    const details = {
      linkId: row.id,
      name: row.name,
      version,
      hasPassword: password !== undefined,
      expiresAt: expiresAt ?? null,
    };
    await recordAudit(tx, { action: 'link_made', datasetId: id, ...performer(ctx), details });
    return { ...viewOf(row, ctx.person.name), token, url: `${ctx.origin}/s/${token}` };
  });
}

/** The number of the version that a link is made for; a tag may point at another one later. */
async function numberOf({ database }: SignedInContext, id: string, ref: string): Promise<number> {
  const { version } = await resolveRef(database, id, ref);
  if (version !== null) return version;
  throw new AppError('invalid_input', { issues: [{ path: 'version', message: 'is no version: name one first' }] });
}

/** Links that are not revoked, also when they have expired. */
export async function listShareLinks(ctx: Permitted<'manage'>, id: string): Promise<{ items: ShareLinkView[] }> {
  const rows = await ctx.database.db
    .select({ link: shareLinks, createdBy: users.name })
    .from(shareLinks)
    .leftJoin(users, eq(users.id, shareLinks.createdBy))
    .where(and(eq(shareLinks.datasetId, id), isNull(shareLinks.revokedAt)))
    .orderBy(desc(shareLinks.createdAt))
    .limit(100);
  return { items: rows.map((row) => viewOf(row.link, row.createdBy)) };
}

/** Whoever came by it sees nothing more, at once. @throws AppError `not_found` */
export async function revokeShareLink(ctx: SignedInContext, id: string): Promise<{ revoked: true }> {
  assertRowId(id);
  const [found] = await ctx.database.db.select().from(shareLinks).where(eq(shareLinks.id, id));
  if (!found) throw new AppError('not_found');
  await requireDataset(ctx.database, ctx.person, found.datasetId, 'manage');
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .update(shareLinks)
      .set({ revokedAt: new Date() })
      .where(and(eq(shareLinks.id, id), isNull(shareLinks.revokedAt)))
      .returning();
    if (!row) throw new AppError('not_found');
    const { datasetId, name } = row;
    await recordAudit(tx, { action: 'link_revoked', datasetId, ...performer(ctx), details: { linkId: id, name } });
    return { revoked: true as const };
  });
}

export const SHARE_COOKIE = 'granary_share';

/**
 * Opens a link: the answer sets a cookie that lets the browser view the dataset until it is closed. It is of use to who
 * opened it only: it does not follow them into an account that they make or sign in to later.
 *
 * @throws AppError `link_unusable`, `wrong_password`, `too_many_attempts`
 */
export async function openShareLink(
  ctx: Context,
  { token, password }: { token: string; password?: string | undefined },
): Promise<{ datasetId: string; version: number | null }> {
  const { sql, db } = ctx.database;
  const link = await findLink(ctx.database, token);
  if (!link) throw new AppError('link_unusable');
  if (link.passwordHash !== null) {
    const isAsked = password === undefined || password === '';
    if (!isAsked) await countAttempt(sql, 'share', `${link.id} ${ctx.ip}`, { points: 10, seconds: 900 });
    if (isAsked || !(await isPassword(link.passwordHash, password))) {
      throw new AppError('wrong_password', {
        issues: [{ path: 'password', message: 'is wrong', code: 'wrong_password' }],
      });
    }
  }
  const { id, datasetId, name, version } = link;
  await db.transaction(async (tx) => {
    await tx.update(shareLinks).set({ numOpened: sqlCount, lastOpenedAt: new Date() }).where(eq(shareLinks.id, id));
    await recordAudit(tx, { action: 'link_opened', datasetId, ...performer(ctx), details: { linkId: id, name } });
  });
  const opener = ctx.person && !isByLinkOnly(ctx.person) ? ctx.person : null;
  ctx.setHeader(
    'Set-Cookie',
    new Cookie(SHARE_COOKIE, `${token}.${proofOf(link, opener)}`, {
      httpOnly: true,
      sameSite: 'lax',
      path: '/',
      secure: ctx.isSecure,
    }).serialize(),
  );
  return { datasetId, version };
}

const sqlCount = sql`${shareLinks.numOpened} + 1`;

/** Whoever has it knows the password of the link, and is who opened it: nobody else can make it. */
const proofOf = ({ id, passwordHash }: Row, opener: { id: string } | null): string =>
  hashOf(`${id} ${passwordHash ?? ''} ${opener?.id ?? ''}`);

/** The link that a cookie opens for this person; null for none, and for one that does not open any more. */
export async function linkOfCookie(
  database: Pick<Database, 'db'>,
  header: string | undefined,
  person: { id: string } | null,
): Promise<Person['link'] | null> {
  const value = new RegExp(`(?:^|;\\s*)${SHARE_COOKIE}=([A-Za-z0-9_-]+)\\.([0-9a-f]{64})`).exec(header ?? '');
  if (!value?.[1]) return null;
  const link = await findLink(database, value[1]);
  return link && proofOf(link, person) === value[2]
    ? { id: link.id, datasetId: link.datasetId, version: link.version }
    : null;
}

/** A link of a version that was deleted shows nothing. */
const versionOfLink = sql`select 1 from ${datasetVersions}
  where ${datasetVersions.datasetId} = ${shareLinks.datasetId} and ${datasetVersions.version} = ${shareLinks.version}`;

async function findLink({ db }: Pick<Database, 'db'>, token: string): Promise<Row | null> {
  const [row] = await db
    .select({ link: shareLinks })
    .from(shareLinks)
    .innerJoin(datasets, eq(datasets.id, shareLinks.datasetId))
    .where(
      and(
        eq(shareLinks.tokenHash, hashOf(token)),
        isNull(shareLinks.revokedAt),
        isNull(datasets.deletedAt),
        or(isNull(shareLinks.version), sql`exists (${versionOfLink})`),
        or(isNull(shareLinks.expiresAt), gt(shareLinks.expiresAt, new Date())),
      ),
    );
  return row?.link ?? null;
}

/** Someone of whom nothing is known but the link they came by. */
export const personOfLink = (link: NonNullable<Person['link']>): Person => ({
  id: link.id,
  email: '',
  name: '',
  isAdmin: false,
  onlyDataset: link.datasetId,
  link,
});

function viewOf(row: Row, createdBy: string | null): ShareLinkView {
  const { id, datasetId, name, version, numOpened } = row;
  return {
    id,
    datasetId,
    name,
    version,
    numOpened,
    createdBy,
    hasPassword: row.passwordHash !== null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastOpenedAt: row.lastOpenedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

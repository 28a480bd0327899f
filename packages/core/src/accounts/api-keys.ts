import { randomBytes, timingSafeEqual } from 'node:crypto';
import { apiKeys, type Database, users } from '@granary/db';
import { and, desc, eq, gt, isNull, or } from 'drizzle-orm';
import type { z } from 'zod';
import { requireDataset } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Context, SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import type { Person } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { hashOf, newToken } from '../secrets/random-token.ts';
import type { ApiKeyView, createApiKeyInput } from './sign-in-schemas.ts';

/** `gk_`, eight characters that are its name, and the secret. */
const FORM = /^gk_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;
/** The last use is recorded at most this often. */
const LAST_USED_EVERY_MS = 60_000;

/** Creates a key; its secret is answered only here, and stored as a hash. */
export async function createApiKey(
  ctx: SignedInContext,
  input: z.infer<typeof createApiKeyInput>,
): Promise<ApiKeyView & { secret: string }> {
  if (input.datasetId !== undefined) await requireDataset(ctx.database, ctx.person, input.datasetId, 'see');
  const prefix = randomBytes(4).toString('hex');
  const secret = `gk_${prefix}_${newToken()}`;
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .insert(apiKeys)
      .values({
        userId: ctx.person.id,
        name: input.name,
        prefix,
        secretHash: hashOf(secret),
        scopes: [...new Set(input.scopes)],
        datasetId: input.datasetId ?? null,
        expiresAt: input.expiresAt ? new Date(input.expiresAt) : null,
      })
      .returning();
    if (!row) throw new AppError('internal');
    const { name, scopes, datasetId } = row;
    await recordAudit(tx, {
      action: 'api_key_made',
      ...(datasetId === null ? {} : { datasetId }),
      ...performer(ctx),
      details: { keyId: row.id, name, prefix, scopes },
    });
    return { ...viewOf(row), secret };
  });
}

export async function listApiKeys(ctx: SignedInContext): Promise<{ items: ApiKeyView[] }> {
  const rows = await ctx.database.db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.userId, ctx.person.id), isNull(apiKeys.revokedAt)))
    .orderBy(desc(apiKeys.createdAt));
  return { items: rows.map(viewOf) };
}

/** @throws AppError `not_found` */
export async function revokeApiKey(ctx: SignedInContext, id: string): Promise<{ revoked: true }> {
  assertRowId(id);
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .update(apiKeys)
      .set({ revokedAt: new Date() })
      .where(and(eq(apiKeys.id, id), eq(apiKeys.userId, ctx.person.id), isNull(apiKeys.revokedAt)))
      .returning();
    if (!row) throw new AppError('not_found');
    const { name, prefix } = row;
    await recordAudit(tx, { action: 'api_key_revoked', ...performer(ctx), details: { keyId: id, name, prefix } });
    return { revoked: true as const };
  });
}

/** The person behind a key in an `Authorization` header; null for one that is unknown, revoked or expired. */
export async function personOfApiKey(
  { db }: Pick<Database, 'db'>,
  header: string | undefined,
): Promise<{ person: Person; apiKey: NonNullable<Context['apiKey']> } | null> {
  const key = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
  const prefix = FORM.exec(key)?.[1];
  if (!prefix) return null;
  const [row] = await db
    .select({
      key: {
        id: apiKeys.id,
        secretHash: apiKeys.secretHash,
        scopes: apiKeys.scopes,
        datasetId: apiKeys.datasetId,
        lastUsedAt: apiKeys.lastUsedAt,
      },
      user: { id: users.id, email: users.email, name: users.name, isAdmin: users.isAdmin },
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(
      and(
        eq(apiKeys.prefix, prefix),
        isNull(apiKeys.revokedAt),
        isNull(users.disabledAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, new Date())),
      ),
    );
  if (!row || !timingSafeEqual(Buffer.from(row.key.secretHash), Buffer.from(hashOf(key)))) return null;
  if (Date.now() - (row.key.lastUsedAt?.getTime() ?? 0) > LAST_USED_EVERY_MS) {
    await db.update(apiKeys).set({ lastUsedAt: new Date() }).where(eq(apiKeys.id, row.key.id));
  }
  const { id, email, name, isAdmin } = row.user;
  const { datasetId, scopes } = row.key;
  return {
    // A key that is limited to one dataset has no admin rights.
    person: {
      id,
      email,
      name,
      isAdmin: isAdmin && datasetId === null,
      ...(datasetId === null ? {} : { onlyDataset: datasetId }),
    },
    apiKey: { prefix, scopes },
  };
}

function viewOf(row: typeof apiKeys.$inferSelect): ApiKeyView {
  const { id, name, prefix, scopes, datasetId } = row;
  return {
    id,
    name,
    prefix,
    scopes,
    datasetId,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

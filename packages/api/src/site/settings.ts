import { type Db, type Transaction, siteSettings as table } from '@granary/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { performer, recordAudit } from '../audit/record.ts';
import { requireAdmin } from '../policy.ts';
import type { SignedInContext } from '../trpc.ts';
import { type SiteSettings, siteSettings, type updateSettingsInput } from './schemas.ts';

/** What holds until an admin sets something else, from the environment. */
export const siteDefaults = z.object({
  /** Days that a dataset stays in the trash before it is purged, and a file that was taken out can be put back. */
  GRANARY_TRASH_DAYS: z.coerce.number().min(0).max(3650).default(30),
  /** Days that a backup is kept. */
  GRANARY_BACKUP_DAYS: z.coerce.number().min(1).max(36_500).default(90),
  /** Who may make an account. */
  GRANARY_SIGN_UP: z.enum(['open', 'invite_only', 'closed']).default('open'),
  /** Requests of one person, or of one API key, in a minute; 0 for no limit. */
  GRANARY_REQUESTS_PER_MINUTE: z.coerce.number().int().min(0).default(6000),
});
export type SiteDefaults = z.infer<typeof siteDefaults>;

export const inDays = (days: number, from = new Date()): Date => new Date(from.getTime() + days * 86_400_000);

/** What admins have set, and the defaults for the rest. */
export async function readSettings(db: Db | Transaction, defaults: SiteDefaults): Promise<SiteSettings> {
  const rows = await db.select({ name: table.name, value: table.value }).from(table);
  return siteSettings.parse({
    signUp: defaults.GRANARY_SIGN_UP,
    trashDays: defaults.GRANARY_TRASH_DAYS,
    backupDays: defaults.GRANARY_BACKUP_DAYS,
    requestsPerMinute: defaults.GRANARY_REQUESTS_PER_MINUTE,
    quotaBytes: null,
    quotaDatasets: null,
    ...Object.fromEntries(rows.map(({ name, value }) => [name, value])),
  });
}

/** For site admins. */
export async function getSettings(ctx: SignedInContext): Promise<SiteSettings> {
  requireAdmin(ctx);
  return readSettings(ctx.database.db, ctx.defaults);
}

/** Changes what is given; it counts in all processes within seconds. */
export async function updateSettings(
  ctx: SignedInContext,
  changes: z.infer<typeof updateSettingsInput>,
): Promise<SiteSettings> {
  requireAdmin(ctx);
  return ctx.database.db.transaction(async (tx) => {
    const before = await readSettings(tx, ctx.defaults);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) continue;
      const set = { value, updatedBy: ctx.person.id, updatedAt: new Date() };
      if (value === null) await tx.delete(table).where(eq(table.name, name));
      else
        await tx
          .insert(table)
          .values({ name, ...set })
          .onConflictDoUpdate({ target: table.name, set });
    }
    const after = await readSettings(tx, ctx.defaults);
    await recordAudit(tx, { action: 'settings_changed', ...performer(ctx), details: { before, after } });
    return after;
  });
}

import { siteSettings as table } from '@granary/db';
import { eq } from 'drizzle-orm';
import type { z } from 'zod';
import { requireAdmin } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { SignedInContext } from '../base/context.ts';
import { readSettings, type SiteSettings } from '../base/defaults.ts';
import type { updateSettingsInput } from './schemas.ts';

/** For site admins. */
export async function getSettings(ctx: SignedInContext): Promise<SiteSettings> {
  requireAdmin(ctx);
  return readSettings(ctx.database.db, ctx.defaults);
}

/** Changes the settings that are given, in all processes within seconds. */
export async function updateSettings(
  ctx: SignedInContext,
  changes: z.infer<typeof updateSettingsInput>,
): Promise<SiteSettings> {
  requireAdmin(ctx);
  const changed = await ctx.database.db.transaction(async (tx) => {
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
  ctx.forgetSite();
  return changed;
}

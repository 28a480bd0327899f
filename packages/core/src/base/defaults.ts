import { type Db, type Transaction, siteSettings as table } from '@granary/db';
import { z } from 'zod';

export const SIGN_UP = ['open', 'invite_only', 'closed'] as const;

export const siteSettings = z.object({
  signUp: z.enum(SIGN_UP).describe('Who may make an account: anyone, who was invited, or nobody.'),
  trashDays: z.number().min(0).max(3650).describe('Days that what was deleted stays in the trash.'),
  backupDays: z.number().min(1).max(36_500).describe('Days that a backup is kept.'),
  anonymousRead: z
    .boolean()
    .describe('Whether anyone may look at public datasets and download them without signing in.'),
  requestsPerMinute: z
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .describe('Of one person, of one API key, or of one address where nobody is signed in; 0 for no limit.'),
  quotaBytes: z
    .number()
    .int()
    .min(0)
    .nullable()
    .describe('What the datasets of one account may take; null for no limit.'),
  quotaDatasets: z.number().int().min(0).nullable().describe('How many an account may have; null for no limit.'),
  requireLicense: z.boolean().describe('Whether a dataset needs a license to be made public.'),
});
export type SiteSettings = z.infer<typeof siteSettings>;

/** What holds until an admin sets something else, from the environment. */
export const siteDefaults = z.object({
  /** Days that a dataset stays in the trash before it is purged, and a file that was taken out can be put back. */
  GRANARY_TRASH_DAYS: z.coerce.number().min(0).max(3650).default(30),
  /** Days that a backup is kept. */
  GRANARY_BACKUP_DAYS: z.coerce.number().min(1).max(36_500).default(90),
  /** Who may make an account. */
  GRANARY_SIGN_UP: z.enum(['open', 'invite_only', 'closed']).default('open'),
  /** Whether anyone may look at public datasets and download them without signing in. */
  GRANARY_ANONYMOUS_READ: z.stringbool().default(false),
  /** Requests of one person, of one API key, or of one address where nobody is signed in, in a minute; 0 for no limit. */
  GRANARY_REQUESTS_PER_MINUTE: z.coerce.number().int().min(0).default(6000),
  /** Whether a dataset needs a license to be made public. */
  GRANARY_REQUIRE_LICENSE: z.stringbool().default(false),
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
    anonymousRead: defaults.GRANARY_ANONYMOUS_READ,
    requestsPerMinute: defaults.GRANARY_REQUESTS_PER_MINUTE,
    quotaBytes: null,
    quotaDatasets: null,
    requireLicense: defaults.GRANARY_REQUIRE_LICENSE,
    ...Object.fromEntries(rows.map(({ name, value }) => [name, value])),
  });
}

import { type Db, type Transaction, siteSettings as table } from '@granary/db';
import { z } from 'zod';

export const SIGN_UP = ['open', 'invite_only', 'closed'] as const;

export const siteSettings = z.object({
  signUp: z.enum(SIGN_UP).describe('Who can create an account: anyone, people with an invitation, or nobody.'),
  trashDays: z.number().min(0).max(3650).describe('How many days deleted datasets stay in the trash.'),
  backupDays: z.number().min(1).max(36_500).describe('How many days backups are kept.'),
  anonymousRead: z.boolean().describe('Whether anyone can view public datasets and download them without signing in.'),
  requestsPerMinute: z
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .describe(
      'How many requests one person, one API key, or one anonymous address can make in a minute; 0 for no limit.',
    ),
  quotaBytes: z
    .number()
    .int()
    .min(0)
    .nullable()
    .describe('How many bytes the datasets of one account can take up; null for no limit.'),
  quotaDatasets: z
    .number()
    .int()
    .min(0)
    .nullable()
    .describe('How many datasets one account can have; null for no limit.'),
  requireLicense: z.boolean().describe('Whether a dataset needs a license to become public.'),
});
export type SiteSettings = z.infer<typeof siteSettings>;

/** Defaults from the environment, until an admin sets something else. */
export const siteDefaults = z.object({
  GRANARY_TRASH_DAYS: z.coerce.number().min(0).max(3650).default(30).meta({
    description: 'How long a deleted dataset stays in the trash.',
    unit: 'days',
  }),
  GRANARY_BACKUP_DAYS: z.coerce
    .number()
    .min(1)
    .max(36_500)
    .default(90)
    .meta({ description: 'How long backups are kept.', unit: 'days' }),
  GRANARY_EXPORT_DAYS: z.coerce
    .number()
    .min(0)
    .max(3650)
    .default(7)
    .meta({ description: 'How long the archive of an export is kept.', unit: 'days' }),
  GRANARY_SIGN_UP: z
    .enum(SIGN_UP)
    .default('open')
    .meta({ description: 'Who can create an account: anyone, people with an invitation, or nobody.' }),
  GRANARY_PUBLISH_AFTER: z.coerce.number().min(0).max(86_400).default(60).meta({
    description: 'How long nobody may edit annotations of a dataset before its edits are written into the label files.',
    unit: 'seconds',
  }),
  GRANARY_ANONYMOUS_READ: z
    .stringbool()
    .default(false)
    .meta({ description: 'Whether anyone can view public datasets and download them without signing in.' }),
  GRANARY_REQUESTS_PER_MINUTE: z.coerce.number().int().min(0).default(6000).meta({
    description:
      'How many requests one person, one API key, or one anonymous address can make in a minute. 0 means no limit.',
    unit: 'requests per minute',
  }),
  GRANARY_REQUIRE_LICENSE: z
    .stringbool()
    .default(false)
    .meta({ description: 'Whether a dataset needs a license to become public.' }),
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

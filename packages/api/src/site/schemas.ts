import { z } from 'zod';

export const SIGN_UP = ['open', 'invite_only', 'closed'] as const;

export const siteSettings = z.object({
  signUp: z.enum(SIGN_UP).describe('Who may make an account: anyone, who was invited, or nobody.'),
  trashDays: z.number().min(0).max(3650).describe('Days that what was deleted stays in the trash.'),
  backupDays: z.number().min(1).max(36_500).describe('Days that a backup is kept.'),
  requestsPerMinute: z
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .describe('Of one person, or of one API key; 0 for no limit.'),
  quotaBytes: z
    .number()
    .int()
    .min(0)
    .nullable()
    .describe('What the datasets of one account may take; null for no limit.'),
  quotaDatasets: z.number().int().min(0).nullable().describe('How many an account may have; null for no limit.'),
});
export type SiteSettings = z.infer<typeof siteSettings>;

export const updateSettingsInput = siteSettings.partial();

import { z } from 'zod';

/** How long what was deleted is kept, from the environment. */
export const retentionSettings = z.object({
  /** Days that a dataset stays in the trash before it is purged, and a file that was taken out can be put back. */
  GRANARY_TRASH_DAYS: z.coerce.number().min(0).max(3650).default(30),
  /** Days that a backup is kept. */
  GRANARY_BACKUP_DAYS: z.coerce.number().min(1).max(36_500).default(90),
});
export type RetentionSettings = z.infer<typeof retentionSettings>;

export const inDays = (days: number, from = new Date()): Date => new Date(from.getTime() + days * 86_400_000);

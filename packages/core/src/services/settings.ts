import { storeSettings } from '@granary/storage';
import { tablesSettings } from '@granary/tables';
import { z } from 'zod';
import { siteDefaults } from '../base/defaults.ts';
import { hubSettings } from '../secrets/seal.ts';

/** What every process of Granary is told by its environment. */
export const serviceSettings = z
  .object({
    DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, { error: 'is not a postgres:// URL' }),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .and(siteDefaults)
  .and(hubSettings)
  .and(tablesSettings)
  .and(storeSettings);
export type ServiceSettings = z.infer<typeof serviceSettings>;

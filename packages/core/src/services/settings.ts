import { storeSettings } from '@granary/storage';
import { tablesSettings } from '@granary/tables';
import { z } from 'zod';
import { siteDefaults } from '../base/defaults.ts';
import { hubSettings } from '../secrets/seal.ts';
import { databaseUrl } from './environment.ts';
import { tracingSettings } from './tracing.ts';

/** What every process of Granary is told by its environment. */
export const serviceSettings = z
  .object({
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .meta({ description: 'The least important log lines that are written. Logs are JSON lines on standard output.' }),
  })
  .and(tracingSettings)
  .and(siteDefaults)
  .and(hubSettings)
  .and(tablesSettings)
  .and(storeSettings);
export type ServiceSettings = z.infer<typeof serviceSettings>;

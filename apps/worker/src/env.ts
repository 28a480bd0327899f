import { DEFAULT_LIMITS } from '@granary/archives';
import { serviceSettings } from '@granary/core/services/settings';
import { z } from 'zod';

const settings = z
  .object({
    GRANARY_MAX_ENTRIES: z.coerce.number().int().positive().default(DEFAULT_LIMITS.maxEntries),
    GRANARY_MAX_IMPORT_BYTES: z.coerce.number().int().positive().default(DEFAULT_LIMITS.maxBytes),
    /** Threads that tokenize; as many as there are processors, up to eight, when it is not set. */
    GRANARY_TOKENIZER_THREADS: z.coerce.number().int().positive().optional(),
    /** An attempt at a job in which nothing moves for so long is ended. */
    GRANARY_STALL_MINUTES: z.coerce.number().positive().default(10),
    GRANARY_MAX_RATIO: z.coerce.number().positive().default(DEFAULT_LIMITS.maxRatio),
  })
  .and(serviceSettings);

export type Env = z.infer<typeof settings>;

/** The worker's settings; ends the process with a line per mistake. */
export function readEnv(): Env {
  const parsed = settings.safeParse(process.env);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) console.error(`${issue.path.join('.')} ${issue.message}`);
  process.exit(1);
}

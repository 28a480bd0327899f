import { DEFAULT_LIMITS } from '@granary/archives';
import { readEnvironment, refuseToStart } from '@granary/core/services/environment';
import { serviceSettings } from '@granary/core/services/settings';
import { z } from 'zod';

/** What the worker is told by its environment. */
export const workerSettings = z
  .object({
    GRANARY_MAX_ENTRIES: z.coerce
      .number()
      .int()
      .positive()
      .default(DEFAULT_LIMITS.maxEntries)
      .meta({ description: 'The most files that one import can have.', unit: 'files' }),
    GRANARY_MAX_IMPORT_BYTES: z.coerce
      .number()
      .int()
      .positive()
      .default(DEFAULT_LIMITS.maxBytes)
      .meta({ description: 'The largest import, unpacked.', unit: 'bytes' }),
    GRANARY_MAX_RATIO: z.coerce.number().positive().default(DEFAULT_LIMITS.maxRatio).meta({
      description: 'How many times larger than the archive its content can be. Beyond that it is refused as a bomb.',
      unit: 'times',
    }),
    GRANARY_TOKENIZER_THREADS: z.coerce.number().int().positive().optional().meta({
      description: 'Threads for one tokenization. Each takes about 300 MB.',
      unit: 'threads',
      unset: 'one per processor, at most 8',
    }),
    GRANARY_UNDO_DAYS: z.coerce.number().min(0).max(3650).default(30).meta({
      description: 'How long a change can be undone. A revision with a version is kept for good.',
      unit: 'days',
    }),
    GRANARY_STALL_MINUTES: z.coerce.number().positive().default(10).meta({
      description: 'How long nothing may move in a job before the attempt at it is ended.',
      unit: 'minutes',
    }),
  })
  .and(serviceSettings);

export type Env = z.infer<typeof workerSettings>;

/** The worker's settings; ends the process with a line per mistake. */
export const readEnv = (): Env => readEnvironment(workerSettings, refuseToStart);

import { FINDING_CODES } from '@granary/db';
import { z } from 'zod';

/** One kind of background work: the API enqueues it, the worker handles it, and both agree on the payload. */
export interface JobDefinition<Payload extends z.ZodType = z.ZodType> {
  name: string;
  payload: Payload;
  /** Attempts after the first, with a growing pause. */
  retries: number;
  retryDelaySeconds: number;
  /** How many a single worker process handles at once. */
  concurrency: number;
  /** At most one at a time with the same group (a dataset) over all workers. */
  isExclusiveByGroup: boolean;
  timeoutSeconds: number;
  /** Cron expression, for work that starts by itself. */
  schedule?: string;
}

function defineJob<Payload extends z.ZodType>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  return definition;
}

export const importJob = defineJob({
  name: 'import',
  payload: z.object({ activityId: z.uuid(), importId: z.uuid(), datasetId: z.string() }),
  retries: 5,
  retryDelaySeconds: 2,
  concurrency: 2,
  isExclusiveByGroup: true,
  timeoutSeconds: 23 * 3600,
});

/** The import of what is downloaded from the Hub: it waits for the network, not for the processor. */
export const downloadJob = defineJob({ ...importJob, name: 'download', retries: 8, retryDelaySeconds: 5 });

/** Counts the columns of new splits of a dataset of texts. */
export const statisticsJob = defineJob({
  name: 'statistics',
  payload: z.object({ activityId: z.uuid(), datasetId: z.string() }),
  retries: 3,
  retryDelaySeconds: 2,
  concurrency: 1,
  isExclusiveByGroup: true,
  timeoutSeconds: 12 * 3600,
});

/** A zip of everything, read back before it counts. */
export const backupJob = defineJob({
  name: 'backup',
  payload: z.object({ activityId: z.uuid(), backupId: z.uuid(), datasetId: z.string() }),
  retries: 5,
  retryDelaySeconds: 2,
  concurrency: 1,
  isExclusiveByGroup: true,
  timeoutSeconds: 23 * 3600,
});

/** Destroys what is in the trash. It goes on for as long as it takes: half a purge is of no use to anyone. */
export const purgeJob = defineJob({
  name: 'purge',
  payload: z.object({ activityId: z.uuid(), datasetId: z.string() }),
  retries: 20,
  retryDelaySeconds: 2,
  concurrency: 1,
  isExclusiveByGroup: true,
  timeoutSeconds: 23 * 3600,
});

/** Builds an empty dataset anew from a backup that is kept, or was uploaded. */
export const restoreBackupJob = defineJob({
  name: 'restore-backup',
  payload: z.object({ activityId: z.uuid(), datasetId: z.string(), storageKey: z.string() }),
  retries: 5,
  retryDelaySeconds: 2,
  concurrency: 1,
  isExclusiveByGroup: true,
  timeoutSeconds: 23 * 3600,
});

/** Compares the store with the rows; of one dataset, or of all and what belongs to none. Or repairs what was found. */
export const integrityJob = defineJob({
  name: 'integrity',
  payload: z.object({
    activityId: z.uuid(),
    datasetId: z.string().nullable(),
    repair: z
      .object({
        checkId: z.uuid(),
        code: z.enum(FINDING_CODES),
        repair: z.enum(['adopt', 'delete']),
        findingIds: z.array(z.number()).optional(),
      })
      .optional(),
  }),
  retries: 3,
  retryDelaySeconds: 10,
  concurrency: 1,
  isExclusiveByGroup: true,
  timeoutSeconds: 23 * 3600,
});

/** Purges whose time has come, backups and removed files whose time is over. */
export const retentionJob = defineJob({
  name: 'retention',
  payload: z.object({}).nullish(),
  retries: 2,
  retryDelaySeconds: 60,
  concurrency: 1,
  isExclusiveByGroup: false,
  timeoutSeconds: 3600,
  schedule: '*/15 * * * *',
});

/** Asks for a check of everything, Sundays at three. */
export const weeklyIntegrityJob = defineJob({
  name: 'weekly-integrity',
  payload: z.object({}).nullish(),
  retries: 2,
  retryDelaySeconds: 60,
  concurrency: 1,
  isExclusiveByGroup: false,
  timeoutSeconds: 600,
  schedule: '0 3 * * 0',
});

export const expireUploadsJob = defineJob({
  name: 'expire-uploads',
  payload: z.object({}).nullish(),
  retries: 2,
  retryDelaySeconds: 60,
  concurrency: 1,
  isExclusiveByGroup: false,
  timeoutSeconds: 3600,
  schedule: '*/10 * * * *',
});

/** Near-duplicates of one dataset; without one, wherever images are left to be looked at. */
export const compareImagesJob = defineJob({
  name: 'compare-images',
  payload: z.object({ datasetId: z.string().optional() }).nullish(),
  retries: 3,
  retryDelaySeconds: 10,
  concurrency: 1,
  isExclusiveByGroup: true,
  timeoutSeconds: 23 * 3600,
  schedule: '*/10 * * * *',
});

/** Every job there is. */
export const JOBS: readonly JobDefinition[] = [
  importJob,
  downloadJob,
  statisticsJob,
  backupJob,
  purgeJob,
  restoreBackupJob,
  integrityJob,
  retentionJob,
  weeklyIntegrityJob,
  expireUploadsJob,
  compareImagesJob,
];

/** Where jobs go whose payload does not parse, and those that failed too often. */
export const DEAD_LETTER_QUEUE = 'dead-letter';

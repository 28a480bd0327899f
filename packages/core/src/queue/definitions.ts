import { FINDING_CODES } from '@granary/db';
import { z } from 'zod';

/** One kind of background work: the API enqueues it, the worker handles it, and both agree on the payload. */
export interface JobDefinition {
  payload: z.ZodType;
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

const importing = {
  payload: z.object({ activityId: z.uuid(), importId: z.uuid(), datasetId: z.string() }),
  retries: 5,
  retryDelaySeconds: 2,
  concurrency: 2,
  isExclusiveByGroup: true,
  timeoutSeconds: 23 * 3600,
} satisfies JobDefinition;

/** Every job there is, by the name of its queue. */
export const JOBS = {
  import: importing,
  /** The import of what is downloaded from the Hub: it waits for the network, not for the processor. */
  download: { ...importing, retries: 8, retryDelaySeconds: 5 },
  /** Counts the columns of new splits of a dataset of texts. */
  statistics: {
    payload: z.object({ activityId: z.uuid(), datasetId: z.string() }),
    retries: 3,
    retryDelaySeconds: 2,
    concurrency: 1,
    isExclusiveByGroup: true,
    timeoutSeconds: 12 * 3600,
  },
  /** A zip of everything, read back before it counts. */
  backup: {
    payload: z.object({ activityId: z.uuid(), backupId: z.uuid(), datasetId: z.string() }),
    retries: 5,
    retryDelaySeconds: 2,
    concurrency: 1,
    isExclusiveByGroup: true,
    timeoutSeconds: 23 * 3600,
  },
  /** Packs a revision into an archive of a format. It only reads: others of the dataset need not wait. */
  export: {
    payload: z.object({ activityId: z.uuid(), exportId: z.uuid(), datasetId: z.string() }),
    retries: 5,
    retryDelaySeconds: 2,
    concurrency: 2,
    isExclusiveByGroup: false,
    timeoutSeconds: 23 * 3600,
  },
  /** Destroys a dataset in the trash. It has no timeout: half a purge is of no use to anyone. */
  purge: {
    payload: z.object({ activityId: z.uuid(), datasetId: z.string() }),
    retries: 20,
    retryDelaySeconds: 2,
    concurrency: 1,
    isExclusiveByGroup: true,
    timeoutSeconds: 23 * 3600,
  },
  /** Restores a kept or uploaded backup into an empty dataset. */
  'restore-backup': {
    payload: z.object({ activityId: z.uuid(), datasetId: z.string(), storageKey: z.string() }),
    retries: 5,
    retryDelaySeconds: 2,
    concurrency: 1,
    isExclusiveByGroup: true,
    timeoutSeconds: 23 * 3600,
  },
  /** Compares the store with the rows, of one dataset or of everything, or repairs what was found. */
  integrity: {
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
  },
  /** Starts purges that are due, and deletes backups and removed files that have expired. */
  retention: {
    payload: z.object({}).nullish(),
    retries: 2,
    retryDelaySeconds: 60,
    concurrency: 1,
    isExclusiveByGroup: false,
    timeoutSeconds: 3600,
    schedule: '*/15 * * * *',
  },
  /** Starts a check of everything on Sundays at three. */
  'weekly-integrity': {
    payload: z.object({}).nullish(),
    retries: 2,
    retryDelaySeconds: 60,
    concurrency: 1,
    isExclusiveByGroup: false,
    timeoutSeconds: 600,
    schedule: '0 3 * * 0',
  },
  'expire-uploads': {
    payload: z.object({}).nullish(),
    retries: 2,
    retryDelaySeconds: 60,
    concurrency: 1,
    isExclusiveByGroup: false,
    timeoutSeconds: 3600,
    schedule: '*/10 * * * *',
  },
  /** Publishes edits that have been left alone for long enough; of one dataset, or wherever there are some. */
  'publish-edits': {
    payload: z.object({ datasetId: z.string().optional() }).nullish(),
    retries: 3,
    retryDelaySeconds: 10,
    concurrency: 1,
    isExclusiveByGroup: false,
    timeoutSeconds: 600,
    schedule: '* * * * *',
  },
  /** Finds near-duplicates in one dataset; without one, wherever images are not compared yet. */
  'compare-images': {
    payload: z.object({ datasetId: z.string().optional() }).nullish(),
    retries: 3,
    retryDelaySeconds: 10,
    concurrency: 1,
    isExclusiveByGroup: true,
    timeoutSeconds: 23 * 3600,
    schedule: '*/10 * * * *',
  },
} satisfies Record<string, JobDefinition>;

export type JobName = keyof typeof JOBS;
/** The payload of a job, as its handler gets it. */
export type PayloadOf<Name extends JobName> = z.output<(typeof JOBS)[Name]['payload']>;
/** Jobs that have an activity, which people see. */
export type VisibleJobName = {
  [Name in JobName]: PayloadOf<Name> extends { activityId: string } ? Name : never;
}[JobName];

const byName: { [Name in JobName]: { payload: z.ZodType<PayloadOf<Name>> } } = JOBS;

/** The payload of a job, checked against its definition. */
export const parsePayload = <Name extends JobName>(name: Name, data: unknown): z.ZodSafeParseResult<PayloadOf<Name>> =>
  byName[name].payload.safeParse(data);

/** Where jobs go whose payload does not parse, and those that failed too often. */
export const DEAD_LETTER_QUEUE = 'dead-letter';

import {
  backupJob,
  compareImagesJob,
  DEAD_LETTER_QUEUE,
  downloadJob,
  expireUploadsJob,
  importJob,
  integrityJob,
  type JobDefinition,
  purgeJob,
  restoreBackupJob,
  retentionJob,
  statisticsJob,
  weeklyIntegrityJob,
} from '@granary/core/queue/definitions';
import { JobQueue } from '@granary/core/queue/queue';
import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { Tables } from '@granary/tables';
import { type JobWithMetadata, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Env } from './env.ts';
import { startHeartbeat } from './heartbeat.ts';
import { backupHandler } from './jobs/backup.ts';
import { askForComparison, handleComparison } from './jobs/compare-images.ts';
import { expireUploads } from './jobs/expire-uploads.ts';
import { importHandler } from './jobs/import.ts';
import { integrityHandler, startWeeklyCheck } from './jobs/integrity.ts';
import { purgeHandler } from './jobs/purge.ts';
import { restoreBackupHandler } from './jobs/restore-backup.ts';
import { keepRetention } from './jobs/retention.ts';
import { statisticsHandler } from './jobs/statistics.ts';
import { type Handler, runJob } from './runner.ts';

export interface WorkerContext {
  env: Env;
  log: Logger;
  database: Database;
  store: ObjectStore;
  tables: Tables;
}

/** How long a stopping worker waits for its jobs; those that are not done by then have been handed back. */
const STOP_SECONDS = 30;

/** Takes jobs of every queue until it is stopped. Any number of workers may run on one database. */
export async function startWorker(context: WorkerContext): Promise<{ stop(): Promise<void> }> {
  const shutdown = new AbortController();
  const boss = new PgBoss({
    connectionString: context.env.DATABASE_URL,
    application_name: 'granary-queue',
    max: 4,
    migrate: false,
    useListenNotify: true,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    cronMonitorIntervalSeconds: 30,
  });
  boss.on('error', (error) => context.log.error({ err: error }, 'queue'));
  await boss.start();

  const stopHeartbeat = startHeartbeat(context);
  const queue = new JobQueue(context.env.DATABASE_URL, context.log);
  await queue.start();
  const imports = importHandler(context, queue, (datasetId) => askForComparison(boss, datasetId));
  const visible = [
    visibleJob(importJob, imports, ['import', 'remove', 'repair', 'put_back', 'adopt', 'tokenize']),
    visibleJob(downloadJob, imports, ['download']),
    visibleJob(statisticsJob, statisticsHandler(context), ['statistics']),
    visibleJob(backupJob, backupHandler(context), ['backup']),
    visibleJob(purgeJob, purgeHandler(context), ['purge']),
    visibleJob(restoreBackupJob, restoreBackupHandler(context), ['restore_backup']),
    visibleJob(integrityJob, integrityHandler(context), ['integrity', 'integrity_repair']),
  ];
  for (const { handle } of visible) await handle(boss, context, shutdown.signal);
  await boss.work(expireUploadsJob.name, async () => {
    await expireUploads(context);
  });
  await boss.work(retentionJob.name, async () => {
    await keepRetention(context, queue);
  });
  await boss.work(weeklyIntegrityJob.name, async () => {
    await startWeeklyCheck(context, queue);
  });
  await boss.work(compareImagesJob.name, { groupConcurrency: 1 }, async ([job]) => {
    await handleComparison(context, boss, job, shutdown.signal);
  });
  await boss.work<{ activityId?: string }>(DEAD_LETTER_QUEUE, async ([job]) => {
    const kind = await kindOf(context, job?.data.activityId);
    const dead = visible.find(({ kinds }) => kind !== null && kinds.includes(kind));
    if (!dead || !(await dead.end(context, job?.data))) context.log.error({ job }, 'dead letter');
  });
  return {
    async stop() {
      shutdown.abort();
      await boss.stop({ graceful: true, timeout: STOP_SECONDS * 1000 });
      await queue.stop();
      await stopHeartbeat();
    },
  };
}

/** A job that has an activity, with what its queue needs of it. */
interface VisibleJob {
  /** As its activities are called. */
  kinds: readonly string[];
  handle(boss: PgBoss, context: WorkerContext, shutdown: AbortSignal): Promise<void>;
  /** Ends a job whose last attempt died without a word; false for a payload that is none. */
  end(context: WorkerContext, data: unknown): Promise<boolean>;
}

function visibleJob<Payload extends z.ZodType<{ activityId: string }>>(
  definition: JobDefinition<Payload>,
  handler: Handler<z.output<Payload>>,
  kinds: readonly string[],
): VisibleJob {
  return {
    kinds,
    handle: (boss, context, shutdown) => handleVisible(boss, context, shutdown, definition, handler),
    async end(context, data) {
      const payload = definition.payload.safeParse(data);
      if (payload.success) await endDead(context, handler, payload.data);
      return payload.success;
    },
  };
}

async function kindOf({ database: { sql } }: WorkerContext, activityId: string | undefined): Promise<string | null> {
  const [row] = await sql<{ kind: string }[]>`select kind from activities where id::text = ${activityId ?? ''}`;
  return row?.kind ?? null;
}

/** Handles jobs that have an activity; a payload that does not parse goes to the dead letters with the reason. */
async function handleVisible<Payload extends z.ZodType<{ activityId: string }>>(
  boss: PgBoss,
  context: WorkerContext,
  shutdown: AbortSignal,
  definition: JobDefinition<Payload>,
  handler: Handler<z.output<Payload>>,
): Promise<void> {
  const options = {
    includeMetadata: true,
    perJobResults: true,
    batchSize: 1,
    localConcurrency: definition.concurrency,
    pollingIntervalSeconds: 1,
    notifyPollingIntervalSeconds: 2,
    ...(definition.isExclusiveByGroup ? { groupConcurrency: 1 } : {}),
  } as const;
  await boss.work(definition.name, options, async (jobs: JobWithMetadata<unknown>[]) => {
    const [job] = jobs;
    if (!job) return [];
    const payload = definition.payload.safeParse(job.data);
    if (!payload.success) {
      const reason = payload.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
      return [{ id: job.id, status: 'deadletter' as const, output: { reason } }];
    }
    try {
      await runJob({ ...context, shutdown }, definition, handler, payload.data, job.retryCount >= job.retryLimit);
      return [{ id: job.id, status: 'completed' as const }];
    } catch (error) {
      return [{ id: job.id, status: 'failed' as const, output: { message: (error as Error).message } }];
    }
  });
}

/** The person sees the job fail, and what it had done is taken back. */
async function endDead<Payload extends { activityId: string }>(
  { database: { sql } }: WorkerContext,
  handler: Handler<Payload>,
  payload: Payload,
): Promise<void> {
  const message =
    'The worker died on this job several times. If it is an import, the upload may be damaged; if that is sound, ask the administrator.';
  const [row] =
    await sql`update activities set attempt = attempt + 1 where id = ${payload.activityId} and state in ('queued', 'running') returning id`;
  if (!row) return;
  await handler.takeBack(payload, { state: 'failed', code: 'worker_died', message });
  await sql`update activities set state = 'failed', error_code = 'worker_died', error_message = ${message}, message = ${message}, step = null,
    finished_at = now(), updated_at = now() where id = ${payload.activityId}`;
}

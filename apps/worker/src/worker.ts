import { queueOf } from '@granary/core/jobs/queue-of';
import { DEAD_LETTER_QUEUE, type JobName, type VisibleJobName } from '@granary/core/queue/definitions';
import { JobQueue } from '@granary/core/queue/queue';
import type { JobKind } from '@granary/db';
import { PgBoss } from 'pg-boss';
import { Apart } from './apart/apart.ts';
import type { WorkerContext } from './context.ts';
import { startHeartbeat } from './heartbeat.ts';
import { backupHandler } from './jobs/backup.ts';
import { comparisonHandler } from './jobs/compare-images.ts';
import { expireUploads } from './jobs/expire-uploads.ts';
import { exportHandler } from './jobs/export.ts';
import { importHandler } from './jobs/import.ts';
import { integrityHandler, startWeeklyCheck } from './jobs/integrity.ts';
import { publishDueEdits } from './jobs/publish-edits.ts';
import { purgeHandler } from './jobs/purge.ts';
import { restoreBackupHandler } from './jobs/restore-backup.ts';
import { keepRetention } from './jobs/retention.ts';
import { statisticsHandler } from './jobs/statistics.ts';
import { backgroundJob, type QueuedJob, type VisibleJob, visibleJob } from './queued-job.ts';

/** How long a stopping worker waits for its jobs; those that are not done by then have been handed back. */
const STOP_SECONDS = 30;

/** The handler of each job; a forgotten one does not compile. */
function jobsOf(context: WorkerContext, queue: JobQueue, apart: Apart) {
  const imports = importHandler(context, queue, apart);
  const visible = {
    import: visibleJob('import', imports),
    download: visibleJob('download', imports),
    statistics: visibleJob('statistics', statisticsHandler(context)),
    backup: visibleJob('backup', backupHandler(context)),
    export: visibleJob('export', exportHandler(context)),
    purge: visibleJob('purge', purgeHandler(context)),
    'restore-backup': visibleJob('restore-backup', restoreBackupHandler(context, apart)),
    integrity: visibleJob('integrity', integrityHandler(context)),
  } satisfies { [Name in VisibleJobName]: VisibleJob<Name> };
  const background = {
    'expire-uploads': backgroundJob('expire-uploads', () => expireUploads(context)),
    retention: backgroundJob('retention', () => keepRetention(context, queue)),
    'weekly-integrity': backgroundJob('weekly-integrity', () => startWeeklyCheck(context, queue)),
    'publish-edits': backgroundJob('publish-edits', (payload) => publishDueEdits(context, queue, payload ?? {})),
    'compare-images': backgroundJob('compare-images', comparisonHandler(context, queue)),
  } satisfies { [Name in Exclude<JobName, VisibleJobName>]: QueuedJob<Name> };
  return { visible, all: [...Object.values(visible), ...Object.values(background)] };
}

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
  const apart = new Apart();
  const { visible, all } = jobsOf(context, queue, apart);
  for (const job of all) await job.work(boss, { ...context, shutdown: shutdown.signal });
  await boss.work<{ activityId?: string }>(DEAD_LETTER_QUEUE, async ([job]) => {
    const kind = await kindOf(context, job?.data.activityId);
    if (kind === null || !(await visible[queueOf(kind)].end(context, job?.data))) {
      context.log.error({ job }, 'dead letter');
    }
  });
  return {
    async stop() {
      shutdown.abort();
      await boss.stop({ graceful: true, timeout: STOP_SECONDS * 1000 });
      apart.close();
      await queue.stop();
      await stopHeartbeat();
    },
  };
}

async function kindOf({ database: { sql } }: WorkerContext, activityId: string | undefined): Promise<JobKind | null> {
  const [row] = await sql<{ kind: JobKind }[]>`select kind from activities where id::text = ${activityId ?? ''}`;
  return row?.kind ?? null;
}

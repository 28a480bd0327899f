import { JOBS, type JobName, type PayloadOf, parsePayload, type VisibleJobName } from '@granary/core/queue/definitions';
import type { Tracer } from '@granary/core/services/tracing';
import type { JobResult, JobWithMetadata, PgBoss } from 'pg-boss';
import type { z } from 'zod';
import type { WorkerContext } from './context.ts';
import { type BackgroundHandler, type Handler, type RunContext, runJob } from './runner.ts';
import { isDatabaseWorking, Watchdog } from './watchdog.ts';

/** A job with what does it, as its queue needs it. */
export interface QueuedJob<Name extends JobName> {
  name: Name;
  /** Takes such jobs from now on. */
  work(boss: PgBoss, context: RunContext & Pick<WorkerContext, 'tracer'>): Promise<void>;
}

export interface VisibleJob<Name extends VisibleJobName> extends QueuedJob<Name> {
  /** Ends a job whose last attempt died silently; false for a payload that does not parse. */
  end(context: WorkerContext, data: unknown): Promise<boolean>;
}

/** A job that has an activity, which people see. */
export function visibleJob<Name extends VisibleJobName>(
  name: Name,
  handler: Handler<PayloadOf<Name> & { activityId: string }>,
): VisibleJob<Name> {
  const parse = (data: unknown) =>
    parsePayload(name, data) as z.ZodSafeParseResult<PayloadOf<Name> & { activityId: string }>;
  return {
    name,
    work: (boss, context) =>
      take(boss, name, context.tracer, async (job) => {
        const payload = parse(job.data);
        if (!payload.success) return unreadable(payload.error);
        await runJob(context, name, handler, payload.data, {
          before: job.retryCount,
          isLast: job.retryCount >= job.retryLimit,
        });
        return { status: 'completed' };
      }),
    async end(context, data) {
      const payload = parse(data);
      if (payload.success) await endDead(context, handler, payload.data);
      return payload.success;
    },
  };
}

/** A job that nobody waits for. */
export function backgroundJob<Name extends JobName>(name: Name, handle: BackgroundHandler<Name>): QueuedJob<Name> {
  return {
    name,
    work: (boss, { shutdown, database: { sql }, env, tracer }) =>
      take(boss, name, tracer, async (job) => {
        const payload = parsePayload(name, job.data);
        if (!payload.success) return unreadable(payload.error);
        const minutes = env.GRANARY_STALL_MINUTES;
        const isWorking = () => isDatabaseWorking(sql, null, minutes);
        const watchdog = new Watchdog({ minutes, stage: () => name, isWorking });
        const signal = AbortSignal.any([shutdown, watchdog.signal]);
        await watchdog.watch(() => handle(payload.data, signal));
        return { status: 'completed' };
      }),
  };
}

type Outcome = Omit<JobResult, 'id'>;

/** A payload that does not parse goes to the dead letters with the reason. */
function unreadable(error: z.ZodError): Outcome {
  const reason = error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
  return { status: 'deadletter', output: { reason } };
}

async function take(
  boss: PgBoss,
  name: JobName,
  tracer: Tracer | null,
  attempt: (job: JobWithMetadata<unknown>) => Promise<Outcome>,
): Promise<void> {
  const { concurrency, isExclusiveByGroup } = JOBS[name];
  const options = {
    includeMetadata: true,
    perJobResults: true,
    batchSize: 1,
    localConcurrency: concurrency,
    pollingIntervalSeconds: 1,
    notifyPollingIntervalSeconds: 2,
    ...(isExclusiveByGroup ? { groupConcurrency: 1 } : {}),
  } as const;
  await boss.work(name, options, async ([job]: JobWithMetadata<unknown>[]) => {
    if (!job) return [];
    const traced = tracer?.begin('job', name, { 'granary.job_id': job.id, 'granary.attempt': job.retryCount + 1 });
    let failure: unknown;
    const outcome = await attempt(job).catch((error): Outcome => {
      failure = error;
      return { status: 'failed', output: { message: error.message } };
    });
    traced?.end(failure);
    return [{ id: job.id, ...outcome }];
  });
}

const DIED =
  'The worker died on this job several times. If it is an import, the upload may be damaged; if that is sound, ask the administrator.';

/** The person sees the job fail, and what it had done is taken back. */
async function endDead<Payload extends { activityId: string }>(
  { database: { sql } }: WorkerContext,
  handler: Handler<Payload>,
  payload: Payload,
): Promise<void> {
  const [row] =
    await sql`update activities set attempt = attempt + 1 where id = ${payload.activityId} and state in ('queued', 'running') returning id`;
  if (!row) return;
  await handler.takeBack(payload, { state: 'failed', code: 'worker_died', message: DIED });
  await sql`update activities set state = 'failed', error_code = 'worker_died', error_message = ${DIED}, message = ${DIED}, step = null,
    finished_at = now(), updated_at = now() where id = ${payload.activityId}`;
}

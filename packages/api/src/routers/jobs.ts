import { pageOf } from '@granary/core/base/paging';
import { cancelJob, pauseJob, resumeJob, retryJob } from '@granary/core/control/control';
import { getJob, listJobs, watchJob } from '@granary/core/jobs/jobs';
import { cancelledJob, job, listJobsInput } from '@granary/core/jobs/schemas';
import { hubToken } from '@granary/core/secrets/hub-token';
import { tracked } from '@trpc/server';
import { z } from 'zod';
import { withTrpcCodes } from '../errors.ts';
import { router, signedInProcedure } from '../trpc.ts';

export const jobsRouter = router({
  get: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/jobs/{id}', tags: ['Jobs'], summary: 'Get a job and its progress' },
    })
    .input(z.object({ id: z.string() }))
    .output(job)
    .query(({ ctx, input }) => getJob(ctx, input.id)),

  list: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/jobs', tags: ['Jobs'], summary: 'Jobs, the newest first' },
    })
    .input(listJobsInput)
    .output(pageOf(job))
    .query(({ ctx, input }) => listJobs(ctx, input)),

  cancel: signedInProcedure
    .meta({
      errors: ['wrong_state'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/jobs/{id}/cancel',
        tags: ['Jobs'],
        summary: 'Cancel a job',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(cancelledJob)
    .mutation(({ ctx, input }) => cancelJob(ctx, input.id)),

  retry: signedInProcedure
    .meta({
      status: 202,
      openapi: {
        method: 'POST',
        path: '/jobs/{id}/retry',
        tags: ['Jobs'],
        summary: 'Retry a job that failed or was cancelled',
      },
    })
    .input(z.object({ id: z.string(), accessToken: hubToken.optional() }))
    .output(z.object({ jobId: z.uuid() }))
    .mutation(({ ctx, input }) => retryJob(ctx, input.id, input.accessToken)),

  pause: signedInProcedure
    .meta({
      errors: ['wrong_state'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/jobs/{id}/pause',
        tags: ['Jobs'],
        summary: 'Pause a download; what it has already downloaded stays',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(job)
    .mutation(({ ctx, input }) => pauseJob(ctx, input.id)),

  resume: signedInProcedure
    .meta({
      errors: ['wrong_state'],
      status: 202,
      openapi: {
        method: 'POST',
        path: '/jobs/{id}/resume',
        tags: ['Jobs'],
        summary: 'Resume a paused download',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(job)
    .mutation(({ ctx, input }) => resumeJob(ctx, input.id)),

  /** Each event is the job's whole state, so that a reconnect misses nothing whatever its last id was. */
  watch: signedInProcedure
    .input(z.object({ id: z.string(), lastEventId: z.string().nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      for await (const view of withTrpcCodes(watchJob(ctx, input.id, signal ?? new AbortController().signal))) {
        yield tracked(`${view.state}-${view.progress}-${Date.now()}`, view);
      }
    }),
});

import { JOB_KINDS, JOB_STATES } from '@granary/db';
import { z } from 'zod';
import { flag, pageInput } from '../base/paging.ts';
import { jobStep } from '../queue/steps.ts';

export const jobResult = z.record(z.string(), z.unknown()).nullable();

export const job = z.object({
  id: z.uuid(),
  kind: z.enum(JOB_KINDS),
  datasetId: z.string().nullable(),
  datasetName: z.string().nullable().describe('What the dataset is called now; null where you cannot see it.'),
  state: z.enum(JOB_STATES),
  progress: z.number().describe('0 to 100'),
  message: z.string(),
  isPaused: z.boolean().describe('Whether it is paused, or about to be.'),
  yoursBefore: z.number().describe('While it waits and is yours: how many of your jobs come before it.'),
  step: jobStep.nullable().describe('What it is at while it runs: the message, for programs.'),
  result: jobResult,
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
});
export type JobView = z.infer<typeof job>;

/** A job that was to be cancelled, and what became of it. */
export const cancelledJob = job.extend({
  outcome: z
    .enum(['cancelled', 'stopping', 'finished_already'])
    .describe(
      'cancelled: it had not begun, or has ended by now. stopping: it runs, and takes back what it has done. finished_already: it was too late; `state` says how it ended.',
    ),
});

export const listJobsInput = z.object({
  datasetId: z.string().optional().describe('Jobs of this dataset; by default your own.'),
  active: flag.optional().describe('Only those that wait or run.'),
  ...pageInput,
});

export const isFinished = (view: Pick<JobView, 'state'>): boolean =>
  view.state !== 'queued' && view.state !== 'running';

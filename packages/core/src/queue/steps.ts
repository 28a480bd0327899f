import { z } from 'zod';

/** What a running job is doing, in English; pages translate each code. */
const STEPS = {
  unpacking: (subject) => `Unpacking ${subject}`,
  detecting: () => 'Detecting the format',
  reading: () => 'Reading annotations',
  placing: () => 'Putting everything in place',
  backing_up: () => 'Making the backup',
  exporting: () => 'Packing the files',
  verifying: () => 'Reading the backup back',
  restoring: () => 'Restoring the files',
  copying: () => 'Copying the files',
  deleting_objects: () => 'Deleting files',
  deleting_rows: () => 'Deleting records',
  writing_labels: () => 'Writing labels',
  checking: (subject) => `Checking ${subject}`,
  looking_up: (subject) => `Asking the Hub for ${subject}`,
  downloading: (subject) => `Downloading ${subject}`,
  converting: (subject) => `Converting ${subject}`,
  counting: (subject) => `Counting ${subject}`,
  tokenizing: (subject) => `Tokenizing ${subject}`,
  paused: () => 'Paused',
  waiting_for_dataset: () => 'Waiting for another job of this dataset',
  waiting_for_room: (subject) => `Waiting for room on the storage (${subject} free)`,
  waiting_for_bucket: () => 'Waiting for room in the bucket',
  waiting_for_store: () => 'Waiting for the storage, which does not answer',
} satisfies Record<string, (subject: string) => string>;

export type StepCode = keyof typeof STEPS;

export const jobStep = z.object({
  code: z.enum(Object.keys(STEPS) as [StepCode, ...StepCode[]]),
  subject: z.string().describe('The file that it is about, or nothing.'),
  bytes: z
    .object({ done: z.number(), total: z.number(), perSecond: z.number() })
    .optional()
    .describe('Of a download: how much of it is there, and how fast it comes.'),
});
export type JobStep = z.infer<typeof jobStep>;

export const messageOf = ({ code, subject }: JobStep): string => STEPS[code](subject);

import { z } from 'zod';

/** What a running job is at, in English; pages have their own words for each code. */
const STEPS = {
  unpacking: (subject) => `Unpacking ${subject}`,
  detecting: () => 'Detecting the format',
  reading: () => 'Reading annotations',
  placing: () => 'Putting everything in place',
} satisfies Record<string, (subject: string) => string>;

export type StepCode = keyof typeof STEPS;

export const jobStep = z.object({
  code: z.enum(Object.keys(STEPS) as [StepCode, ...StepCode[]]),
  subject: z.string().describe('The file that it is about, or nothing.'),
});
export type JobStep = z.infer<typeof jobStep>;

export const messageOf = ({ code, subject }: JobStep): string => STEPS[code](subject);

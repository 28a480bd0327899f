import { z } from 'zod';
import { createDatasetInput, dataset } from '../datasets/schemas.ts';

/** What stands where an id does in addresses. */
const RESERVED = new Set([
  'available',
  'analyze',
  'new',
  'download',
  'bulk-update',
  'bulk-delete',
  'bulk-restore',
  'bulk-purge',
  'bulk-deletion-impact',
]);

/** Of a sample: readable, since others write it into their own configuration. */
const sampleId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'can only have lower-case letters, digits and dashes, such as cls-imagenet-10',
  })
  .refine((id) => !RESERVED.has(id), { error: 'is reserved by the API and cannot be an id' })
  .describe('Readable, such as cls-imagenet-10; or a UUID.');

const about = createDatasetInput.omit({ visibility: true, organizationId: true }).extend({ id: sampleId });

export const publishSampleInput = about;

export const adoptInput = about.extend({
  ownerEmail: z
    .string()
    .trim()
    .toLowerCase()
    .max(254)
    .optional()
    .describe('The owner, whose private dataset it becomes; without one it is a public sample.'),
});

export const adopted = z.object({ dataset, importId: z.uuid(), jobId: z.uuid() });

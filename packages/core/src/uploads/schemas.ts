import { z } from 'zod';

export const uploadView = z.object({
  id: z.string(),
  filename: z.string(),
  kind: z.enum(['archive', 'file', 'annotations']),
  sizeBytes: z.number().nullable(),
  offsetBytes: z.number(),
  state: z.enum(['uploading', 'finished', 'imported', 'expired']),
  expiresAt: z.iso.datetime(),
});
export type UploadView = z.infer<typeof uploadView>;

import { z } from 'zod';

/** An access token of the Hub. */
export const hubToken = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^[\x21-\x7e]+$/, { error: 'has characters that a token cannot have' })
  .describe(
    'An access token of the Hub, for private or gated datasets. It is encrypted, and deleted when the download ends.',
  );

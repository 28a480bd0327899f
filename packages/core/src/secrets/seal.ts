import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PUBLIC_HUB } from '@granary/hub';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';

/** Where the Hugging Face Hub is, and the key with which its tokens are kept. */
export const hubSettings = z.object({
  HF_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'is not a URL, such as https://huggingface.co' })
    .default(PUBLIC_HUB)
    .meta({ description: 'The Hugging Face Hub, or a mirror of it.' }),
  GRANARY_SECRET_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, { error: 'is not 64 hexadecimal digits; "openssl rand -hex 32" prints some' })
    .optional()
    .meta({
      description:
        'The key that encrypts access tokens for the Hub: 64 hexadecimal digits, the same for every process. Print one with `openssl rand -hex 32`.',
      unset: '`npm start` generates one and keeps it in the data folder',
    }),
});
export type HubSettings = z.infer<typeof hubSettings>;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a secret (AES-256-GCM, a random nonce before it and the tag behind it). `about` is authenticated with it: what
 * was sealed for one import opens for no other.
 *
 * @throws AppError `no_secret_key`
 */
export function seal(settings: HubSettings, secret: string, about: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(settings), nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** @throws Error when it was sealed with another key, or for something else */
export function unseal(settings: HubSettings, sealed: string, about: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', keyOf(settings), bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(about))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
}

function keyOf({ GRANARY_SECRET_KEY: key }: HubSettings): Buffer {
  if (!key) throw new AppError('no_secret_key');
  return Buffer.from(key, 'hex');
}

import { join } from 'node:path';
import { z } from 'zod';
import { FilesystemStore } from './filesystem.ts';
import type { ObjectStore } from './object-store.ts';
import { S3Store } from './s3.ts';

const S3_VARIABLES = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

/** Where Granary keeps what it does not keep in a bucket. */
export const dataDir = z.string().min(1).default('.granary').meta({
  description:
    'The folder for the embedded PostgreSQL, for the secret key that Granary generates, and for all content if there is no bucket.',
});

/** The environment that says where objects live. With any `S3_*` set, all four must be; with none, files on disk. */
export const storeSettings = z
  .object({
    GRANARY_DATA_DIR: dataDir,
    S3_ENDPOINT: z
      .url({ error: 'is not a URL, such as https://<account>.r2.cloudflarestorage.com' })
      .optional()
      .meta({ description: 'The S3-compatible server that holds the bucket.', unset: 'files on disk' }),
    S3_BUCKET: z.string().min(3, { error: 'needs three characters or more' }).optional().meta({
      description: 'The bucket. It is created if it does not exist and the keys allow it.',
      unset: 'files on disk',
    }),
    S3_ACCESS_KEY_ID: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'The access key of the bucket.', unset: 'files on disk' }),
    S3_SECRET_ACCESS_KEY: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'The secret that belongs to the access key.', unset: 'files on disk' }),
    S3_REGION: z
      .string()
      .min(1)
      .default('auto')
      .meta({ description: 'The region of the bucket. Cloudflare R2 wants `auto`.' }),
    S3_FORCE_PATH_STYLE: z
      .stringbool()
      .default(true)
      .meta({ description: 'Whether the bucket is named in the path of a URL, rather than in its host name.' }),
  })
  .superRefine((env, context) => {
    const missing = S3_VARIABLES.filter((name) => env[name] === undefined);
    if (missing.length === S3_VARIABLES.length) return;
    for (const name of missing) {
      context.addIssue({ code: 'custom', path: [name], message: 'is missing, while other S3_* variables are set' });
    }
  });

export type StoreSettings = z.infer<typeof storeSettings>;

export function openStore(env: StoreSettings): ObjectStore {
  const { S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = env;
  if (!S3_ENDPOINT || !S3_BUCKET || !S3_ACCESS_KEY_ID || !S3_SECRET_ACCESS_KEY) {
    return new FilesystemStore(join(env.GRANARY_DATA_DIR, 'objects'));
  }
  return new S3Store({
    endpoint: S3_ENDPOINT,
    region: env.S3_REGION,
    bucket: S3_BUCKET,
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
    forcePathStyle: env.S3_FORCE_PATH_STYLE,
  });
}

import { join } from 'node:path';
import { z } from 'zod';
import { FilesystemStore } from './filesystem.ts';
import type { ObjectStore } from './object-store.ts';
import { S3Store } from './s3.ts';

const S3_VARIABLES = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

/** The environment that says where objects live. With any `S3_*` set, all four must be; with none, files on disk. */
export const storeSettings = z
  .object({
    GRANARY_DATA_DIR: z.string().min(1).default('.granary'),
    S3_ENDPOINT: z.url({ error: 'is not a URL, such as https://<account>.r2.cloudflarestorage.com' }).optional(),
    S3_BUCKET: z.string().min(3, { error: 'needs three characters or more' }).optional(),
    S3_ACCESS_KEY_ID: z.string().min(1).optional(),
    S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
    S3_REGION: z.string().min(1).default('auto'),
    S3_FORCE_PATH_STYLE: z.stringbool().default(true),
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

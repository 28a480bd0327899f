import { randomBytes } from 'node:crypto';
import { FileStore } from '@tus/file-store';
import { S3Store as TusS3Store } from '@tus/s3-store';
import { type DataStore, EVENTS, Server, type ServerOptions, type Upload } from '@tus/server';
import type { Sql } from 'postgres';
import { FilesystemStore } from './filesystem.ts';
import { keys } from './keys.ts';
import { PostgresLocker } from './locker.ts';
import type { ObjectStore } from './object-store.ts';
import { S3Store, s3ClientConfig } from './s3.ts';

/** R2 wants parts of one size, so the smallest and the preferred size are the same; 10,000 of them are an upload. */
const PART_BYTES = 8 * 1024 * 1024;
export const MAX_UPLOAD_BYTES = 10_000 * PART_BYTES;

/** What the application says about uploads; a thrown `{ status_code, body }` is the answer. */
export interface UploadHooks {
  /** Before an upload is made: who may, and what its metadata must say. Nothing is stored when it throws. */
  onCreate(request: Request, upload: Upload): Promise<void>;
  /** Before any request to an existing upload. */
  onRequest(request: Request, uploadId: string): Promise<void>;
  onFinish(upload: Upload): Promise<void>;
  onTerminate(uploadId: string): Promise<void>;
  onError(request: Request, error: unknown): { status_code: number; body: string } | undefined;
}

/**
 * A tus 1.0 server (creation, creation-with-upload, termination, expiration) over the same store as everything else:
 * upload `x` becomes the object `uploads/x`. `Location` is a path, so that no proxy can make it name a wrong host.
 */
export function createTusServer(options: {
  path: string;
  store: ObjectStore;
  sql: Sql;
  ttlSeconds: number;
  hooks: UploadHooks;
}): { server: Server; dataStore: DataStore } {
  const { hooks, path } = options;
  const dataStore = tusDataStore(options.store, options.ttlSeconds * 1000);
  const settings: ServerOptions & { datastore: DataStore } = {
    path,
    datastore: dataStore,
    locker: new PostgresLocker(options.sql),
    maxSize: MAX_UPLOAD_BYTES,
    namingFunction: () => keys.upload(randomBytes(16).toString('hex')),
    generateUrl: (_request, { id }) => `${path}/${uploadIdOf(id)}`,
    // Browsers upload from pages of ours only; other programs do not ask.
    allowedOrigins: () => false,
    getFileIdFromRequest: (_request, lastSegment) =>
      lastSegment && /^[0-9a-f]{32}$/.test(lastSegment) ? keys.upload(lastSegment) : undefined,
    onUploadCreate: async (request, upload) => {
      await hooks.onCreate(request, upload);
      return {};
    },
    onIncomingRequest: (request, id) => hooks.onRequest(request, uploadIdOf(id)),
    onUploadFinish: async (_request, upload) => {
      await hooks.onFinish(upload);
      return {};
    },
    onResponseError: (request, error) => hooks.onError(request, error),
  };
  const server = new Server(settings);
  server.on(EVENTS.POST_TERMINATE, (_request, _response, id) => void hooks.onTerminate(uploadIdOf(id)));
  return { server, dataStore };
}

/** The last segment of the upload's URL, which is its id everywhere but in the store. */
export function uploadIdOf(storeId: string): string {
  return storeId.slice(storeId.lastIndexOf('/') + 1);
}

function tusDataStore(store: ObjectStore, expirationPeriodInMilliseconds: number): DataStore {
  if (store instanceof FilesystemStore) {
    return new FileStore({ directory: store.root, expirationPeriodInMilliseconds });
  }
  if (store instanceof S3Store) {
    return new TusS3Store({
      partSize: PART_BYTES,
      minPartSize: PART_BYTES,
      useTags: false,
      maxConcurrentPartUploads: 16,
      expirationPeriodInMilliseconds,
      s3ClientConfig: { ...s3ClientConfig(store.settings), bucket: store.settings.bucket },
    });
  }
  throw new TypeError(`No tus store for the driver ${store.type}`);
}

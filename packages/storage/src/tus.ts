import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import { S3Store as TusS3Store } from '@tus/s3-store';
import { type DataStore, EVENTS, Server, type ServerOptions, Upload } from '@tus/server';
import { Metadata } from '@tus/utils';
import type { Sql } from 'postgres';
import { FilesystemStore } from './filesystem.ts';
import { keys } from './keys.ts';
import { PostgresLocker } from './locker.ts';
import type { ObjectStore } from './object-store.ts';
import { S3Store, s3ClientConfig } from './s3.ts';
import { CHECKSUMS, checkContent, withChecksum } from './tus-checksum.ts';

/** R2 wants parts of one size, so the smallest and the preferred size are the same; 10,000 of them are an upload. */
const PART_BYTES = 8 * 1024 * 1024;
export const MAX_UPLOAD_BYTES = 10_000 * PART_BYTES;

/** What the application says about uploads; a thrown `{ status_code, body }` is the answer. */
export interface UploadHooks {
  /** Before an upload is made: who may, and what its metadata must say. Nothing is stored when it throws. */
  onCreate(request: Request, upload: Upload): Promise<void>;
  /** Before any request to an existing upload. */
  onRequest(request: Request, uploadId: string): Promise<void>;
  /** How long an upload may become; `null` for one that is not there yet. */
  mostBytes(uploadId: string | null): Promise<number>;
  /**
   * After bytes were written, and before the client knows of it: what it asks for next may depend on how far it is. (tus's own
   * event for it listens to every chunk, which costs a tenth of the speed.)
   */
  onWritten(uploadId: string, offsetBytes: number): Promise<void>;
  onFinish(upload: Upload): Promise<void>;
  onTerminate(uploadId: string): Promise<void>;
  onError(request: Request, error: unknown): Promise<{ status_code: number; body: string } | undefined>;
}

/**
 * A tus 1.0 server (creation, creation-with-upload, termination, expiration, checksum, parts of concatenation) over the same store as everything else:
 * upload `x` becomes the object `uploads/x`. `Location` is a path, so that no proxy can make it name a wrong host.
 */
export function createTusServer(options: {
  path: string;
  store: ObjectStore;
  sql: Sql;
  ttlSeconds: number;
  /** Gives a folder for content until its checksum is known. */
  spoolDir: () => string;
  /** Origins whose pages may upload from a browser. */
  origins: readonly string[];
  hooks: UploadHooks;
}): { server: Server; dataStore: DataStore } {
  const { hooks, path } = options;
  const dataStore = tusDataStore(options.store, options.ttlSeconds * 1000);
  const settings: ServerOptions & { datastore: DataStore } = {
    path,
    datastore: dataStore,
    locker: new PostgresLocker(options.sql),
    maxSize: async (_request, id) => Math.min(MAX_UPLOAD_BYTES, await hooks.mostBytes(id && uploadIdOf(id))),
    namingFunction: () => keys.upload(randomBytes(16).toString('hex')),
    generateUrl: (_request, { id }) => `${path}/${uploadIdOf(id)}`,
    allowedHeaders: ['Upload-Checksum'],
    allowedOrigins: (origin) => options.origins.includes(origin),
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
  checkContent(dataStore, options.spoolDir);
  const write = dataStore.write.bind(dataStore);
  dataStore.write = async (content, id, offset) => {
    const end = await write(content, id, offset);
    await hooks.onWritten(uploadIdOf(id), end);
    return end;
  };
  // The server takes parts, if its store says so in its spelling; joining them is left to whoever handles the request.
  dataStore.extensions.push('concatenation');
  const has = dataStore.hasExtension.bind(dataStore);
  dataStore.hasExtension = (extension) => extension === 'concatentation' || has(extension);
  const server = new Server(settings);
  server.on(EVENTS.POST_TERMINATE, (_request, _response, id) => void hooks.onTerminate(uploadIdOf(id)));
  return { server, dataStore };
}

/** Joins uploads, in their order, to the one that the request asks for. */
export type JoinParts = (
  req: IncomingMessage,
  parts: readonly string[],
) => Promise<{ status: number; body: string; location?: string }>;

/** The ids that stand in `Upload-Concat: final;/uploads/a /uploads/b`. */
const partsIn = (header: string): string[] =>
  header
    .slice('final;'.length)
    .trim()
    .split(/\s+/)
    .map((url) => uploadIdOf(url));

/** What a client says of an upload in its `Upload-Metadata`. @throws Error for what is written otherwise */
export const metadataIn = (header: string | undefined): Record<string, string | null> => Metadata.parse(header);

export interface JoinedUpload {
  id: string;
  sizeBytes: number;
  metadata: Record<string, string | null>;
}

/** Writes finished uploads one behind the other as a new one, which is known to tus as any other. */
export async function joinObjects(
  { store, dataStore }: { store: ObjectStore; dataStore: DataStore },
  parts: readonly string[],
  { id, sizeBytes, metadata }: JoinedUpload,
): Promise<void> {
  async function* content(): AsyncGenerator<Buffer> {
    for (const part of parts) yield* await store.get(keys.upload(part));
  }
  const storeId = keys.upload(id);
  await dataStore.create(new Upload({ id: storeId, size: sizeBytes, offset: 0, metadata }));
  const written = await dataStore.write(Readable.from(content()), storeId, 0);
  if (written !== sizeBytes) throw new Error(`${written} of ${sizeBytes} bytes of ${storeId} were written`);
}

const OVERRIDES = ['PATCH', 'DELETE', 'HEAD'];
const VERSION = '1.0.0';

/**
 * Answers a request, with what the protocol (https://tus.io/protocols/resumable-upload) asks for beyond what the server
 * does: methods that a proxy does not let through, 412 with the version that is spoken, and 415.
 */
export async function handleUpload(
  server: Server,
  {
    origins,
    join,
    concatOf,
  }: {
    origins: readonly string[];
    join: JoinParts;
    /** What a part, or an upload that was made of parts, says of that; null for any other, and who may not know. */
    concatOf: (req: IncomingMessage) => Promise<string | null>;
  },
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const override = req.headers['x-http-method-override'];
  if (req.method === 'POST' && typeof override === 'string' && OVERRIDES.includes(override.toUpperCase()))
    req.method = override.toUpperCase();
  res.setHeader('Vary', 'Origin');
  const refusal = refusalOf(req);
  const joined = String(req.headers['upload-concat'] ?? '');
  const isFinal = req.method === 'POST' && joined.startsWith('final;');
  if (!refusal && !isFinal) {
    const concat = req.method === 'HEAD' ? await concatOf(req) : null;
    if (concat !== null) res.setHeader('Upload-Concat', concat);
    if (req.method === 'OPTIONS') res.setHeader('Tus-Checksum-Algorithm', CHECKSUMS.join(','));
    const stated = req.headers['upload-checksum'];
    const handled = withChecksum(stated === undefined ? undefined : String(stated), () => server.handle(req, res));
    if (handled) return handled;
  }
  const { origin } = req.headers;
  if (origin !== undefined && origins.includes(origin)) res.setHeader('Access-Control-Allow-Origin', origin);
  res.setHeader('Access-Control-Expose-Headers', 'Location, Tus-Version, Tus-Resumable');
  res.setHeader('Tus-Resumable', VERSION);
  res.setHeader('Tus-Version', VERSION);
  if (!refusal && isFinal) {
    const { status, body, location } = await join(req, partsIn(joined));
    res.statusCode = status;
    if (location !== undefined) res.setHeader('Location', location);
    res.end(body);
    return;
  }
  // What is still on its way is not read.
  res.setHeader('Connection', 'close');
  const { status, body } = refusal ?? {
    status: 400,
    body: `Upload-Checksum must be one of ${CHECKSUMS.join(', ')}, in Base64`,
  };
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/plain');
  res.end(`${body}\n`);
}

function refusalOf({ method, headers }: IncomingMessage): { status: number; body: string } | null {
  if (method === 'OPTIONS') return null;
  if (headers['tus-resumable'] !== VERSION) return { status: 412, body: `Tus-Resumable must be ${VERSION}` };
  if (method === 'PATCH' && headers['content-type'] !== 'application/offset+octet-stream')
    return { status: 415, body: 'Content-Type must be application/offset+octet-stream' };
  return null;
}

/**
 * Whether all bytes of an upload are in the store, as its object: what a crash has left between the last byte and that is
 * done now.
 *
 * @param sizeBytes its length
 */
export async function hasArrived(
  { store, dataStore }: { store: ObjectStore; dataStore: DataStore },
  uploadId: string,
  sizeBytes: number,
): Promise<boolean> {
  const key = keys.upload(uploadId);
  const { offset } = await dataStore.getUpload(key);
  if (offset !== sizeBytes) return false;
  const isWhole = async () => (await store.head(key))?.sizeBytes === sizeBytes;
  if (await isWhole()) return true;
  // With the last byte, even if there are none left, a bucket's store makes the object of its parts.
  await dataStore.write(Readable.from([]), key, offset);
  return isWhole();
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

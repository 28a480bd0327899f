import type { Readable } from 'node:stream';

export interface ObjectInfo {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

/** Bytes `start` to `end`, both included, counted from 0; without `end`, up to the last one. */
export interface ByteRange {
  start: number;
  end?: number;
}

export interface PutOptions {
  contentType?: string;
  signal?: AbortSignal;
  /** About how long a stream will be: an S3 upload has at most 10,000 parts, of one size. */
  expectedBytes?: number;
}

export interface Part {
  number: number;
  etag: string;
  sizeBytes: number;
}

/**
 * Where file content lives. Keys are `/`-separated UTF-8 of at most 1,024 bytes without empty, `.` or `..` segments.
 * Every call may be repeated: the last put wins, and deleting what is not there succeeds.
 */
export interface ObjectStore {
  readonly type: 'filesystem' | 's3';
  /** The least that a part of a multipart upload may have, but for the last. */
  readonly leastPartBytes: number;

  /** Writes an object whole or not at all, and returns its size. @throws KeyConflictError */
  put(key: string, body: Uint8Array | Readable, options?: PutOptions): Promise<{ sizeBytes: number }>;

  /** Streams an object or a range of it; the caller reads it to the end or destroys it. @throws ObjectNotFoundError */
  get(key: string, options?: { range?: ByteRange; signal?: AbortSignal }): Promise<Readable>;

  head(key: string): Promise<ObjectInfo | null>;

  /**
   * A page of the objects whose key starts with `prefix`, in the order of the keys' UTF-8 bytes.
   * `cursor` is the one that the page before answered; null at the end.
   */
  list(
    prefix: string,
    options?: { cursor?: string | null; limit?: number },
  ): Promise<{ objects: ObjectInfo[]; cursor: string | null }>;

  /** All objects whose key starts with `prefix`, in the same order; those that come and go meanwhile may be left out. */
  walk(prefix: string): AsyncIterable<ObjectInfo>;

  /** Copies within the store, on the server where it can. @throws ObjectNotFoundError */
  copy(from: string, to: string): Promise<void>;

  delete(keys: readonly string[]): Promise<void>;

  /** Parts are numbered from 1 and have `partBytes` each, but for the last. @returns the id to give to the calls below */
  createMultipart(key: string, options: { partBytes: number; contentType?: string }): Promise<string>;
  uploadPart(key: string, multipartId: string, number: number, body: Uint8Array): Promise<Part>;
  listParts(key: string, multipartId: string): Promise<Part[]>;
  completeMultipart(key: string, multipartId: string, parts: readonly Part[]): Promise<void>;
  abortMultipart(key: string, multipartId: string): Promise<void>;

  /** Gives up every unfinished multipart upload whose key starts with the prefix. */
  abortMultiparts(prefix: string): Promise<void>;

  /** Gives up what writers that died have left half-written, when nobody can be at it any more. */
  sweepUnfinished(now: Date): Promise<void>;

  /** A URL from which anyone may GET the object until it expires; null where the store can't be reached by browsers. */
  signedUrl(key: string, options: SignedUrlOptions): Promise<string | null>;

  /** Where on this machine's disk an object is, for what reads files only; null where objects are no files. */
  localPath(key: string): string | null;

  /** How much may still be written; null where the store does not tell. */
  freeBytes(): Promise<number | null>;

  /** Fails when the store can't be used: the message says why. */
  check(): Promise<void>;
}

export interface SignedUrlOptions {
  expiresInSeconds: number;
  contentType?: string;
  contentDisposition?: string;
}

export class ObjectNotFoundError extends Error {
  override name = 'ObjectNotFoundError';
  readonly key: string;
  constructor(key: string) {
    super(`No object has the key ${JSON.stringify(key)}`);
    this.key = key;
  }
}

/** A key can't be stored beside one that exists: on disk nothing is both a file and a folder. */
export class KeyConflictError extends Error {
  override name = 'KeyConflictError';
  readonly key: string;
  constructor(key: string) {
    super(`${JSON.stringify(key)} can't be stored: a part of it is a file already, or it is a folder`);
    this.key = key;
  }
}

/** @throws RangeError for a key no store takes */
export function assertKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > 1024)
    throw new RangeError(`A key has 1 to 1,024 bytes, not ${bytes}: ${key.slice(0, 80)}…`);
  for (const segment of key.split('/')) {
    if (segment === '' || segment === '.' || segment === '..' || segment.includes('\0')) {
      throw new RangeError(`A key has no empty, "." or ".." segment and no NUL: ${JSON.stringify(key)}`);
    }
  }
}

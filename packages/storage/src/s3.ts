import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  assertKey,
  type ByteRange,
  type ObjectInfo,
  ObjectNotFoundError,
  type ObjectStore,
  type Part,
  type PutOptions,
  type SignedUrlOptions,
} from './object-store.ts';

export interface S3Settings {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  forcePathStyle: boolean;
}

/** R2 wants all parts of an upload but the last to have one size. */
const PART_BYTES = 8 * 1024 * 1024;
/** CopyObject takes objects of up to 5 GiB; larger ones are copied by parts. */
const LARGEST_COPY_BYTES = 5 * 1024 ** 3;
/** R2 gives up multipart uploads of this age by itself; nothing here writes for so long. */
const UNFINISHED_MS = 7 * 86_400_000;
/** DeleteObjects takes this many keys. */
const DELETE_BATCH = 1000;

/** Settings every S3 client here shares; checksums only where required, since R2 and older servers refuse the rest. */
export function s3ClientConfig(settings: S3Settings): S3ClientConfig {
  return {
    endpoint: settings.endpoint,
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 5,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 120_000,
      httpAgent: { maxSockets: 128 },
      httpsAgent: { maxSockets: 128 },
    },
  };
}

/** Objects in a bucket of any S3-compatible service. */
export class S3Store implements ObjectStore {
  readonly type = 's3';
  readonly leastPartBytes = 5 * 1024 * 1024;
  readonly client: S3Client;
  readonly settings: S3Settings;
  readonly #largestCopyBytes: number;

  constructor(settings: S3Settings, options: { largestCopyBytes?: number } = {}) {
    this.settings = settings;
    this.client = new S3Client(s3ClientConfig(settings));
    this.#largestCopyBytes = options.largestCopyBytes ?? LARGEST_COPY_BYTES;
  }

  async put(key: string, body: Uint8Array | Readable, options: PutOptions = {}): Promise<{ sizeBytes: number }> {
    const target = { ...this.#at(key), ...(options.contentType ? { ContentType: options.contentType } : {}) };
    const abort = options.signal ? { abortSignal: options.signal } : {};
    if (body instanceof Uint8Array) {
      await this.client.send(new PutObjectCommand({ ...target, Body: body }), abort);
      return { sizeBytes: body.byteLength };
    }
    let sizeBytes = 0;
    const counted = Readable.from(
      counting(body, (bytes) => (sizeBytes += bytes)),
      { objectMode: false },
    );
    const upload = new Upload({
      client: this.client,
      params: { ...target, Body: counted },
      partSize: partBytesFor(options.expectedBytes ?? 0),
      queueSize: 3,
    });
    const onAbort = () => void upload.abort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await upload.done();
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
    }
    return { sizeBytes };
  }

  async get(key: string, options: { range?: ByteRange; signal?: AbortSignal } = {}): Promise<Readable> {
    const { range, signal } = options;
    try {
      const { Body } = await this.client.send(
        new GetObjectCommand({
          ...this.#at(key),
          ...(range ? { Range: `bytes=${range.start}-${range.end ?? ''}` } : {}),
        }),
        signal ? { abortSignal: signal } : {},
      );
      if (!(Body instanceof Readable)) throw new Error(`The store answered no stream for ${key}`);
      return Body;
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'InvalidRange') return Readable.from([]);
      throw isMissing(error) ? new ObjectNotFoundError(key) : error;
    }
  }

  async head(key: string): Promise<ObjectInfo | null> {
    try {
      const head = await this.client.send(new HeadObjectCommand(this.#at(key)));
      return { key, sizeBytes: head.ContentLength ?? 0, modifiedAt: head.LastModified ?? new Date(0) };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async list(
    prefix: string,
    options: { cursor?: string | null; limit?: number } = {},
  ): Promise<{ objects: ObjectInfo[]; cursor: string | null }> {
    const page = await this.client.send(
      new ListObjectsV2Command({
        Bucket: this.settings.bucket,
        Prefix: prefix,
        MaxKeys: options.limit ?? 1000,
        ...(options.cursor ? { StartAfter: options.cursor } : {}),
      }),
    );
    const objects = (page.Contents ?? []).map((object) => ({
      key: object.Key ?? '',
      sizeBytes: object.Size ?? 0,
      modifiedAt: object.LastModified ?? new Date(0),
    }));
    return { objects, cursor: page.IsTruncated ? (objects.at(-1)?.key ?? null) : null };
  }

  /** The next page is asked for before this one is looked at. */
  async *walk(prefix: string): AsyncGenerator<ObjectInfo> {
    let next: ReturnType<S3Store['list']> | null = this.list(prefix);
    while (next) {
      const { objects, cursor }: Awaited<ReturnType<S3Store['list']>> = await next;
      next = cursor ? this.list(prefix, { cursor }) : null;
      // Who stops early does not learn how it ended.
      next?.catch(() => {});
      yield* objects;
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const info = await this.head(from);
    if (!info) throw new ObjectNotFoundError(from);
    const source = `${this.settings.bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
    if (info.sizeBytes <= this.#largestCopyBytes) {
      await this.client.send(new CopyObjectCommand({ ...this.#at(to), CopySource: source }));
      return;
    }
    await this.#copyByParts(source, to, info.sizeBytes);
  }

  async #copyByParts(source: string, to: string, sizeBytes: number): Promise<void> {
    const partBytes = Math.max(PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS));
    const id = await this.createMultipart(to, { partBytes });
    try {
      const parts: Part[] = [];
      for (let start = 0; start < sizeBytes; start += partBytes) {
        const end = Math.min(start + partBytes, sizeBytes) - 1;
        const number = parts.length + 1;
        const { CopyPartResult } = await this.client.send(
          new UploadPartCopyCommand({
            ...this.#at(to),
            UploadId: id,
            PartNumber: number,
            CopySource: source,
            CopySourceRange: `bytes=${start}-${end}`,
          }),
        );
        parts.push({ number, etag: CopyPartResult?.ETag ?? '', sizeBytes: end - start + 1 });
      }
      await this.completeMultipart(to, id, parts);
    } catch (error) {
      await this.abortMultipart(to, id).catch(() => {});
      throw error;
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += DELETE_BATCH) {
      const batch = keys.slice(at, at + DELETE_BATCH);
      batch.forEach(assertKey);
      const { Errors } = await this.client.send(
        new DeleteObjectsCommand({
          Bucket: this.settings.bucket,
          Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true },
        }),
      );
      const failed = Errors?.find((error) => error.Code !== 'NoSuchKey');
      if (failed) throw new Error(`The store did not delete ${failed.Key}: ${failed.Code} ${failed.Message ?? ''}`);
    }
  }

  async createMultipart(key: string, options: { partBytes: number; contentType?: string }): Promise<string> {
    const { UploadId } = await this.client.send(
      new CreateMultipartUploadCommand({
        ...this.#at(key),
        ...(options.contentType ? { ContentType: options.contentType } : {}),
      }),
    );
    if (!UploadId) throw new Error(`The store gave no id for the multipart upload of ${key}`);
    return UploadId;
  }

  async uploadPart(key: string, multipartId: string, number: number, body: Uint8Array): Promise<Part> {
    const { ETag } = await this.client.send(
      new UploadPartCommand({ ...this.#at(key), UploadId: multipartId, PartNumber: number, Body: body }),
    );
    return { number, etag: ETag ?? '', sizeBytes: body.byteLength };
  }

  async listParts(key: string, multipartId: string): Promise<Part[]> {
    const parts: Part[] = [];
    let marker: string | undefined;
    do {
      const page = await this.client.send(
        new ListPartsCommand({
          ...this.#at(key),
          UploadId: multipartId,
          ...(marker ? { PartNumberMarker: marker } : {}),
        }),
      );
      for (const part of page.Parts ?? []) {
        parts.push({ number: part.PartNumber ?? 0, etag: part.ETag ?? '', sizeBytes: part.Size ?? 0 });
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker);
    return parts;
  }

  async completeMultipart(key: string, multipartId: string, parts: readonly Part[]): Promise<void> {
    await this.client.send(
      new CompleteMultipartUploadCommand({
        ...this.#at(key),
        UploadId: multipartId,
        MultipartUpload: { Parts: parts.map((part) => ({ PartNumber: part.number, ETag: part.etag })) },
      }),
    );
  }

  async abortMultipart(key: string, multipartId: string): Promise<void> {
    try {
      await this.client.send(new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: multipartId }));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async abortMultiparts(prefix: string): Promise<void> {
    for (;;) {
      const { Uploads, IsTruncated } = await this.client.send(
        new ListMultipartUploadsCommand({ Bucket: this.settings.bucket, Prefix: prefix }),
      );
      for (const { Key, UploadId } of Uploads ?? []) {
        if (Key && UploadId && Key.startsWith(prefix)) await this.abortMultipart(Key, UploadId);
      }
      if (!IsTruncated) return;
    }
  }

  async sweepUnfinished(now: Date): Promise<void> {
    let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {};
    while (after) {
      const page: ListMultipartUploadsCommandOutput = await this.client.send(
        new ListMultipartUploadsCommand({ Bucket: this.settings.bucket, ...after }),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        const age = now.getTime() - (Initiated ?? now).getTime();
        if (Key && UploadId && age > UNFINISHED_MS) await this.abortMultipart(Key, UploadId);
      }
      after = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null;
    }
  }

  async signedUrl(key: string, options: SignedUrlOptions): Promise<string> {
    const command = new GetObjectCommand({
      ...this.#at(key),
      ...(options.contentType ? { ResponseContentType: options.contentType } : {}),
      ...(options.contentDisposition ? { ResponseContentDisposition: options.contentDisposition } : {}),
    });
    return getSignedUrl(this.client, command, { expiresIn: options.expiresInSeconds });
  }

  localPath(): null {
    return null;
  }

  /** Makes the bucket when it is missing and the account may; a bucket of R2 is usually made beforehand. */
  /** A bucket does not tell. */
  async freeBytes(): Promise<null> {
    return null;
  }

  async check(): Promise<void> {
    const Bucket = this.settings.bucket;
    try {
      await this.client.send(new HeadBucketCommand({ Bucket }));
    } catch (error) {
      if (!isMissing(error)) {
        throw new Error(
          `The bucket "${Bucket}" at ${this.settings.endpoint} can't be used (${describe(error)}). Check S3_ENDPOINT, S3_BUCKET and the keys.`,
          { cause: error },
        );
      }
      await this.client.send(new CreateBucketCommand({ Bucket }));
    }
  }

  #at(key: string): { Bucket: string; Key: string } {
    assertKey(key);
    return { Bucket: this.settings.bucket, Key: key };
  }
}

const MAX_PARTS = 10_000;

/** Twice what was expected still fits. */
const partBytesFor = (expectedBytes: number): number =>
  Math.max(PART_BYTES, Math.ceil((2 * expectedBytes) / MAX_PARTS / 1024 ** 2) * 1024 ** 2);

async function* counting(source: Readable, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    count(chunk.length);
    yield chunk;
  }
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  return (
    ['NoSuchKey', 'NotFound', 'NoSuchUpload', 'NoSuchBucket'].includes(error.name) ||
    error.$metadata.httpStatusCode === 404
  );
}

function describe(error: unknown): string {
  if (error instanceof S3ServiceException) return `${error.name}, HTTP ${error.$metadata.httpStatusCode ?? '?'}`;
  return error instanceof Error ? error.message || error.name : String(error);
}

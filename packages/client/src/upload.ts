import type { AppRouter } from '@granary/api';
import type { TRPCClient } from '@trpc/client';
import pLimit from 'p-limit';
import { DetailedError, Upload, type UrlStorage } from 'tus-js-client';
import { isArchive, type PickedFile, type PlannedUpload, pack, planUploads } from './plan.ts';
import { readerOf } from './tus-source.ts';

const CHUNK_BYTES = 32 * 1024 * 1024;
const RETRY_DELAYS = [0, 1000, 2000, 5000, 10_000, 20_000];
const PARALLEL_UPLOADS = 3;

/** A path in Node, or content that has a name. */
export type UploadSource = string | File;

export interface UploadProgress {
  sentBytes: number;
  totalBytes: number;
}

export interface UploadFileOptions {
  /** By default the name of the source. */
  filename?: string;
  /** By default an archive where its name says so. */
  kind?: 'archive' | 'file' | 'annotations';
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

type CreateImport = Parameters<TRPCClient<AppRouter>['imports']['create']['mutate']>[0];

export interface UploadFolderOptions {
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
  /** How it is imported: what happens to paths that are taken, a hint of the format, and so on. */
  import?: Omit<CreateImport, 'id' | 'uploadIds'>;
}

/** An upload ended before it was complete; what was sent stays, and is not sent again. */
export class UploadError extends Error {
  override name = 'UploadError';
  /** What Granary says, such as `quota_exceeded`; null where nobody answered. */
  readonly code: string | null;
  readonly hint: string | undefined;

  constructor(cause: unknown) {
    const answer = answerOf(cause);
    super(answer?.message ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
    this.code = answer?.code ?? null;
    this.hint = answer?.hint;
  }
}

interface Sending {
  datasetId: string;
  body: Blob;
  filename: string;
  kind: 'archive' | 'file' | 'annotations';
  fingerprint: string;
  signal: AbortSignal | undefined;
  onProgress(sentBytes: number): void;
}

/** Uploads by tus, with the same sign-in as the calls. */
export class Uploader {
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #trpc: TRPCClient<AppRouter>;
  readonly #resume: UrlStorage | undefined;

  constructor(about: {
    base: string;
    headers: Record<string, string>;
    trpc: TRPCClient<AppRouter>;
    resume: UrlStorage | undefined;
  }) {
    this.#base = about.base;
    this.#headers = about.headers;
    this.#trpc = about.trpc;
    this.#resume = about.resume;
  }

  async uploadFile(datasetId: string, source: UploadSource, options: UploadFileOptions = {}): Promise<string> {
    const file = typeof source === 'string' ? await (await nodeFolders()).openFile(source) : source;
    const filename = options.filename ?? file.name;
    const { fingerprint } = await pack({ files: [{ path: filename, file }], isPacked: false });
    const { onProgress, signal, kind = isArchive(filename) ? 'archive' : 'file' } = options;
    const id = await this.#send({
      ...{ datasetId, filename, kind, fingerprint, signal, body: file },
      onProgress: (sentBytes) => onProgress?.({ sentBytes, totalBytes: file.size }),
    });
    await this.#forget([fingerprint]);
    return id;
  }

  async uploadFolder(
    datasetId: string,
    folder: string | readonly { path: string; file: File }[],
    { onProgress, signal, import: wishes = {} }: UploadFolderOptions = {},
  ): Promise<{ importId: string; jobId: string }> {
    const picked =
      typeof folder === 'string'
        ? await (await nodeFolders()).listFolder(folder)
        : folder.map(({ path, file }): PickedFile => ({ path, sizeBytes: file.size, open: async () => file }));
    const plans = planUploads(picked);
    const totalBytes = plans.reduce((sum, { bytes }) => sum + bytes, 0);
    const sent = new Map<PlannedUpload, number>();
    const limit = pLimit(PARALLEL_UPLOADS);
    const fingerprints: string[] = [];
    const uploadIds = await Promise.all(
      plans.map((plan) =>
        limit(async () => {
          signal?.throwIfAborted();
          const files = await Promise.all(plan.files.map(async ({ path, open }) => ({ path, file: await open() })));
          const { body, fingerprint } = await pack({ files, isPacked: plan.isPacked });
          fingerprints.push(fingerprint);
          const { filename, kind } = plan;
          return this.#send({
            ...{ datasetId, filename, kind, fingerprint, signal, body },
            onProgress(sentBytes) {
              sent.set(plan, sentBytes);
              onProgress?.({ sentBytes: [...sent.values()].reduce((sum, bytes) => sum + bytes, 0), totalBytes });
            },
          });
        }),
      ),
    );
    const started = await this.#trpc.imports.create.mutate({ ...wishes, id: datasetId, uploadIds });
    await this.#forget(fingerprints);
    return started;
  }

  #send({ datasetId, body, filename, kind, fingerprint, signal, onProgress }: Sending): Promise<string> {
    return new Promise((done, failed) => {
      const upload = new Upload(body as File, {
        endpoint: `${this.#base}/uploads`,
        headers: this.#headers,
        chunkSize: CHUNK_BYTES,
        retryDelays: RETRY_DELAYS,
        // It is forgotten when the import has begun: until then a process that died sends nothing twice.
        removeFingerprintOnSuccess: false,
        storeFingerprintForResuming: this.#resume !== undefined,
        ...(this.#resume ? { urlStorage: this.#resume } : {}),
        fingerprint: async () => this.#nameOf(fingerprint),
        fileReader: readerOf(),
        metadata: { datasetId, filename, kind },
        onProgress: (bytes) => onProgress(bytes),
        onShouldRetry(error) {
          const status = error.originalResponse?.getStatus() ?? 0;
          return !signal?.aborted && (status === 0 || status === 423 || status === 429 || status >= 500);
        },
        onError: (error) => failed(new UploadError(error)),
        onSuccess() {
          onProgress(body.size);
          done(upload.url?.split('/').at(-1) ?? '');
        },
      });
      signal?.addEventListener('abort', () => {
        void upload.abort();
        failed(signal.reason);
      });
      const start = async () => {
        const [previous] = this.#resume ? await upload.findPreviousUploads() : [];
        if (previous) upload.resumeFromPreviousUpload(previous);
        if (!signal?.aborted) upload.start();
      };
      start().catch(failed);
    });
  }

  readonly #nameOf = (fingerprint: string): string => `granary-${this.#base}-${fingerprint}`;

  async #forget(fingerprints: readonly string[]): Promise<void> {
    for (const fingerprint of fingerprints) {
      const known = (await this.#resume?.findUploadsByFingerprint(this.#nameOf(fingerprint))) ?? [];
      for (const { urlStorageKey } of known) await this.#resume?.removeUpload(urlStorageKey);
    }
  }
}

/** Only where there is a file system. */
const nodeFolders = () => import('./node-folders.ts');

function answerOf(cause: unknown): { code: string; message: string; hint?: string } | null {
  if (!(cause instanceof DetailedError)) return null;
  try {
    const answer: { code?: string; message?: string; hint?: string } = JSON.parse(
      cause.originalResponse?.getBody() ?? '',
    );
    const { code, message, hint } = answer;
    return code && message ? { code, message, ...(hint ? { hint } : {}) } : null;
  } catch {
    // Not one of Granary's answers: a proxy's page, perhaps.
    return null;
  }
}

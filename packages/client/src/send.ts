import { DetailedError, type FileReader, Upload } from 'tus-js-client';
import { UploadError } from './errors.ts';
import type { UploadMemory } from './memory.ts';
import type { ErrorBody } from './views.ts';

/** Small enough that a proxy which keeps a request before it passes it on loses little, large enough for speed. */
const CHUNK_BYTES = 32 * 1024 * 1024;
/** What the strictest proxies take (nginx allows 1 MiB unless told otherwise). */
const SMALL_CHUNK_BYTES = 768 * 1024;
const RETRY_DELAYS = [0, 1000, 2000, 3000, 5000, 5000, 10_000, 10_000];

/** Whereto uploads are sent, and what is done when that does not work. */
export interface SendTarget {
  /** The address of the server; of the page's own, nothing. */
  base: string;
  headers: Record<string, string>;
  memory?: UploadMemory | undefined;
  /** Where the platform cannot send slices of a Blob by itself. */
  fileReader?: FileReader;
  /** Something went wrong that may pass: it is tried again. */
  onWaiting?(): void;
  /** Resolves when it makes sense to try again; without it, a server that is away for long fails the upload. */
  untilReachable?(): Promise<void>;
}

export type UploadKind = 'archive' | 'file' | 'annotations';

/** What goes into one tus upload. */
export interface Sending {
  datasetId: string;
  body: Blob;
  filename: string;
  kind: UploadKind;
  /** Finds the same upload again after it was cut off. */
  fingerprint: string;
  onProgress(sentBytes: number): void;
}

/** Uploads by tus that are paused, stopped and forgotten together. */
export class Sender {
  readonly #target: SendTarget;
  /** Under way or paused, with what rejects each. */
  readonly #current = new Map<Upload, (reason: unknown) => void>();
  readonly #names = new Set<string>();
  readonly #wakes = new Set<() => void>();
  #chunkBytes = CHUNK_BYTES;
  #isPaused = false;
  #stopped: { reason: unknown } | null = null;

  constructor(target: SendTarget) {
    this.#target = target;
  }

  /**
   * Sends one, and goes on where it was cut off.
   *
   * @returns the id of the upload
   * @throws UploadError, or the reason for which all were stopped
   */
  async send(sending: Sending): Promise<string> {
    for (;;) {
      while (this.#isPaused && !this.#stopped) await this.#sleep();
      this.#throwIfStopped();
      try {
        return await this.#sendOnce(sending);
      } catch (error) {
        if (!(error instanceof UploadError)) throw error;
        if (error.status === 413 && this.#chunkBytes !== SMALL_CHUNK_BYTES) this.#chunkBytes = SMALL_CHUNK_BYTES;
        else if (isUnanswered(error) && this.#target.untilReachable) await this.waitForNetwork();
        else throw error;
      }
    }
  }

  pause(): void {
    this.#isPaused = true;
    for (const upload of this.#current.keys()) void upload.abort();
  }

  resume(): void {
    this.#isPaused = false;
    for (const upload of this.#current.keys()) upload.start();
    this.#wakeAll();
  }

  /** Ends all that is under way, for good; the server forgets what it has got of them where that is wished. */
  async stop(reason: unknown, { isTakenBack = false } = {}): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = { reason };
    this.#wakeAll();
    const current = [...this.#current];
    this.#current.clear();
    for (const [, reject] of current) reject(reason);
    await Promise.all(current.map(([upload]) => upload.abort(isTakenBack).catch(() => {})));
  }

  /** To be called when what was sent is in use: until then, a process that died sends nothing twice. */
  async forget(): Promise<void> {
    const { memory } = this.#target;
    if (!memory) return;
    for (const name of this.#names) {
      for (const { urlStorageKey } of await memory.findUploadsByFingerprint(name)) {
        await memory.removeUpload(urlStorageKey);
      }
    }
  }

  /** Waits until the target says that it makes sense to try again, or somebody resumes or stops. */
  async waitForNetwork(): Promise<void> {
    this.#target.onWaiting?.();
    await Promise.race([this.#target.untilReachable?.(), this.#sleep()]);
    this.#throwIfStopped();
  }

  #sendOnce({ datasetId, body, filename, kind, fingerprint, onProgress }: Sending): Promise<string> {
    const { base, headers, memory, fileReader, onWaiting } = this.#target;
    const name = ['granary', base, datasetId, fingerprint].filter(Boolean).join('-');
    this.#names.add(name);
    return new Promise((done, failed) => {
      const upload = new Upload(body as File, {
        endpoint: `${base}/uploads`,
        headers,
        chunkSize: this.#chunkBytes,
        retryDelays: RETRY_DELAYS,
        removeFingerprintOnSuccess: false,
        storeFingerprintForResuming: memory !== undefined,
        ...(memory ? { urlStorage: memory } : {}),
        ...(fileReader ? { fileReader } : {}),
        fingerprint: async () => name,
        metadata: { datasetId, filename, kind },
        onProgress: (sentBytes) => {
          if (!this.#isPaused && !this.#stopped) onProgress(sentBytes);
        },
        onShouldRetry: (error) => {
          const isRetried = mayPass(error) && !this.#stopped;
          if (isRetried) onWaiting?.();
          return isRetried;
        },
        onError: (error) => {
          this.#current.delete(upload);
          failed(uploadError(error));
        },
        onSuccess: () => {
          this.#current.delete(upload);
          onProgress(body.size);
          done(upload.url?.split('/').at(-1) ?? '');
        },
      });
      const start = async () => {
        const [previous] = memory ? await upload.findPreviousUploads() : [];
        if (previous) upload.resumeFromPreviousUpload(previous);
        this.#throwIfStopped();
        this.#current.set(upload, failed);
        if (!this.#isPaused) upload.start();
      };
      start().catch(failed);
    });
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped.reason;
  }

  #sleep(): Promise<void> {
    return new Promise((wake) => this.#wakes.add(wake));
  }

  #wakeAll(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }
}

/** Nobody has answered: that passes. A file that cannot be read any more has no answer either, and does not pass. */
function isUnanswered({ cause, status }: UploadError): boolean {
  return cause instanceof DetailedError && status === null;
}

function mayPass(error: DetailedError): boolean {
  const { code, status } = uploadError(error);
  if (status === null || status === 423 || status === 429 || status >= 500) return true;
  // tus's own, of an offset that the server has moved on from; what Granary says in a 409 stays so.
  return status === 409 && code !== 'in_trash';
}

function uploadError(cause: unknown): UploadError {
  if (!(cause instanceof DetailedError)) return new UploadError(cause, null, null);
  const response = cause.originalResponse;
  return new UploadError(cause, answerIn(response?.getBody()), response?.getStatus() || null);
}

function answerIn(body = ''): ErrorBody | null {
  try {
    const { code, message, hint }: Partial<ErrorBody> = JSON.parse(body);
    return code && message ? { code, message, ...(hint ? { hint } : {}) } : null;
  } catch {
    // Not one of Granary's answers: a proxy's page, perhaps.
    return null;
  }
}

import { DetailedError, Upload } from 'tus-js-client';
import { trpc } from '~/trpc';
import { type PlannedUpload, planUploads } from './plan';
import type { PickedFile } from './tar';

export type UploadPhase = 'preparing' | 'uploading' | 'paused' | 'waiting' | 'starting-import' | 'done' | 'failed';

/** What a page shows of a dataset's upload. */
export interface UploadState {
  phase: UploadPhase;
  sentBytes: number;
  totalBytes: number;
  bytesPerSecond: number;
  numFiles: number;
  error: string | null;
  jobId: string | null;
}

/** Small enough that a proxy which keeps a request before it passes it on loses little, large enough for speed. */
const CHUNK_BYTES = 32 * 1024 * 1024;
/** What the strictest proxies take (nginx allows 1 MiB unless told otherwise). */
const SMALL_CHUNK_BYTES = 768 * 1024;
const RETRY_DELAYS = [0, 1000, 2000, 3000, 5000, 5000, 10_000, 10_000, 15_000, 15_000, 30_000, 30_000, 60_000, 60_000];

/**
 * The uploads of this tab, one per dataset. They live outside of the pages, so that one may look around meanwhile; after
 * a reload the same files, picked again, go on where the server has got to.
 */
class UploadManager {
  readonly #sessions = new Map<string, Session>();
  readonly #listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  state(datasetId: string): UploadState | null {
    return this.#sessions.get(datasetId)?.state ?? null;
  }

  start(datasetId: string, files: readonly PickedFile[]): void {
    const session = new Session(datasetId, files, () => this.#notify());
    this.#sessions.set(datasetId, session);
    this.#notify();
    void session.run();
  }

  pause(datasetId: string): void {
    this.#sessions.get(datasetId)?.pause();
  }

  resume(datasetId: string): void {
    this.#sessions.get(datasetId)?.resume();
  }

  /** Stops, and takes back what the server has got. */
  async cancel(datasetId: string): Promise<void> {
    const session = this.#sessions.get(datasetId);
    this.#sessions.delete(datasetId);
    this.#notify();
    await session?.cancel();
  }

  forget(datasetId: string): void {
    this.#sessions.delete(datasetId);
    this.#notify();
  }

  get isBusy(): boolean {
    return [...this.#sessions.values()].some(({ state }) => state.phase === 'uploading' || state.phase === 'waiting');
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

class Session {
  state: UploadState;
  readonly #datasetId: string;
  readonly #files: readonly PickedFile[];
  readonly #changed: () => void;
  #current: Upload | null = null;
  #chunkBytes = CHUNK_BYTES;
  #isPaused = false;
  #wake: (() => void) | null = null;
  readonly #uploadIds: string[] = [];
  readonly #speed = new Speedometer();

  constructor(datasetId: string, files: readonly PickedFile[], changed: () => void) {
    this.#datasetId = datasetId;
    this.#files = files;
    this.#changed = changed;
    const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
    this.state = {
      phase: 'preparing',
      sentBytes: 0,
      totalBytes,
      bytesPerSecond: 0,
      numFiles: files.length,
      error: null,
      jobId: null,
    };
  }

  async run(): Promise<void> {
    try {
      const plans = await planUploads(this.#files);
      const totalBytes = plans.reduce((sum, plan) => sum + plan.body.size, 0);
      this.#set({ phase: 'uploading', totalBytes });
      let before = 0;
      for (const plan of plans) {
        this.#uploadIds.push(await this.#send(plan, before));
        before += plan.body.size;
      }
      this.#set({ phase: 'starting-import', sentBytes: totalBytes });
      const { jobId } = await trpc.imports.create.mutate({ id: this.#datasetId, uploadIds: this.#uploadIds });
      this.#set({ phase: 'done', jobId });
    } catch (error) {
      this.#set({ phase: 'failed', error: messageOf(error) });
    }
  }

  pause(): void {
    this.#isPaused = true;
    void this.#current?.abort();
    this.#set({ phase: 'paused', bytesPerSecond: 0 });
  }

  resume(): void {
    this.#isPaused = false;
    this.#speed.reset();
    this.#set({ phase: 'uploading' });
    this.#current?.start();
    this.#wake?.();
  }

  async cancel(): Promise<void> {
    await this.#current?.abort(true).catch(() => {});
  }

  /** @returns the upload's id */
  async #send(plan: PlannedUpload, before: number): Promise<string> {
    while (this.#isPaused) await new Promise<void>((wake) => (this.#wake = wake));
    for (;;) {
      try {
        return await this.#sendOnce(plan, before);
      } catch (error) {
        const isTooLarge = error instanceof DetailedError && error.originalResponse?.getStatus() === 413;
        if (!isTooLarge || this.#chunkBytes === SMALL_CHUNK_BYTES) throw error;
        this.#chunkBytes = SMALL_CHUNK_BYTES;
      }
    }
  }

  #sendOnce(plan: PlannedUpload, before: number): Promise<string> {
    return new Promise((done, failed) => {
      const upload = new Upload(plan.body as File, {
        endpoint: '/uploads',
        chunkSize: this.#chunkBytes,
        retryDelays: RETRY_DELAYS,
        storeFingerprintForResuming: true,
        removeFingerprintOnSuccess: true,
        fingerprint: async () => `granary-${this.#datasetId}-${plan.fingerprint}`,
        metadata: { datasetId: this.#datasetId, filename: plan.filename, kind: plan.kind },
        onProgress: (sent) => {
          if (this.#isPaused) return;
          const sentBytes = before + sent;
          this.#set({ phase: 'uploading', sentBytes, bytesPerSecond: this.#speed.measure(sentBytes) });
        },
        onShouldRetry: (error) => {
          const status = error.originalResponse?.getStatus() ?? 0;
          const mayPass = status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;
          if (mayPass) this.#set({ phase: 'waiting', bytesPerSecond: 0 });
          return mayPass;
        },
        onError: failed,
        onSuccess: () => done(upload.url?.split('/').at(-1) ?? ''),
      });
      this.#current = upload;
      upload.findPreviousUploads().then(([previous]) => {
        if (previous) upload.resumeFromPreviousUpload(previous);
        if (!this.#isPaused) upload.start();
      }, failed);
    });
  }

  #set(changes: Partial<UploadState>): void {
    this.state = { ...this.state, ...changes };
    this.#changed();
  }
}

/** Bytes per second over the last few seconds. */
class Speedometer {
  #samples: { at: number; bytes: number }[] = [];

  measure(bytes: number): number {
    const now = performance.now();
    this.#samples.push({ at: now, bytes });
    this.#samples = this.#samples.filter(({ at }) => now - at < 5000);
    const [first] = this.#samples;
    const seconds = first ? (now - first.at) / 1000 : 0;
    return first && seconds > 0.2 ? (bytes - first.bytes) / seconds : 0;
  }

  reset(): void {
    this.#samples = [];
  }
}

function messageOf(error: unknown): string {
  if (error instanceof DetailedError) {
    const status = error.originalResponse?.getStatus();
    if (!status) return 'The server can not be reached. Check the connection, then try again.';
    try {
      const { message, hint }: { message?: string; hint?: string } = JSON.parse(
        error.originalResponse?.getBody() ?? '',
      );
      if (message) return hint ? `${message} ${hint}` : message;
    } catch {
      // Not one of our answers: a proxy's page, perhaps.
    }
    return `The server answered ${status} to the upload. Try again, or ask the administrator.`;
  }
  return error instanceof Error ? error.message : String(error);
}

export const uploads = new UploadManager();

if (typeof window !== 'undefined') {
  window.addEventListener('beforeunload', (event) => {
    if (uploads.isBusy) event.preventDefault();
  });
}

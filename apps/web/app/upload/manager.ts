import type { PickedFile } from '@granary/client/plan';
import { type OpenedFile, type PackedUpload, type PlannedUpload, planUploads } from '@granary/client/plan';
import { TRPCClientError } from '@trpc/client';
import pLimit from 'p-limit';
import { DetailedError, Upload } from 'tus-js-client';
import { serverErrorOf, trpc } from '~/trpc';

export type UploadPhase = 'preparing' | 'uploading' | 'paused' | 'waiting' | 'starting-import' | 'done' | 'failed';

/** Why an upload stopped: what the server says, or that it says nothing of use. */
export type UploadError =
  | { code: string; message: string; hint?: string | undefined }
  | { code: 'unreachable' }
  | { code: 'status'; status: number };

/** What a page shows of a dataset's upload. */
export interface UploadState {
  phase: UploadPhase;
  sentBytes: number;
  totalBytes: number;
  sentFiles: number;
  totalFiles: number;
  bytesPerSecond: number;
  error: UploadError | null;
  jobId: string | null;
}

/** How the uploaded files are imported. */
export type ImportWishes = Pick<
  Parameters<typeof trpc.imports.create.mutate>[0],
  'labelsOnly' | 'onConflict' | 'classMap' | 'newClasses'
>;

/** Small enough that a proxy which keeps a request before it passes it on loses little, large enough for speed. */
const CHUNK_BYTES = 32 * 1024 * 1024;
/** What the strictest proxies take (nginx allows 1 MiB unless told otherwise). */
const SMALL_CHUNK_BYTES = 768 * 1024;
export const RETRY_DELAYS = [0, 1000, 2000, 3000, 5000, 5000, 10_000, 10_000];
const PARALLEL_UPLOADS = 3;
/** How long to wait before the server is tried again while the browser does not say that it is offline. */
const TRY_AGAIN_MS = 5000;

/** Sending ends here, and goes on where it was when the pause is over. */
class Paused extends Error {}

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

  start(datasetId: string, files: readonly PickedFile[], wishes: ImportWishes = {}): void {
    const session = new Session(datasetId, files, wishes, () => this.#notify());
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
  readonly #wishes: ImportWishes;
  readonly #changed: () => void;
  /** Under way now, or paused. */
  readonly #current = new Map<PlannedUpload, Upload>();
  /** Ids of what has arrived. */
  readonly #arrived = new Map<PlannedUpload, string>();
  /** Each ends the sending of one, for a pause. */
  readonly #stops = new Set<() => void>();
  /** By plan: what of it is sent. */
  readonly #sent = new Map<PlannedUpload, { bytes: number; files: number }>();
  #chunkBytes = CHUNK_BYTES;
  #isPaused = false;
  #isCancelled = false;
  readonly #wakes = new Set<() => void>();
  readonly #speed = new Speedometer();

  constructor(datasetId: string, files: readonly PickedFile[], wishes: ImportWishes, changed: () => void) {
    this.#datasetId = datasetId;
    this.#files = files;
    this.#wishes = wishes;
    this.#changed = changed;
    this.state = {
      phase: 'preparing',
      sentBytes: 0,
      totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      sentFiles: 0,
      totalFiles: files.length,
      bytesPerSecond: 0,
      error: null,
      jobId: null,
    };
  }

  async run(): Promise<void> {
    try {
      const plans = planUploads(this.#files);
      const totalBytes = plans.reduce((sum, plan) => sum + plan.bytes, 0);
      this.#set({ phase: this.#isPaused ? 'paused' : 'uploading', totalBytes });
      const limit = pLimit(PARALLEL_UPLOADS);
      const uploadIds = await Promise.all(plans.map((plan) => limit(() => this.#send(plan))));
      if (this.#isCancelled) return;
      this.#set({ phase: 'starting-import', sentBytes: totalBytes, sentFiles: this.state.totalFiles });
      this.#set({ phase: 'done', jobId: await this.#startImport(uploadIds) });
    } catch (error) {
      if (this.#isCancelled) return;
      this.#isCancelled = true;
      for (const upload of this.#current.values()) void upload.abort();
      this.#set({ phase: 'failed', error: errorOf(error) });
    }
  }

  pause(): void {
    this.#isPaused = true;
    for (const stop of [...this.#stops]) stop();
    this.#set({ phase: 'paused', bytesPerSecond: 0 });
  }

  resume(): void {
    this.#isPaused = false;
    this.#speed.reset();
    this.#set({ phase: 'uploading' });
    this.#wakeAll();
  }

  async cancel(): Promise<void> {
    this.#isCancelled = true;
    this.#wakeAll();
    await Promise.all([...this.#current.values()].map((upload) => upload.abort(true).catch(() => {})));
  }

  /** @returns the upload's id; waits for the network however long it is away */
  async #send(plan: PlannedUpload): Promise<string> {
    if (this.#isCancelled) return '';
    const packed = await packInBackground(plan);
    for (;;) {
      while (this.#isPaused && !this.#isCancelled) await this.#sleep();
      if (this.#isCancelled) return '';
      const arrived = this.#arrived.get(plan);
      if (arrived !== undefined) return arrived;
      try {
        return await this.#sendOnce(plan, packed);
      } catch (error) {
        if (error instanceof Paused) continue;
        const isTooLarge = error instanceof DetailedError && error.originalResponse?.getStatus() === 413;
        if (isTooLarge && this.#chunkBytes !== SMALL_CHUNK_BYTES) this.#chunkBytes = SMALL_CHUNK_BYTES;
        else if (isUnreachable(error)) await this.#waitForNetwork();
        else throw error;
      }
    }
  }

  #sendOnce(plan: PlannedUpload, { body, fingerprint, ends }: PackedUpload): Promise<string> {
    return new Promise((done, failed) => {
      let isStopped = false;
      const stop = () => {
        isStopped = true;
        this.#stops.delete(stop);
        void upload.abort();
        failed(new Paused());
      };
      const end = () => {
        this.#stops.delete(stop);
        this.#current.delete(plan);
      };
      const upload = new Upload(body as File, {
        endpoint: '/uploads',
        chunkSize: this.#chunkBytes,
        retryDelays: RETRY_DELAYS,
        storeFingerprintForResuming: true,
        removeFingerprintOnSuccess: true,
        fingerprint: async () => `granary-${this.#datasetId}-${fingerprint}`,
        metadata: { datasetId: this.#datasetId, filename: plan.filename, kind: plan.kind },
        // tus begins some steps after it was told to, and forgets that it was told to stop meanwhile.
        onBeforeRequest: () => {
          if (isStopped) throw new Paused();
        },
        onProgress: (sent) => {
          if (isStopped) return;
          this.#sent.set(plan, { bytes: sent, files: countUpTo(ends, sent) });
          this.#measure();
        },
        onShouldRetry: (error) => {
          if (isStopped) return false;
          const status = error.originalResponse?.getStatus() ?? 0;
          const isInTrash = status === 409 && (error.originalResponse?.getBody() ?? '').includes('"in_trash"');
          const mayPass = !isInTrash && (status === 0 || [409, 423, 429].includes(status) || status >= 500);
          if (mayPass) this.#set({ phase: 'waiting', bytesPerSecond: 0 });
          return mayPass;
        },
        onError: (error) => {
          if (isStopped) return;
          end();
          failed(error);
        },
        onSuccess: () => {
          const id = upload.url?.split('/').at(-1) ?? '';
          this.#arrived.set(plan, id);
          if (isStopped) return;
          end();
          this.#sent.set(plan, { bytes: body.size, files: plan.files.length });
          this.#measure();
          done(id);
        },
      });
      this.#current.set(plan, upload);
      this.#stops.add(stop);
      upload.findPreviousUploads().then(([previous]) => {
        if (previous) upload.resumeFromPreviousUpload(previous);
        if (!isStopped && !this.#isCancelled) upload.start();
      }, failed);
    });
  }

  /** An answer that was lost on its way does not start the same import again. */
  async #startImport(uploadIds: string[]): Promise<string> {
    const id = this.#datasetId;
    for (let isFirst = true; ; isFirst = false) {
      try {
        if (!isFirst) {
          const { items } = await trpc.imports.list.query({ id, limit: 20 });
          const started = items.find((item) => item.uploadIds.join() === uploadIds.join());
          if (started) return started.jobId;
        }
        const { jobId } = await trpc.imports.create.mutate({ id, uploadIds, ...this.#wishes });
        return jobId;
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        await this.#waitForNetwork();
        this.#set({ phase: 'starting-import' });
      }
    }
  }

  /** Until the browser is online again, or for some seconds where it does not know. */
  async #waitForNetwork(): Promise<void> {
    this.#set({ phase: 'waiting', bytesPerSecond: 0 });
    const timer = setTimeout(() => this.#wakeAll(), TRY_AGAIN_MS);
    const wake = () => this.#wakeAll();
    window.addEventListener('online', wake);
    await this.#sleep();
    clearTimeout(timer);
    window.removeEventListener('online', wake);
  }

  #sleep(): Promise<void> {
    return new Promise((wake) => this.#wakes.add(wake));
  }

  #wakeAll(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }

  #measure(): void {
    let sentBytes = 0;
    let sentFiles = 0;
    for (const { bytes, files } of this.#sent.values()) {
      sentBytes += bytes;
      sentFiles += files;
    }
    this.#set({ phase: 'uploading', sentBytes, sentFiles, bytesPerSecond: this.#speed.measure(sentBytes) });
  }

  #set(changes: Partial<UploadState>): void {
    this.state = { ...this.state, ...changes };
    this.#changed();
  }
}

async function packInBackground({ files, isPacked }: PlannedUpload): Promise<PackedUpload> {
  const opened = await Promise.all(files.map(openNamed));
  return new Promise((done, failed) => {
    const worker = new Worker(new URL('./pack-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<{ packed: PackedUpload } | { message: string }>) => {
      worker.terminate();
      if ('packed' in data) done(data.packed);
      else failed(new Error(data.message));
    };
    worker.onerror = ({ message }) => failed(new Error(message));
    worker.postMessage({ files: opened, isPacked });
  });
}

/** @throws Error with the file's name, where it is gone or can not be read any more */
async function openNamed({ path, open }: PickedFile): Promise<OpenedFile> {
  try {
    return { path, file: await open() };
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Nobody has answered: that passes. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof DetailedError) return !error.originalResponse?.getStatus();
  return error instanceof TRPCClientError && !error.data;
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

function errorOf(error: unknown): UploadError {
  if (error instanceof DetailedError) {
    const status = error.originalResponse?.getStatus();
    if (!status) return { code: 'unreachable' };
    try {
      const {
        code = '',
        message,
        hint,
      }: { code?: string; message?: string; hint?: string } = JSON.parse(error.originalResponse?.getBody() ?? '');
      if (message) return { code, message, hint };
    } catch {
      // Not one of our answers: a proxy's page, perhaps.
    }
    return { code: 'status', status };
  }
  return serverErrorOf(error) ?? { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

export const uploads = new UploadManager();

if (typeof window !== 'undefined') {
  window.addEventListener('beforeunload', (event) => {
    if (uploads.isBusy) event.preventDefault();
  });
}

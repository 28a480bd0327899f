import { errorOf, UploadError as SendingError } from '@granary/client/errors';
import type { OpenedFile, PackedUpload, PickedFile, PlannedUpload } from '@granary/client/plan';
import { type FolderProgress, FolderSender } from '@granary/client/send-folder';
import { TRPCClientError } from '@trpc/client';
import { DetailedError, defaultOptions } from 'tus-js-client';
import { trpc } from '~/trpc';

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
  'labelsOnly' | 'replaceAll' | 'onConflict' | 'classMap' | 'newClasses' | 'csv'
>;

/** How long to wait before the server is tried again while the browser does not say that it is offline. */
const TRY_AGAIN_MS = 5000;

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
  readonly #wishes: ImportWishes;
  readonly #changed: () => void;
  readonly #sender: FolderSender;
  #isCancelled = false;
  readonly #speed = new Speedometer();

  constructor(datasetId: string, files: readonly PickedFile[], wishes: ImportWishes, changed: () => void) {
    this.#datasetId = datasetId;
    this.#wishes = wishes;
    this.#changed = changed;
    this.#sender = new FolderSender(
      {
        base: '',
        headers: {},
        memory: defaultOptions.urlStorage,
        onWaiting: () => this.#set({ phase: 'waiting', bytesPerSecond: 0 }),
        untilReachable: untilOnline,
      },
      { datasetId, files, pack: packInBackground, onProgress: (progress) => this.#measure(progress) },
    );
    this.state = {
      phase: 'preparing',
      sentBytes: 0,
      totalBytes: this.#sender.totalBytes,
      sentFiles: 0,
      totalFiles: files.length,
      bytesPerSecond: 0,
      error: null,
      jobId: null,
    };
  }

  async run(): Promise<void> {
    try {
      this.#set({ phase: 'uploading' });
      const uploadIds = await this.#sender.send();
      const { totalBytes, totalFiles } = this.state;
      this.#set({ phase: 'starting-import', sentBytes: totalBytes, sentFiles: totalFiles });
      const jobId = await this.#startImport(uploadIds);
      await this.#sender.forget();
      this.#set({ phase: 'done', jobId });
    } catch (error) {
      if (!this.#isCancelled) this.#set({ phase: 'failed', error: shownError(error) });
    }
  }

  pause(): void {
    this.#sender.pause();
    this.#set({ phase: 'paused', bytesPerSecond: 0 });
  }

  resume(): void {
    this.#speed.reset();
    this.#set({ phase: 'uploading' });
    this.#sender.resume();
  }

  async cancel(): Promise<void> {
    this.#isCancelled = true;
    await this.#sender.stop(new Error('The upload was cancelled.'), { isTakenBack: true });
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
        const isUnanswered = error instanceof TRPCClientError && !error.data;
        if (!isUnanswered) throw error;
        await this.#sender.waitForNetwork();
        this.#set({ phase: 'starting-import' });
      }
    }
  }

  #measure({ sentBytes, sentFiles }: FolderProgress): void {
    this.#set({ phase: 'uploading', sentBytes, sentFiles, bytesPerSecond: this.#speed.measure(sentBytes) });
  }

  #set(changes: Partial<UploadState>): void {
    this.state = { ...this.state, ...changes };
    this.#changed();
  }
}

/** Until the browser is online again, or for some seconds where it does not know. */
async function untilOnline(): Promise<void> {
  let wake = () => {};
  const woken = new Promise<void>((done) => {
    wake = done;
  });
  const timer = setTimeout(wake, TRY_AGAIN_MS);
  window.addEventListener('online', wake);
  await woken;
  clearTimeout(timer);
  window.removeEventListener('online', wake);
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

/** @throws Error with the file's name, where it is gone or cannot be read any more */
async function openNamed({ path, open }: PickedFile): Promise<OpenedFile> {
  try {
    return { path, file: await open() };
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
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

function shownError(error: unknown): UploadError {
  const answered = errorOf(error);
  if (answered) return answered;
  if (error instanceof SendingError && error.cause instanceof DetailedError) {
    return error.status === null ? { code: 'unreachable' } : { code: 'status', status: error.status };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

export const uploads = new UploadManager();

if (typeof window !== 'undefined') {
  window.addEventListener('beforeunload', (event) => {
    if (uploads.isBusy) event.preventDefault();
  });
}

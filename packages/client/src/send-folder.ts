import pLimit from 'p-limit';
import { type PackedUpload, type PickedFile, type PlannedUpload, pack, planUploads } from './plan.ts';
import { Sender, type SendTarget } from './send.ts';

const PARALLEL_UPLOADS = 3;

/** How far the upload of a folder is. What is sent counts what its files are packed into. */
export interface FolderProgress {
  sentBytes: number;
  totalBytes: number;
  sentFiles: number;
  totalFiles: number;
}

export interface FolderOptions {
  datasetId: string;
  files: readonly PickedFile[];
  onProgress(progress: FolderProgress): void;
  /** Puts an upload together somewhere else than here. */
  pack?(plan: PlannedUpload): Promise<PackedUpload>;
}

/** Sends the files of a folder, small ones packed together, some uploads at once. */
export class FolderSender {
  readonly #sender: Sender;
  readonly #options: FolderOptions;
  readonly #plans: readonly PlannedUpload[];
  readonly #sent = new Map<PlannedUpload, { bytes: number; files: number }>();
  readonly totalBytes: number;

  constructor(target: SendTarget, options: FolderOptions) {
    this.#sender = new Sender(target);
    this.#options = options;
    this.#plans = planUploads(options.files);
    this.totalBytes = this.#plans.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @returns the ids of the uploads, in the order of the plan @throws UploadError, or the reason it was stopped for */
  async send(): Promise<string[]> {
    const limit = pLimit(PARALLEL_UPLOADS);
    try {
      return await Promise.all(this.#plans.map((plan) => limit(() => this.#sendPlan(plan))));
    } catch (error) {
      limit.clearQueue();
      await this.#sender.stop(error);
      throw error;
    }
  }

  pause = (): void => this.#sender.pause();
  resume = (): void => this.#sender.resume();
  stop = (reason: unknown, how?: { isTakenBack: boolean }): Promise<void> => this.#sender.stop(reason, how);
  forget = (): Promise<void> => this.#sender.forget();
  waitForNetwork = (): Promise<void> => this.#sender.waitForNetwork();

  async #sendPlan(plan: PlannedUpload): Promise<string> {
    const { datasetId, pack: packPlan = packHere } = this.#options;
    const { body, fingerprint, ends } = await packPlan(plan);
    const { filename, kind } = plan;
    return this.#sender.send({
      datasetId,
      filename,
      kind,
      fingerprint,
      body,
      onProgress: (bytes) => this.#note(plan, { bytes, files: countUpTo(ends, bytes) }),
    });
  }

  #note(plan: PlannedUpload, sent: { bytes: number; files: number }): void {
    this.#sent.set(plan, sent);
    let [sentBytes, sentFiles] = [0, 0];
    for (const { bytes, files } of this.#sent.values()) {
      sentBytes += bytes;
      sentFiles += files;
    }
    const { totalBytes } = this;
    this.#options.onProgress({ sentBytes, totalBytes, sentFiles, totalFiles: this.#options.files.length });
  }
}

async function packHere({ files, isPacked }: PlannedUpload): Promise<PackedUpload> {
  const opened = await Promise.all(files.map(async ({ path, open }) => ({ path, file: await open() })));
  return pack({ files: opened, isPacked });
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

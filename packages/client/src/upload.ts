import type { UploadMemory } from './memory.ts';
import { isArchive, type PickedFile, pack } from './plan.ts';
import { Sender, type SendTarget, type UploadKind } from './send.ts';
import { type FolderProgress, FolderSender } from './send-folder.ts';
import { readerOf } from './tus-source.ts';
import type { Api } from './views.ts';

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
  kind?: UploadKind;
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

type CreateImport = Parameters<Api['imports']['create']['mutate']>[0];

export interface UploadFolderOptions {
  onProgress?: (progress: FolderProgress) => void;
  signal?: AbortSignal;
  /** How it is imported: what happens to paths that are taken, a hint of the format, and so on. */
  import?: Omit<CreateImport, 'id' | 'uploadIds'>;
}

/** Uploads by tus, with the same sign-in as the calls. */
export class Uploader {
  readonly #target: SendTarget;
  readonly #trpc: Api;

  constructor(about: {
    base: string;
    headers: Record<string, string>;
    trpc: Api;
    memory: UploadMemory | undefined;
  }) {
    const { base, headers, memory, trpc } = about;
    this.#target = { base, headers, memory, fileReader: readerOf() };
    this.#trpc = trpc;
  }

  async uploadFile(datasetId: string, source: UploadSource, options: UploadFileOptions = {}): Promise<string> {
    const file = typeof source === 'string' ? await (await nodeFolders()).openFile(source) : source;
    const filename = options.filename ?? file.name;
    const { fingerprint } = await pack({ files: [{ path: filename, file }], isPacked: false });
    const { onProgress, signal, kind = isArchive(filename) ? 'archive' : 'file' } = options;
    const sender = new Sender(this.#target);
    return stoppable(sender, signal, async () => {
      const id = await sender.send({
        datasetId,
        filename,
        kind,
        fingerprint,
        body: file,
        onProgress: (sentBytes) => onProgress?.({ sentBytes, totalBytes: file.size }),
      });
      await sender.forget();
      return id;
    });
  }

  async uploadFolder(
    datasetId: string,
    folder: string | readonly { path: string; file: File }[],
    { onProgress, signal, import: wishes = {} }: UploadFolderOptions = {},
  ): Promise<{ importId: string; jobId: string }> {
    const files =
      typeof folder === 'string'
        ? await (await nodeFolders()).listFolder(folder)
        : folder.map(({ path, file }): PickedFile => ({ path, sizeBytes: file.size, open: async () => file }));
    const sender = new FolderSender(this.#target, {
      datasetId,
      files,
      onProgress: (progress) => onProgress?.(progress),
    });
    return stoppable(sender, signal, async () => {
      const uploadIds = await sender.send();
      const started = await this.#trpc.imports.create.mutate(
        { ...wishes, id: datasetId, uploadIds },
        signal ? { signal } : {},
      );
      await sender.forget();
      return started;
    });
  }
}

/** Stops the sending when the signal says so. */
async function stoppable<T>(
  sender: Pick<Sender, 'stop'>,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = () => void sender.stop(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Only where there is a file system. */
const nodeFolders = () => import('./node-folders.ts');

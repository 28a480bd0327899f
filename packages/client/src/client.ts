import type { AppRouter } from '@granary/api';
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, retryLink, splitLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import { type AnnotationsOptions, annotations } from './annotations.ts';
import { type DownloadOptions, downloadFile } from './download.ts';
import { JobError } from './errors.ts';
import { memoryInFile } from './file-memory.ts';
import type { UploadMemory } from './memory.ts';
import type { Pulled, PullOptions } from './pull.ts';
import { Uploader, type UploadFileOptions, type UploadFolderOptions, type UploadSource } from './upload.ts';
import type { AnnotatedImage, Api, JobView } from './views.ts';

export interface ClientOptions {
  /** Where Granary is, such as https://granary.example.org */
  url: string;
  /** An API key; without one, whatever cookies the platform sends. */
  apiKey?: string | undefined;
  /** How long a call may take, 30 s by default. Uploads, downloads and the waiting for jobs have no such limit. */
  timeoutMs?: number;
  /** How often a call is tried again that nobody answered, or with 429 or 5xx; 3 by default. Changes: after 429 only. */
  retries?: number;
  /**
   * Where uploads that were cut off are remembered, so that they go on after the process was started anew: in Node the path
   * of a file, which is made.
   */
  resume?: string | UploadMemory;
  /** Makes the calls, where the platform keeps no cookies; that of the platform by default. */
  fetch?: typeof fetch;
}

export interface ClientHelpers {
  /**
   * Waits until a job has ended, whatever happens to the connection meanwhile.
   *
   * @returns the job, completed
   * @throws JobError when it failed or was cancelled
   */
  waitForJob(jobId: string, options?: { onProgress?: (job: JobView) => void; signal?: AbortSignal }): Promise<JobView>;
  /** Uploads one file or archive by tus, and goes on where it was cut off. @returns the id of the upload @throws UploadError */
  uploadFile(datasetId: string, source: UploadSource, options?: UploadFileOptions): Promise<string>;
  /**
   * Uploads a folder (a path in Node, or files with their paths) or an archive, and starts its import. Small files travel
   * together; what was cut off goes on in the middle of a file.
   *
   * @returns the ids of the import and of its job @throws UploadError
   */
  uploadFolder(
    datasetId: string,
    folder: string | readonly { path: string; file: File }[],
    options?: UploadFolderOptions,
  ): Promise<{ importId: string; jobId: string }>;
  /**
   * A file of a dataset as a stream of bytes, or in Node written to `to`, where its SHA-256 is compared. A download that is
   * cut off goes on from there.
   */
  downloadFile(datasetId: string, path: string, options: DownloadOptions & { to: string }): Promise<void>;
  downloadFile(datasetId: string, path: string, options?: DownloadOptions): Promise<ReadableStream<Uint8Array>>;
  /**
   * All images of a version with their annotations, in the order of their paths, one at a time as they arrive. Its members
   * are the calls of the router of that name.
   */
  annotations: Api['annotations'] &
    ((datasetId: string, options?: AnnotationsOptions) => AsyncGenerator<AnnotatedImage>);
  /**
   * In Node: makes a folder what a version of a dataset is, such as `street@prod`. Only what the folder and the cache do not
   * have is fetched, and each file is compared with its SHA-256. The folder is as before, or whole.
   *
   * @param dir by default one called as the dataset
   */
  pull(dataset: string, dir?: string, options?: PullOptions): Promise<Pulled>;
}

export type GranaryClient = Api & ClientHelpers;

/** As many calls as the server takes at once. */
const MAX_BATCH = 20;
const RETRY_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/** The typed API of a Granary: every procedure, by the path of its router, and what takes more than one call. */
export function createClient(options: ClientOptions): GranaryClient {
  const { apiKey, timeoutMs = 30_000, retries = 3, fetch: ask = fetch } = options;
  const base = options.url.replace(/\/+$/, '');
  const headers: Record<string, string> = apiKey ? { Authorization: `Bearer ${apiKey}` } : {};
  const url = `${base}/trpc`;
  const trpc = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
          },
        }),
        false: [
          retryLink({
            retry({ op, error, attempts }) {
              if (attempts > retries) return false;
              const status: number | undefined = error.data?.httpStatus;
              if (status === 429) return true;
              return op.type === 'query' && (status === undefined || status >= 500);
            },
            retryDelayMs: (attempt) => Math.min(LONGEST_DELAY_MS, RETRY_DELAY_MS * 2 ** attempt),
          }),
          httpBatchLink({
            url,
            headers,
            maxURLLength: 6000,
            maxItems: MAX_BATCH,
            fetch: (input, init) =>
              ask(input as string, { ...(init as RequestInit), signal: within(timeoutMs, init?.signal) }),
          }),
        ],
      }),
    ],
  });
  const { resume } = options;
  const memory = typeof resume === 'string' ? memoryInFile(resume) : resume;
  const uploader = new Uploader({ base, headers, trpc, memory });
  const server = { base, headers, trpc };
  const helpers: ClientHelpers = {
    waitForJob: (jobId, waiting = {}) => waitForJob(trpc, jobId, waiting),
    uploadFile: (datasetId, source, about) => uploader.uploadFile(datasetId, source, about),
    uploadFolder: (datasetId, folder, about) => uploader.uploadFolder(datasetId, folder, about),
    downloadFile: ((datasetId: string, path: string, about?: DownloadOptions) =>
      downloadFile(server, datasetId, path, about)) as ClientHelpers['downloadFile'],
    pull: async (dataset, dir, about = {}) => (await import('./node-pull.ts')).pull(server, dataset, dir, about),
    annotations: new Proxy(
      ((datasetId, about) => annotations(server, datasetId, about)) as ClientHelpers['annotations'],
      { get: (_, name) => Reflect.get(trpc.annotations, name) },
    ),
  };
  // tRPC's client answers to any name with a path of procedures: ours come first.
  return new Proxy(trpc, {
    get: (target, name) => Reflect.get(Object.hasOwn(helpers, name) ? helpers : target, name),
  }) as GranaryClient;
}

function within(timeoutMs: number, signal: AbortSignal | null | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

function waitForJob(
  trpc: Api,
  jobId: string,
  { onProgress, signal }: { onProgress?: (job: JobView) => void; signal?: AbortSignal },
): Promise<JobView> {
  return new Promise((done, failed) => {
    const stop = () => {
      subscription.unsubscribe();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      stop();
      failed(signal?.reason);
    };
    const subscription = trpc.jobs.watch.subscribe(
      { id: jobId },
      {
        onData({ data: job }) {
          onProgress?.(job);
          if (job.state === 'queued' || job.state === 'running') return;
          stop();
          if (job.state === 'completed') done(job);
          else failed(new JobError(job));
        },
        onError(error) {
          stop();
          failed(error);
        },
      },
    );
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort);
  });
}

import { apiUrl, datasetPath, type Server } from './server.ts';

const RETRIES = 5;

export interface DownloadOptions {
  /** In Node: the file that it is written to. */
  to?: string;
  signal?: AbortSignal;
}

/** A file of a dataset, see {@link ClientHelpers.downloadFile}. */
export async function downloadFile(
  server: Server,
  datasetId: string,
  path: string,
  { to, signal }: DownloadOptions = {},
): Promise<ReadableStream<Uint8Array> | undefined> {
  const stream = await open(server, datasetId, path, signal);
  if (to === undefined) return stream;
  const { items } = await server.trpc.files.list.query({ id: datasetId, prefix: path, limit: 1 });
  const sha256 = items.find((item) => item.path === path)?.sha256 ?? null;
  await (await import('./node-download.ts')).writeVerified(stream, to, sha256, path);
  return undefined;
}

/** Goes on where it was cut off, by Range. */
async function open(
  server: Server,
  datasetId: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const url = apiUrl(server, `${datasetPath(datasetId)}/files/content`, { path });
  const ask = async (from: number): Promise<ReadableStream<Uint8Array>> => {
    const range = from > 0 ? { Range: `bytes=${from}-` } : {};
    const response = await fetch(url, { headers: { ...server.headers, ...range }, ...(signal ? { signal } : {}) });
    if (!response.ok || !response.body) throw new Error(`${path}: ${await reasonOf(response)}`);
    return response.body;
  };
  let body = (await ask(0)).getReader();
  let received = 0;
  let left = RETRIES;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        try {
          const { done, value } = await body.read();
          if (done) return controller.close();
          received += value.length;
          left = RETRIES;
          return controller.enqueue(value);
        } catch (error) {
          if (signal?.aborted || left-- === 0) throw error;
          await new Promise((wake) => setTimeout(wake, 500));
          body = (await ask(received)).getReader();
        }
      }
    },
    cancel: (reason) => body.cancel(reason),
  });
}

async function reasonOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { message }: { message?: string } = JSON.parse(text);
    return message ?? `status ${response.status}`;
  } catch {
    return `status ${response.status}`;
  }
}

import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { JobError } from './errors.ts';
import type { ContentCache } from './node-cache.ts';
import type { NewFolder } from './node-staging.ts';
import { apiUrl, type Server } from './server.ts';
import type { JobView } from './views.ts';

/** An image of an export without images: where it goes, and which one it is. */
export interface ListedImage {
  path: string;
  source: string;
  sha256: string;
  size: number;
}

export interface Asked {
  datasetId: string;
  revision: number;
  format: string;
  split: string | undefined;
  query: string | undefined;
}

const POLL_MS = 500;
/** Formats that have the images in their files. */
const PACKED = new Set(['webdataset', 'parquet']);

/**
 * Lets Granary write a dataset in a format, without its images where it has them in files of their own, and puts the files that come of it into a folder.
 *
 * @returns the images that belong to them, and how many bytes came
 */
export async function writeFormat(
  server: Server,
  cache: ContentCache,
  folder: NewFolder,
  asked: Asked,
  signal: AbortSignal | undefined,
): Promise<{ images: ListedImage[]; fetched: number }> {
  const { datasetId, revision, format, split, query } = asked;
  const started = await server.trpc.exports.create.mutate({
    id: datasetId,
    format: format as 'coco',
    version: `r${revision}`,
    images: PACKED.has(format),
    container: 'tar',
    ...(split === undefined ? {} : { splits: [split] }),
    ...(query === undefined ? {} : { q: query }),
  });
  await completed(server, started.jobId, signal);
  const { id, filename, sizeBytes, sha256 } = await server.trpc.exports.get.query({ id: started.exportId });
  if (sizeBytes === null || sha256 === null) throw new Error('The export has no size, though it is complete.');
  const url = apiUrl(server, `/exports/${id}/content`);
  const fetched = await cache.fetch({ sha256, size: sizeBytes, path: filename, url, fallbackUrl: url }, signal);
  return { images: await unpack(cache.pathOf(sha256), folder), fetched };
}

/** Asks again and again: who only reads needs no stream of events. */
async function completed(server: Server, jobId: string, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    const job: JobView = await server.trpc.jobs.get.query({ id: jobId });
    if (job.state === 'completed') return;
    if (job.state !== 'queued' && job.state !== 'running') throw new JobError(job);
    await new Promise((wake) => setTimeout(wake, POLL_MS));
    signal?.throwIfAborted();
  }
}

async function unpack(archive: string, folder: NewFolder): Promise<ListedImage[]> {
  const images: ListedImage[] = [];
  const entries = extract();
  const reading = pipeline(createReadStream(archive), entries);
  reading.catch(() => {});
  for await (const entry of entries) {
    const { name } = entry.header;
    if (name === 'images.jsonl') {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
      const lines = Buffer.concat(chunks).toString().split('\n');
      for (const line of lines) if (line !== '') images.push(JSON.parse(line));
    } else {
      await folder.put(name, '', (target) => pipeline(entry, createWriteStream(target)));
    }
  }
  await reading;
  return images;
}

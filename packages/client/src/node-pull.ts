import { join } from 'node:path';
import pLimit from 'p-limit';
import { AnswerError } from './errors.ts';
import { jsonLines } from './lines.ts';
import { ContentCache, defaultCache } from './node-cache.ts';
import { PulledFolder, type State } from './node-staging.ts';
import { writeFormat } from './node-written.ts';
import { findDataset, type ManifestLine, type Pulled, type PullOptions, refOf } from './pull.ts';
import { apiUrl, datasetPath, type Server } from './server.ts';

const JOBS = 16;

/** A file of the folder to be, with where its content is. */
interface Target {
  path: string;
  sha256: string;
  size: number;
  url: string;
  /** Its path in the dataset. */
  source: string;
}

/** Makes a folder what a version of a dataset is; see {@link ClientHelpers.pull}. */
export async function pull(
  server: Server,
  asked: string,
  dir: string | undefined,
  options: PullOptions,
): Promise<Pulled> {
  const { named, ref } = refOf(asked);
  const { id: datasetId, name } = await findDataset(server, named);
  const folder = await PulledFolder.open(dir ?? name.replaceAll('/', '_'));
  const { split, query, signal } = options;
  const known = { url: server.base, datasetId, asked: JSON.stringify([options.format, split, query]) };
  const state = isSame(folder.state, known) ? folder.state : null;
  const manifest = new Manifest(server, datasetId, { version: ref, split, q: query }, signal);
  const now = await manifest.now(state?.etag);
  const answer = { datasetId, name, dir: folder.dir, revision: now.revision };
  if (state && now.isUnchanged && folder.isWhole()) {
    const { files, bytes } = state;
    if (state.revision !== now.revision) await folder.remember({ ...state, ...now });
    const nothing = { fetchedFiles: 0, fetchedBytes: 0, restoredFiles: 0, removedFiles: 0 };
    return { ...answer, files, bytes, ...nothing, isUnchanged: true };
  }
  const restoredFiles = folder.countChanged();
  try {
    const made = await build(server, folder, manifest, { ...options, datasetId, revision: now.revision });
    const { files, bytes } = made.into;
    await folder.replaceBy(made.into, { ...known, revision: now.revision, etag: now.etag, files, bytes });
    const { fetchedFiles, fetchedBytes, removedFiles } = made;
    return { ...answer, files, bytes, fetchedFiles, fetchedBytes, restoredFiles, removedFiles, isUnchanged: false };
  } catch (error) {
    await folder.abandon();
    throw error;
  }
}

const isSame = (state: State | null, known: Pick<State, 'url' | 'datasetId' | 'asked'>): boolean =>
  state !== null && state.url === known.url && state.datasetId === known.datasetId && state.asked === known.asked;

/** The files of a version, as the server says. */
class Manifest {
  readonly #server: Server;
  readonly #path: string;
  readonly #query: Record<'version' | 'split' | 'q', string | undefined>;
  readonly #signal: AbortSignal | undefined;

  constructor(
    server: Server,
    datasetId: string,
    query: Record<'version' | 'split' | 'q', string | undefined>,
    signal: AbortSignal | undefined,
  ) {
    this.#server = server;
    this.#path = `${datasetPath(datasetId)}/manifest`;
    this.#query = query;
    this.#signal = signal;
  }

  /** Which revision it is of now, and whether that is the one with this ETag. */
  async now(etag: string | undefined): Promise<{ revision: number; etag: string; isUnchanged: boolean }> {
    const url = apiUrl(this.#server, this.#path, { ...this.#query, format: 'sha256sum' });
    const response = await fetch(url, {
      // Beside a condition fetch asks for no answer from a cache, unless told otherwise; the server then gives none of 304.
      headers: { ...this.#server.headers, 'Cache-Control': 'max-age=0', ...(etag ? { 'If-None-Match': etag } : {}) },
      ...(this.#signal ? { signal: this.#signal } : {}),
    });
    if (response.status !== 304 && !response.ok) throw await AnswerError.of(response);
    // Its lines come again with URLs when they are wanted.
    await response.body?.cancel();
    const current = response.headers.get('etag') ?? '';
    const revision = Number(/r(\d+)/.exec(current)?.[1] ?? Number.NaN);
    if (!Number.isInteger(revision)) throw new Error('The manifest does not say of which revision it is.');
    return { revision, etag: current, isUnchanged: response.status === 304 };
  }

  async lines(revision: number): Promise<ManifestLine[]> {
    const url = apiUrl(this.#server, this.#path, { ...this.#query, version: `r${revision}`, format: 'ndjson' });
    const lines: ManifestLine[] = [];
    const { headers } = this.#server;
    for await (const line of jsonLines<ManifestLine>(url, { headers, signal: this.#signal })) lines.push(line);
    return lines;
  }
}

interface Building extends PullOptions {
  datasetId: string;
  revision: number;
}

/** Builds the new folder beside the old one, of what that has, what the cache has, and what is fetched. */
async function build(server: Server, folder: PulledFolder, manifest: Manifest, about: Building) {
  const { datasetId, revision, format, split, query, jobs = JOBS, link = 'copy', signal, onProgress } = about;
  const origin = new URL(server.base).origin;
  const headersFor = (url: string) => (new URL(url).origin === origin ? server.headers : {});
  const cache = new ContentCache(about.cache ?? defaultCache(), headersFor);
  const into = await folder.begin();
  const lines = await manifest.lines(revision);
  const sum = { fetchedFiles: 0, fetchedBytes: 0 };
  let targets: Target[] = lines.map(({ path, sha256, size, url }) => ({ path, sha256, size, url, source: path }));
  if (format !== undefined && format !== 'original') {
    const urls = new Map(lines.map(({ path, url }) => [path, url]));
    const asked = { datasetId, revision, format, split, query };
    const { images, fetched } = await writeFormat(server, cache, into, asked, signal);
    sum.fetchedBytes += fetched;
    targets = images.map((image) => ({ ...image, url: urls.get(image.source) ?? '' }));
  }
  const totalBytes = targets.reduce((total, { size }) => total + size, 0);
  const done = { doneFiles: 0, doneBytes: 0, totalFiles: targets.length, totalBytes };
  const limit = pLimit(jobs);
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  await limit
    .map(targets, async (target) => {
      stop.throwIfAborted();
      const { path, sha256, size, source } = target;
      const place = { path: source, version: `r${revision}` };
      const fallbackUrl = apiUrl(server, `${datasetPath(datasetId)}/files/content`, place);
      // A file that is as a pull has placed it need not come again, though the cache was emptied.
      const local = folder.isAsPlaced(path, sha256) ? join(folder.dir, path) : null;
      const bytes = await cache.fetch({ ...target, url: target.url || fallbackUrl, fallbackUrl }, stop, local);
      if (bytes > 0) sum.fetchedFiles++;
      sum.fetchedBytes += bytes;
      await into.put(path, sha256, (to) => cache.place(sha256, to, link));
      done.doneFiles++;
      done.doneBytes += size;
      onProgress?.(done);
    })
    .catch((error) => {
      failed.abort(error);
      throw error;
    });
  const removedFiles = await folder.keepOthers(into, about.delete ?? false);
  return { into, removedFiles, ...sum };
}

import { type ListFileEntry, listFiles } from '@huggingface/hub';
import pRetry from 'p-retry';
import { z } from 'zod';
import { errorOf, HubError } from './errors.ts';

export const PUBLIC_HUB = 'https://huggingface.co';

export interface HubOptions {
  /** Base URL, without a slash at its end. */
  endpoint: string;
  token: string | null;
  signal: AbortSignal;
  /** How often a request is repeated that failed for a passing reason. */
  retries?: number;
}

const text = z.string().nullish().catch(null);

/** https://huggingface.co/docs/hub/api: GET /api/datasets/{repo_id}/revision/{revision} */
const datasetInfo = z.looseObject({
  id: z.string(),
  sha: text,
  private: z.boolean().catch(false),
  gated: z.union([z.literal(false), z.enum(['auto', 'manual'])]).catch(false),
  disabled: z.boolean().catch(false),
  description: text,
  lastModified: text,
  downloads: z.number().nullish().catch(null),
  likes: z.number().nullish().catch(null),
  tags: z.array(z.string()).catch([]),
  cardData: z.looseObject({}).nullish().catch(null),
});
export type DatasetInfo = z.infer<typeof datasetInfo>;

const parquetListing = z.record(z.string(), z.record(z.string(), z.array(z.string())));
export type ParquetListing = z.infer<typeof parquetListing>;

/** A file of a repository as it is now. */
export interface HubFile {
  path: string;
  /** Where its bytes are, at a pinned commit where the Hub tells it. */
  url: string;
  sizeBytes: number;
  /** Of a file in LFS (or Xet): the SHA-256 of its content. Of a small one in git: null. */
  sha256: string | null;
  /** Of a small file: git's hash of it, SHA-1 over `blob <size>\0` and the content. */
  gitSha1: string | null;
}

/** The last answer, with what all answers on the way to it said by headers. */
interface Answered {
  answer: Response;
  headers: { get(name: string): string | null };
  url: string;
}

/** Refusals that another way of asking does not change. */
const DECIDED = new Set<string>(['hub_gated', 'hub_token_invalid', 'hub_disabled']);
const ANSWER_MS = 30_000;
const MOST_REDIRECTS = 6;
const LONGEST_WAIT_SECONDS = 300;

/** The Hub's HTTP interface for datasets, with what it says by headers. */
export class Hub {
  readonly endpoint: string;
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.endpoint = options.endpoint.replace(/\/+$/, '');
    this.#options = options;
  }

  page(repoId: string): string {
    return `${this.endpoint}/datasets/${repoId}`;
  }

  /** @throws HubError */
  async info(repoId: string, revision: string | null): Promise<DatasetInfo> {
    const at = (name: string) => `/api/datasets/${repoId}/revision/${encodeURIComponent(name)}`;
    const ask = async (path: string) => datasetInfo.parse(await (await this.request(path, repoId)).answer.json());
    if (revision !== null) return ask(at(revision));
    return ask(`/api/datasets/${repoId}`).catch(async (error) => {
      // Mirrors may know revisions only.
      const isMissing = error instanceof HubError && error.code === 'hub_not_found';
      const found = isMissing ? await ask(at('main')).catch(() => null) : null;
      if (!found) throw error;
      return found;
    });
  }

  /** The parquet files that the Hub has made of a dataset, by subset and split; null when it has made none. */
  async parquetListing(repoId: string): Promise<ParquetListing | null> {
    try {
      const { answer } = await this.request(`/api/datasets/${repoId}/parquet`, repoId);
      const listing = parquetListing.safeParse(await answer.json());
      return listing.success && Object.keys(listing.data).length > 0 ? listing.data : null;
    } catch (error) {
      // Only what the Hub has converted has one; what forbids it forbids the rest, too.
      if (
        error instanceof HubError &&
        ['hub_not_found', 'hub_file_missing', 'hub_revision_unknown'].includes(error.code)
      )
        return null;
      if (error instanceof HubError && error.code === 'hub_unreachable' && !error.isPassing) return null;
      throw error;
    }
  }

  /** All files at a commit. @throws HubError */
  async tree(repoId: string, commit: string): Promise<HubFile[]> {
    const files: HubFile[] = [];
    const entries = listFiles({
      repo: { type: 'dataset', name: repoId },
      recursive: true,
      revision: encodeURIComponent(commit),
      hubUrl: this.endpoint,
      fetch: async (url) => (await this.request(String(url), repoId)).answer,
    });
    for await (const entry of entries) if (entry.type === 'file') files.push(this.#fileOf(repoId, commit, entry));
    return files;
  }

  #fileOf(repoId: string, commit: string, { path, size, oid, lfs }: ListFileEntry): HubFile {
    return {
      path,
      url: this.resolveUrl(repoId, commit, path),
      sizeBytes: lfs?.size ?? size,
      sha256: lfs ? lfs.oid.replace(/^sha256:/, '') : null,
      gitSha1: lfs ? null : (oid ?? null),
    };
  }

  resolveUrl(repoId: string, revision: string, path: string, kind: 'datasets/' | '' = 'datasets/'): string {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return `${this.endpoint}/${kind}${repoId}/resolve/${encodeURIComponent(revision)}/${encoded}`;
  }

  /** What a file's headers say: its size, its hash, and the commit that it is of. @throws HubError */
  async describe(repoId: string, path: string, url: string): Promise<HubFile> {
    const { answer, headers, url: last } = await this.#head(this.#onEndpoint(url), repoId);
    await answer.body?.cancel();
    const etag = (headers.get('X-Linked-Etag') ?? headers.get('ETag') ?? '').replace(/^W\//, '').replaceAll('"', '');
    const ofRange = /\/(\d+)$/.exec(headers.get('Content-Range') ?? '')?.[1];
    const size = Number(headers.get('X-Linked-Size') ?? ofRange ?? headers.get('Content-Length') ?? Number.NaN);
    if (!Number.isSafeInteger(size))
      throw new HubError('hub_unreachable', `The Hub does not tell how long ${path} is.`);
    const commit = headers.get('X-Repo-Commit');
    return {
      path,
      url: commit ? last.replace(/\/resolve\/[^/]+\//, `/resolve/${commit}/`) : last,
      sizeBytes: size,
      sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : null,
      gitSha1: /^[0-9a-f]{40}$/.test(etag) ? etag : null,
    };
  }

  /** The headers of a file; of a server that knows no HEAD those of its first byte. */
  async #head(url: string, repoId: string): Promise<Answered> {
    return this.request(url, repoId, { method: 'HEAD', stopsAtOtherOrigin: true }).catch((error) => {
      const isMissing = error instanceof HubError && !error.isPassing && !DECIDED.has(error.code);
      if (!isMissing) throw error;
      return this.request(url, repoId, { range: 'bytes=0-0' });
    });
  }

  /** The bytes of a file from `start` to `end`, the end included. @throws HubError, and what a broken connection throws */
  async open(
    repoId: string,
    url: string,
    range: { start: number; end?: number },
  ): Promise<{ start: number; body: ReadableStream<Uint8Array> }> {
    const { answer } = await this.request(url, repoId, { range: `bytes=${range.start}-${range.end ?? ''}` });
    if (!answer.body) throw new HubError('hub_unreachable', 'The Hub answered without content.', { isPassing: true });
    // A server that knows no ranges sends the whole file.
    const start =
      answer.status === 206
        ? Number(/bytes (\d+)-/.exec(answer.headers.get('Content-Range') ?? '')?.[1] ?? range.start)
        : 0;
    return { start, body: answer.body };
  }

  /** Listings name files at the public Hub, also those of a mirror. */
  #onEndpoint(url: string): string {
    const { pathname, search } = new URL(url, this.endpoint);
    return `${this.endpoint}${pathname}${search}`;
  }

  /**
   * Asks, follows redirects, and repeats what failed for a passing reason, as long as the Hub says by Retry-After. The token
   * goes to the Hub alone: where a redirect leads elsewhere (a CDN), the address itself is the permission.
   *
   * @returns the last answer, with the headers of the redirects before it
   * @throws HubError
   */
  async request(
    path: string,
    repoId: string,
    how: { method?: 'GET' | 'HEAD'; range?: string; stopsAtOtherOrigin?: boolean } = {},
  ): Promise<Answered> {
    const { signal, retries = 4 } = this.#options;
    return pRetry(() => this.#follow(path, repoId, how), {
      retries,
      minTimeout: 500,
      factor: 2,
      maxTimeout: 20_000,
      randomize: true,
      signal,
      shouldRetry: async ({ error }) => {
        if (!(error instanceof HubError) || !error.isPassing) return false;
        if (error.retryAfterSeconds !== null)
          await wait(Math.min(error.retryAfterSeconds, LONGEST_WAIT_SECONDS), signal);
        return true;
      },
    });
  }

  async #follow(
    path: string,
    repoId: string,
    {
      method = 'GET',
      range,
      stopsAtOtherOrigin = false,
    }: { method?: 'GET' | 'HEAD'; range?: string; stopsAtOtherOrigin?: boolean },
  ): Promise<Answered> {
    const { token } = this.#options;
    const headers = new Map<string, string>();
    const all = { get: (name: string) => headers.get(name.toLowerCase()) ?? null };
    let url = path.startsWith('/') ? `${this.endpoint}${path}` : path;
    // Addresses of a CDN expire: the one to remember is the Hub's.
    let known = url;
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const isHub = new URL(url).origin === new URL(this.endpoint).origin;
      const answer = await this.#fetch(url, {
        method,
        redirect: 'manual',
        headers: {
          'User-Agent': 'granary/0.1',
          // Lengths and ranges are of the file itself.
          'Accept-Encoding': 'identity',
          ...(token && isHub ? { Authorization: `Bearer ${token}` } : {}),
          ...(range ? { Range: range } : {}),
        },
      });
      // What the Hub itself says of a file comes first; a redirect's own length is not the file's.
      for (const [name, value] of answer.headers) {
        const isOfRedirect = answer.status >= 300 && (name === 'content-length' || name === 'etag');
        if (!headers.has(name) && !isOfRedirect) headers.set(name, value);
      }
      const location = answer.headers.get('Location');
      if (answer.status >= 300 && answer.status < 400 && location) {
        await answer.body?.cancel();
        const next = new URL(location, url);
        const leavesHub = next.origin !== new URL(this.endpoint).origin;
        if (leavesHub && stopsAtOtherOrigin && headers.has('x-linked-size'))
          return { answer, headers: all, url: known };
        if (leavesHub && method === 'HEAD') {
          const described = await this.#fetch(next.href, { method, headers: { 'Accept-Encoding': 'identity' } });
          for (const [name, value] of described.headers) if (!headers.has(name)) headers.set(name, value);
          return { answer: described, headers: all, url: known };
        }
        url = next.href;
        if (!leavesHub) known = url;
        continue;
      }
      if (answer.ok) return { answer, headers: all, url: known };
      await answer.body?.cancel();
      throw errorOf(answer, { repoId, page: this.page(repoId), hasToken: token !== null });
    }
    throw new HubError('hub_unreachable', `The Hub redirects again and again where ${repoId} was asked for.`);
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { signal } = this.#options;
    const answering = new AbortController();
    const timer = setTimeout(() => answering.abort(new Error('no answer')), ANSWER_MS);
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any([signal, answering.signal]) });
    } catch (error) {
      signal.throwIfAborted();
      throw new HubError(
        'hub_unreachable',
        `The Hub at ${this.endpoint} can not be reached: ${reasonOf(error)}. Check this server's network and HF_ENDPOINT.`,
        {
          isPassing: true,
          cause: error,
        },
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
}

async function wait(seconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        done();
      },
      { once: true },
    );
  });
  signal.throwIfAborted();
}

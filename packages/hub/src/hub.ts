import { type ListFileEntry, listFiles } from '@huggingface/hub';
import { z } from 'zod';
import { HubError, isMissing } from './errors.ts';
import { type Answered, HubHttp } from './http.ts';

export const PUBLIC_HUB = 'https://huggingface.co';

const text = z.string().nullish().catch(null);

/** https://huggingface.co/docs/hub/api: GET /api/datasets/{repo_id}/revision/{revision} */
const datasetInfo = z.looseObject({
  id: z.string(),
  sha: text,
  private: z.boolean().catch(false),
  gated: z.union([z.literal(false), z.enum(['auto', 'manual'])]).catch(false),
  disabled: z.boolean().catch(false),
  description: text,
  citation: text,
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

/** Refusals that another way of asking does not change. */
const DECIDED = new Set<string>(['hub_gated', 'hub_token_invalid', 'hub_disabled']);

/** The Hub's HTTP interface for datasets, with what it says by headers. */
export class Hub extends HubHttp {
  /** @throws HubError */
  async info(repoId: string, revision: string | null): Promise<DatasetInfo> {
    const at = (name: string) => `/api/datasets/${repoId}/revision/${encodeURIComponent(name)}`;
    const ask = async (path: string) => datasetInfo.parse(await (await this.request(path, repoId)).answer.json());
    if (revision !== null) return ask(at(revision));
    return ask(`/api/datasets/${repoId}`).catch(async (error) => {
      // Mirrors may know revisions only.
      if (!(error instanceof HubError) || error.code !== 'hub_not_found') throw error;
      return ask(at('main')).catch((other) => {
        throw isMissing(other) ? error : other;
      });
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
      if (isMissing(error)) return null;
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
    if (!Number.isSafeInteger(size)) throw new HubError('hub_unreachable', `The Hub does not say how long ${path} is.`);
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
      const isUndecided = error instanceof HubError && !error.isPassing && !DECIDED.has(error.code);
      if (!isUndecided) throw error;
      return this.request(url, repoId, { range: 'bytes=0-0' });
    });
  }

  /** Listings name files at the public Hub, also those of a mirror. */
  #onEndpoint(url: string): string {
    const { pathname, search } = new URL(url, this.endpoint);
    return `${this.endpoint}${pathname}${search}`;
  }
}

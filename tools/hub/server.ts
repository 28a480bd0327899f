import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Asked, parse } from './addresses.ts';
import { commitOf, filesBelow, hashesOf, rangeOf, revisionOf } from './files.ts';

/**
 * A server that answers as the Hugging Face Hub does, over a folder:
 *
 *     datasets/{namespace}/{name}/{revision}/…              a repository's files at a branch or tag
 *     datasets/{namespace}/{name}/parquet/{subset}/{split}/0000.parquet   the parquet branch that the Hub makes by itself
 *     datasets/{namespace}/{name}/hub.json                  what else there is to say: see {@link Repository}
 *     models/{namespace}/{name}/{revision}/tokenizer.json
 *
 * The namespace may be missing, as of old repositories. Each behaviour names where it is from.
 */
export interface StandInHub {
  /** The Hub; content is on another host, as the Hub's CDN is. */
  url: string;
  cdnUrl: string;
  /** What goes wrong, to be changed at any time. */
  faults: Faults;
  /** Bytes of content sent, by path in its repository; requests by method and path. */
  sent: Map<string, number>;
  requests: string[];
  /** Authorization headers that the CDN got: there must be none. */
  leakedTokens: string[];
  close(): Promise<void>;
}

export interface Faults {
  /** Content is sent no faster than this. */
  bytesPerSecond?: number | undefined;
  /** The connection is cut after so many bytes of each answer. */
  cutEveryBytes?: number | undefined;
  /** Content of these files is sent with a byte changed, so many times. */
  wrongBytes?: { file: string; times: number } | undefined;
  /** The next requests answer 429 with Retry-After. */
  tooMany?: { times: number; retryAfterSeconds: number } | undefined;
  /** The next requests answer this status. */
  failing?: { times: number; status: number } | undefined;
  /** HEAD is refused, as some mirrors do. */
  noHead?: boolean | undefined;
  /** Content starts after this long. */
  delayMs?: number | undefined;
}

interface Repository {
  description?: string;
  citation?: string;
  private?: boolean;
  gated?: false | 'auto' | 'manual';
  disabled?: boolean;
  /** Tokens whose account may see it, of a private or gated one. */
  allowed?: string[];
  cardData?: Record<string, unknown>;
  downloads?: number;
  /** The name that it has now, of one that was renamed. */
  movedTo?: string;
  /** Whether its files are in Xet storage. */
  isXet?: boolean;
}

/** Tokens that exist; one that is none of them is refused wherever it comes from. */
const TOKEN = /^hf_[A-Za-z0-9]+$/;
const UNKNOWN_TOKEN = 'hf_unknown';
const TREE_PAGE = 50;

export async function startStandInHub(folder: string, port = 0): Promise<StandInHub> {
  const state: Omit<StandInHub, 'url' | 'cdnUrl' | 'close'> = {
    faults: {},
    sent: new Map(),
    requests: [],
    leakedTokens: [],
  };
  const cdn = createServer((req, res) => void answerContent(folder, state, req, res).catch(() => res.destroy()));
  await listen(cdn, 0);
  const cdnUrl = urlOf(cdn);
  const hub = createServer((req, res) => {
    answer(folder, { ...state, cdnUrl }, req, res).catch((error) => refuse(res, 500, null, String(error)));
  });
  await listen(hub, port);
  return {
    ...state,
    url: urlOf(hub),
    cdnUrl,
    async close() {
      for (const server of [hub, cdn]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}

const listen = (server: Server, port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', done));

function urlOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

async function answer(
  folder: string,
  state: Omit<StandInHub, 'url' | 'close'>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { pathname, searchParams, search } = new URL(req.url ?? '/', 'http://hub');
  state.requests.push(`${req.method} ${pathname}`);
  const { faults } = state;
  if (faults.tooMany && faults.tooMany.times > 0) {
    // https://huggingface.co/docs/hub/rate-limits: 429, and how long to wait.
    faults.tooMany.times--;
    res.setHeader('Retry-After', String(faults.tooMany.retryAfterSeconds));
    return refuse(res, 429, null, 'We had to rate limit you.');
  }
  if (faults.failing && faults.failing.times > 0) {
    faults.failing.times--;
    return refuse(res, faults.failing.status, null, 'Internal Error');
  }
  if (faults.noHead && req.method === 'HEAD') return refuse(res, 405, null, 'Method Not Allowed');
  const asked = parse(pathname);
  if (!asked) return refuse(res, 404, 'RepoNotFound', 'Repository not found');
  const repository = repositoryAt(folder, asked.kind, asked.repo);
  const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (token !== undefined && (!TOKEN.test(token) || token === UNKNOWN_TOKEN)) {
    return refuse(res, 401, null, 'Invalid credentials in Authorization header');
  }
  if (repository?.movedTo !== undefined) {
    // https://huggingface.co/docs/hub/repositories-settings#renaming-or-transferring-a-repo
    res.writeHead(307, { Location: `${pathname.replace(asked.repo, repository.movedTo)}${search}` });
    return void res.end();
  }
  const isAllowed = token !== undefined && (repository?.allowed ?? []).includes(token);
  // Who may not see a repository is told that there is none: 401 without a token, 404 with one (huggingface_hub, RepositoryNotFoundError).
  if (!repository || (repository.private && !isAllowed)) {
    return refuse(res, token === undefined ? 401 : 404, 'RepoNotFound', 'Repository not found');
  }
  // huggingface_hub, DisabledRepoError.
  if (repository.disabled) return refuse(res, 403, null, 'Access to this resource is disabled.');
  // Of a gated repository everyone sees what it is, not what it holds (https://huggingface.co/docs/hub/datasets-gated).
  if (asked.call !== 'info' && repository.gated && !isAllowed) {
    return refuse(res, token === undefined ? 401 : 403, 'GatedRepo', `Access to dataset ${asked.repo} is restricted.`);
  }
  const root = join(folder, asked.kind, asked.repo);
  if (asked.call === 'parquet') return parquetListing(res, root, asked, `http://${req.headers.host}`);
  if (asked.call === 'parquet-file') {
    const path = `${asked.subset}/${asked.split}/${asked.number.padStart(4, '0')}.parquet`;
    res.writeHead(302, { Location: `/datasets/${asked.repo}/resolve/refs%2Fconvert%2Fparquet/${path}${search}` });
    return void res.end();
  }
  const revision = revisionOf(root, asked.revision ?? 'main');
  if (revision === null) return refuse(res, 404, 'RevisionNotFound', `Invalid rev id: ${asked.revision}`);
  const commit = commitOf(root, revision);
  if (asked.call === 'info') info(res, root, asked.repo, repository, revision, commit);
  else if (asked.call === 'tree')
    tree(
      res,
      { root, revision, isXet: repository.isXet ?? false },
      searchParams,
      `http://${req.headers.host}${pathname}`,
    );
  else
    resolveFile(res, req, state.cdnUrl, {
      root,
      repo: asked.repo,
      kind: asked.kind,
      revision,
      commit,
      path: asked.path,
      isXet: repository.isXet ?? false,
    });
}

function repositoryAt(folder: string, kind: string, repo: string): Repository | null {
  const root = join(folder, kind, repo);
  if (/(^|\/)\.\.?(\/|$)/.test(repo) || !existsSync(root)) return null;
  const told = join(root, 'hub.json');
  if (existsSync(told)) return JSON.parse(readFileSync(told, 'utf8'));
  return existsSync(join(root, 'main')) || existsSync(join(root, 'parquet')) ? {} : null;
}

/** https://huggingface.co/docs/hub/api#get-apidatasetsrepoid-or-apidatasetsrepoidrevisionrevision */
function info(
  res: ServerResponse,
  root: string,
  repo: string,
  repository: Repository,
  revision: string,
  commit: string,
): void {
  json(res, {
    _id: createHash('md5').update(repo).digest('hex').slice(0, 24),
    id: repo,
    sha: commit,
    lastModified: '2024-01-04T12:05:15.000Z',
    private: repository.private ?? false,
    gated: repository.gated ?? false,
    disabled: repository.disabled ?? false,
    description: repository.description ?? '',
    citation: repository.citation ?? null,
    downloads: repository.downloads ?? 0,
    likes: 0,
    tags: [],
    cardData: repository.cardData ?? {},
    siblings: filesBelow(join(root, revision)).map(({ path }) => ({ rfilename: path })),
  });
}

/** Pages by `Link: <…>; rel="next"` with a cursor; entries of files in LFS have their SHA-256: list_repo_tree of huggingface_hub. */
function tree(
  res: ServerResponse,
  { root, revision, isXet }: { root: string; revision: string; isXet: boolean },
  query: URLSearchParams,
  url: string,
): void {
  const after = query.get('cursor') ?? '';
  const files = filesBelow(join(root, revision)).filter(({ path }) => path > after);
  const page = files.slice(0, TREE_PAGE);
  if (files.length > page.length) {
    const next = new URLSearchParams(query);
    next.set('cursor', page.at(-1)?.path ?? '');
    res.setHeader('Link', `<${url}?${next}>; rel="next"`);
  }
  json(
    res,
    page.map(({ path, size }) => {
      const hashes = hashesOf(join(root, revision, path));
      return hashes.isLfs || isXet
        ? { type: 'file', oid: hashes.gitSha1, size, path, lfs: { oid: hashes.sha256, size, pointerSize: 134 } }
        : { type: 'file', oid: hashes.gitSha1, size, path };
    }),
  );
}

/** https://huggingface.co/docs/dataset-viewer/parquet: the listing that the Hub itself serves. */
function parquetListing(res: ServerResponse, root: string, { repo }: Asked, origin: string): void {
  const listing: Record<string, Record<string, string[]>> = {};
  for (const { path } of filesBelow(join(root, 'parquet'))) {
    const [subset = '', split = '', file = ''] = path.split('/');
    const splits = listing[subset] ?? {};
    const url = `${origin}/api/datasets/${repo}/parquet/${subset}/${split}/${Number(file.replace('.parquet', ''))}.parquet`;
    listing[subset] = { ...splits, [split]: [...(splits[split] ?? []), url] };
  }
  if (Object.keys(listing).length > 0) json(res, listing);
  else refuse(res, 404, null, 'Parquet export not found');
}

/**
 * A file in LFS answers 302 to the CDN, with its size and hash by X-Linked-Size and X-Linked-Etag; a small one the content
 * itself, with git's hash as ETag; both the commit by X-Repo-Commit: get_hf_file_metadata of huggingface_hub.
 */
function resolveFile(
  res: ServerResponse,
  req: IncomingMessage,
  cdnUrl: string,
  file: { root: string; kind: string; repo: string; revision: string; commit: string; path: string; isXet: boolean },
): void {
  const absolute = join(file.root, file.revision, file.path);
  if (file.path.split('/').includes('..') || !existsSync(absolute)) {
    refuse(res, 404, 'EntryNotFound', 'Entry not found');
    return;
  }
  const hashes = hashesOf(absolute);
  res.setHeader('X-Repo-Commit', file.commit);
  if (hashes.isLfs || file.isXet) {
    const encoded = file.path.split('/').map(encodeURIComponent).join('/');
    const signed = createHash('sha256').update(`${absolute} signed`).digest('hex').slice(0, 16);
    res.writeHead(302, {
      Location: `${cdnUrl}/${file.kind}/${file.repo}/${file.revision}/${encoded}?signature=${signed}`,
      // https://huggingface.co/docs/xet/file-id: who knows no Xet follows the redirect.
      ...(file.isXet ? { 'X-Xet-Hash': hashes.sha256 } : {}),
      'X-Linked-Size': String(hashes.size),
      'X-Linked-Etag': `"${hashes.sha256}"`,
    });
    return void res.end();
  }
  const bytes = readFileSync(absolute);
  res.setHeader('ETag', `"${hashes.gitSha1}"`);
  const range = rangeOf(req, bytes.length);
  if (range) res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${bytes.length}`);
  const part = range ? bytes.subarray(range.start, range.end + 1) : bytes;
  res.writeHead(range ? 206 : 200, { 'Content-Length': part.length, 'Accept-Ranges': 'bytes' });
  res.end(req.method === 'HEAD' ? undefined : part);
}

/** The CDN: content by ranges, of whoever has the address. */
async function answerContent(
  folder: string,
  { faults, sent, leakedTokens, requests }: Omit<StandInHub, 'url' | 'cdnUrl' | 'close'>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://cdn');
  requests.push(`${req.method} cdn ${pathname}`);
  if (req.headers.authorization) leakedTokens.push(req.headers.authorization);
  const path = decodeURIComponent(pathname.slice(1));
  const absolute = join(folder, path);
  if (!searchParams.has('signature') || path.split('/').includes('..') || !existsSync(absolute))
    return refuse(res, 403, null, 'Forbidden');
  const { size, sha256 } = hashesOf(absolute);
  const range = rangeOf(req, size);
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) res.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  res.writeHead(range ? 206 : 200, {
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ETag: `"${sha256}"`,
  });
  if (req.method === 'HEAD' || size === 0) return void res.end();
  if (faults.delayMs) await new Promise((done) => setTimeout(done, faults.delayMs));
  const name = path.split('/').at(-1) ?? '';
  const isWrong = faults.wrongBytes !== undefined && faults.wrongBytes.file === name && faults.wrongBytes.times > 0;
  if (isWrong && faults.wrongBytes) faults.wrongBytes.times--;
  let left = faults.cutEveryBytes ?? Number.POSITIVE_INFINITY;
  let isFirst = true;
  const shaped = new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      if (faults.bytesPerSecond)
        await new Promise((wake) => setTimeout(wake, (chunk.length / (faults.bytesPerSecond ?? 1)) * 1000));
      const piece = Buffer.from(chunk.subarray(0, left));
      if (isWrong && isFirst) piece[piece.length - 1] = (piece.at(-1) ?? 0) ^ 1;
      isFirst = false;
      left -= piece.length;
      sent.set(path, (sent.get(path) ?? 0) + piece.length);
      this.push(piece);
      // What was pushed is sent before the line goes dead.
      if (left <= 0) setTimeout(() => res.destroy(), 5);
      else done();
    },
  });
  const slow = faults.bytesPerSecond ? Math.max(1024, Math.min(64 * 1024, faults.bytesPerSecond / 20)) : 256 * 1024;
  await pipeline(createReadStream(absolute, { start, end, highWaterMark: slow }), shaped, res);
}

function json(res: ServerResponse, body: unknown): void {
  res.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' });
  res.end(JSON.stringify(body));
}

/** Errors have their kind in X-Error-Code, their words in X-Error-Message and the body: hf_raise_for_status of huggingface_hub. */
function refuse(res: ServerResponse, status: number, code: string | null, message: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  if (code) res.setHeader('X-Error-Code', code);
  res.writeHead(status, { 'X-Error-Message': message, 'Content-Type': 'application/json; charset=utf-8' });
  res.end(JSON.stringify({ error: message }));
}

import pRetry from 'p-retry';
import { errorOf, HubError } from './errors.ts';
import { addressesOf, isPrivate } from './private-address.ts';

export { HubError } from './errors.ts';

export interface HubOptions {
  /** Base URL, without a slash at its end. */
  endpoint: string;
  token: string | null;
  signal: AbortSignal;
  /** How often a request is repeated that failed for a passing reason. */
  retries?: number;
  /** The addresses of a host; the system's answer by default. */
  addressesOf?: (host: string) => Promise<string[]>;
}

/** The last answer, with what all answers on the way to it said by headers. */
export interface Answered {
  answer: Response;
  headers: { get(name: string): string | null };
  url: string;
}

const ANSWER_MS = 30_000;
const MOST_REDIRECTS = 6;
const LONGEST_WAIT_SECONDS = 300;

/** Asks the Hub, and reads files of it. Of little weight, so that a thread for reading has little else in memory. */
export class HubHttp {
  readonly endpoint: string;
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.endpoint = options.endpoint.replace(/\/+$/, '');
    this.#options = options;
  }

  page(repoId: string): string {
    return `${this.endpoint}/datasets/${repoId}`;
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
    throw new HubError('hub_unreachable', `The Hub keeps redirecting requests for ${repoId}.`);
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { signal } = this.#options;
    const answering = new AbortController();
    const timer = setTimeout(() => answering.abort(new Error('no answer')), ANSWER_MS);
    try {
      await this.#refusePrivate(url);
      return await fetch(url, { ...init, signal: AbortSignal.any([signal, answering.signal]) });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HubError) throw error;
      throw new HubError(
        'hub_unreachable',
        `The Hub at ${this.endpoint} cannot be reached: ${reasonOf(error)}. Check this server's network and HF_ENDPOINT.`,
        {
          isPassing: true,
          cause: error,
        },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * What the Hub redirects to is fetched by this server, which reaches what people do not: a public Hub leads to public
   * addresses only.
   */
  async #refusePrivate(url: string): Promise<void> {
    const { addressesOf: look = addressesOf } = this.#options;
    const isPrivateHost = async (host: string) => (await look(host)).some(isPrivate);
    const { hostname } = new URL(url);
    const hub = new URL(this.endpoint).hostname;
    if (hostname === hub || !(await isPrivateHost(hostname)) || (await isPrivateHost(hub))) return;
    throw new HubError(
      'hub_unreachable',
      `The Hub redirects to ${hostname}, which is in a private network. That is followed only where the Hub itself is in one.`,
    );
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

import { setTimeout as sleep } from 'node:timers/promises';
import type { Tally } from './tally.ts';

type Json = ReturnType<typeof JSON.parse>;

export interface Said {
  status: number;
  body: Json;
  headers: Headers;
  /** Whether it was asked more than once, so that what was asked for may have been done before. */
  isRepeated: boolean;
}

/** Answers that say: not now. */
const NOT_NOW = [408, 429, 502, 503, 504];
const PATIENCE_MS = 60_000;
/** Longer than any of the faults lasts. */
const GIVE_UP_MS = 5 * 60_000;

/** Asks over HTTP as a program does that knows nothing but the contract: what is refused for now is asked again. */
export class Caller {
  readonly #base: string;
  readonly #tally: Tally;
  #cookie = '';

  constructor(base: string, tally: Tally) {
    this.#base = base;
    this.#tally = tally;
  }

  /** @throws Error when the site was away for five minutes */
  async json(method: string, path: string, body?: unknown): Promise<Said> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const said = await this.ask(method, path, {
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = said.bytes.toString();
    return { ...said, body: text === '' ? null : JSON.parse(text) };
  }

  async ask(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> } = {},
  ): Promise<Omit<Said, 'body'> & { bytes: Buffer }> {
    const end = performance.now() + GIVE_UP_MS;
    for (let round = 0; ; round++) {
      const answer = await this.once(method, path, { headers, ...(body === undefined ? {} : { body }) });
      if (answer && !NOT_NOW.includes(answer.status) && answer.status < 500)
        return { ...answer, isRepeated: round > 0 };
      if (performance.now() > end) throw new Error(`${method} ${path}: not answered for five minutes`);
      await sleep(Math.min(250 * 2 ** round, 4000));
    }
  }

  /** One try: null where there was no whole answer. Where an answer leads to the store, it is followed. */
  async once(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> } = {},
    signal?: AbortSignal,
  ): Promise<{ status: number; headers: Headers; bytes: Buffer } | null> {
    this.#tally.count('requests');
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const request = {
      method,
      headers: { ...(this.#cookie ? { cookie: this.#cookie } : {}), ...headers },
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
      ...(body === undefined ? {} : { body }),
    } satisfies RequestInit;
    try {
      const response = await fetch(new URL(path, this.#base), request);
      const cookie = response.headers.get('set-cookie');
      if (cookie) this.#cookie = cookie.split(';')[0] ?? '';
      const location = response.headers.get('location');
      const isElsewhere = response.status === 302 && location !== null;
      if (isElsewhere) await response.arrayBuffer();
      const final = isElsewhere ? await fetch(location, { signal: patience }) : response;
      const bytes = Buffer.from(await final.arrayBuffer());
      const promised = final.headers.get('content-length');
      if (promised !== null && method !== 'HEAD' && Number(promised) !== bytes.length) return null;
      this.#note(method, path, final, bytes, isElsewhere);
      // The store has refused a link that was right when it was made.
      if (isElsewhere && final.status === 403) return null;
      return { status: final.status, headers: final.headers, bytes };
    } catch {
      this.#tally.count('requests: no whole answer');
      if (patience.aborted) this.#tally.count('requests: no answer within a minute');
      return null;
    }
  }

  #note(method: string, path: string, { status, headers }: Response, bytes: Buffer, isOfStore: boolean): void {
    this.#tally.count(`answers${isOfStore ? ' of the store' : ''}: ${status}`);
    if (status < 500 || NOT_NOW.includes(status) || isOfStore) return;
    const id = headers.get('x-request-id');
    this.#tally.break(`${method} ${path}: ${status} ${bytes.toString().slice(0, 300)} (request ${id})`);
  }
}

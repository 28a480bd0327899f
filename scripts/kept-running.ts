import { setTimeout as sleep } from 'node:timers/promises';

/** Something that was started and runs until it is stopped, or ends by itself. */
export interface Running {
  /** Settles when it has ended, asked or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** What ended is started again after a second, then after twice as long each time, up to half a minute. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** What has run for this long begins anew with a second. */
const SETTLED_MS = 60_000;

/** Starts something again whenever it ends by itself, for ever, until it is stopped. */
export class KeptRunning<Kind extends Running> {
  readonly #name: string;
  readonly #start: (signal: AbortSignal) => Promise<Kind>;
  #stopped = new AbortController();
  #running: Kind | null = null;
  /** Ends when nothing of it runs any more and nothing starts it again. */
  #kept: Promise<void> = Promise.resolve();

  constructor(name: string, start: (signal: AbortSignal) => Promise<Kind>) {
    this.#name = name;
    this.#start = start;
  }

  /**
   * The first start; later ones follow by themselves.
   *
   * @throws what the start throws, which is not tried again; the signal's reason when {@link stop} was called meanwhile
   */
  async start(): Promise<Kind> {
    this.#stopped = new AbortController();
    const { signal } = this.#stopped;
    const first = this.#start(signal);
    // A stop during the start waits for it.
    this.#kept = first.then(
      (running) => this.#keep(running, signal),
      () => {},
    );
    return first;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running?.stop();
    await this.#kept;
  }

  async #keep(first: Kind, signal: AbortSignal): Promise<void> {
    let running: Kind | null = first;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      if (running) {
        const since = performance.now();
        await this.#untilEnd(running, signal);
        if (performance.now() - since > SETTLED_MS) wait = FIRST_WAIT_MS;
      }
      if (signal.aborted) return;
      console.error(`${this.#name} has ended: it is started again in ${wait / 1000} s.`);
      await sleep(wait, null, { signal }).catch(() => {});
      if (signal.aborted) return;
      running = await this.#start(signal).catch((error: Error) => {
        if (!signal.aborted) console.error(error.message);
        return null;
      });
      if (running) console.error(`${this.#name} runs again.`);
    }
  }

  async #untilEnd(running: Kind, signal: AbortSignal): Promise<void> {
    this.#running = running;
    // A stop that came between the start and here found nothing to stop.
    if (signal.aborted) await running.stop();
    await running.ended;
    this.#running = null;
  }
}

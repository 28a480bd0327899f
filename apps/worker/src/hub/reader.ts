import { Worker } from 'node:worker_threads';
import { HubError } from '@granary/hub';
import type { HubSource } from './bytes.ts';
import type { Digests } from './digest.ts';
import type { Parts } from './parts.ts';
import type { Order, Report } from './thread.ts';

/**
 * Reads from the Hub on a thread of its own, which hashes what comes: the chunks of a fast line would keep the memory
 * management of a process busy that has much else in it.
 */
export class HubReader {
  readonly #thread: Worker;
  readonly #readings = new Map<number, (report: Report) => void>();
  #lastId = 0;
  #failure: Error | null = null;

  constructor(hub: { endpoint: string; token: string | null }) {
    this.#thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: hub });
    this.#thread.on('message', (report: Report) => this.#readings.get(report.id)?.(report));
    this.#thread.on('error', (error) => {
      this.#failure = error;
      const { message } = error;
      for (const [id, onReport] of this.#readings) onReport({ id, kind: 'failed', error: { message } });
    });
  }

  /**
   * The content from `start` on, in parts; the last may be shorter. The next parts come meanwhile, as long as those that are in
   * use are not too many.
   *
   * @param onPart may keep the bytes until its promise ends
   * @returns the hashes of the content, when it was read from its beginning
   * @throws HubError, and what `onPart` throws
   */
  async read(
    source: HubSource,
    how: { start: number; parts: Parts; signal: AbortSignal; onBytes(bytes: number): void },
    onPart: (bytes: Uint8Array) => Promise<void>,
  ): Promise<Digests | null> {
    const { start, parts, signal, onBytes } = how;
    signal.throwIfAborted();
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    const order = (what: Order, moved: ArrayBuffer[] = []) => this.#thread.postMessage(what, moved);
    const inUse = new Set<Promise<void>>();
    const ended = new Promise<Digests | null>((done, failed) => {
      const use = ({ buffer, length }: Extract<Report, { kind: 'part' }>) => {
        const used = onPart(new Uint8Array(buffer, 0, length)).then(() => {
          inUse.delete(used);
          order({ id, kind: 'return', buffer }, [buffer]);
        });
        inUse.add(used);
        used.catch(failed);
      };
      this.#readings.set(id, (report) => {
        if (report.kind === 'part') use(report);
        else if (report.kind === 'bytes') onBytes(report.bytes);
        else if (report.kind === 'end') done(report.digests);
        else failed(errorOf(report.error));
      });
    });
    const cancel = () => order({ id, kind: 'cancel' });
    signal.addEventListener('abort', cancel, { once: true });
    try {
      order({ id, kind: 'read', source, start, parts });
      const digests = await ended;
      await Promise.all(inUse);
      return digests;
    } catch (error) {
      cancel();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#readings.delete(id);
      await Promise.allSettled(inUse);
    }
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}

function errorOf({ message, code, isPassing }: Extract<Report, { kind: 'failed' }>['error']): Error {
  return code ? new HubError(code, message, { isPassing: isPassing ?? false }) : new Error(message);
}

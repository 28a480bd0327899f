import { ChildPool } from '@granary/processes/child-pool';
import type { ChildProgram } from '@granary/processes/child-program';
import { isNoRoom } from '@granary/storage';
import { AppError } from '../../errors/app-error.ts';
import type { Wanted } from './decode.ts';
import type { Decoded, Order } from './messages.ts';
import { Turns } from './turns.ts';

export interface DecoderSettings {
  /** How many images are decoded at once, each in a process of its own. */
  processes: number;
  /** An image with more pixels never takes the last process. */
  largePixels: number;
  /** One that takes longer is given up. */
  seconds: number;
  /** One that needs more memory is given up, in megabytes. */
  memoryMb: number;
}

const SETTINGS: DecoderSettings = { processes: 2, largePixels: 40e6, seconds: 60, memoryMb: 2048 };
/** What is nearly done when nobody waits for it any more may end by itself: a new process costs more. */
const PATIENCE_MS = 500;
const IDLE_MS = 60_000;
const WATCH_MS = 250;

/** Who waits for an image. */
export interface Asking {
  /** Whose turn it is: people take turns. */
  person: string;
  /** Aborts when nobody waits any more. */
  signal: AbortSignal;
}

/**
 * Decodes images in processes of their own, one at a time in each, by turns of people. What kills such a process, or takes
 * it too long, is that image's error.
 */
export class ImageDecoder {
  readonly #settings: DecoderSettings;
  readonly #turns: Turns;
  readonly #pool = new ChildPool<Decoded>(new URL('./decoder-process.ts', import.meta.url), { idleMs: IDLE_MS });

  constructor(settings: Partial<DecoderSettings> = {}) {
    this.#settings = { ...SETTINGS, ...settings };
    this.#turns = new Turns(this.#settings.processes);
  }

  /**
   * @param source gives the image once it is its turn; twice, when it turns out to be large
   * @throws AppError `unprocessable_image`; the signal's reason, and what the source throws
   */
  async decode(source: () => Promise<Uint8Array>, wanted: Wanted, asking: Asking): Promise<Buffer> {
    const { largePixels } = this.#settings;
    const quickly = await this.#inTurn(source, { wanted, mostPixels: largePixels }, asking);
    const answer =
      quickly.kind === 'large'
        ? await this.#inTurn(source, { wanted, mostPixels: Number.POSITIVE_INFINITY }, asking)
        : quickly;
    if (answer.kind === 'decoded') return Buffer.from(answer.bytes);
    const cause = new Error('message' in answer ? answer.message : 'it is too large');
    throw isNoRoom(cause) ? cause : new AppError('unprocessable_image', { cause });
  }

  /** The ids of its processes. */
  get pids(): number[] {
    return this.#pool.pids;
  }

  /** Ends its processes. */
  close(): void {
    this.#pool.close();
  }

  async #inTurn(
    source: () => Promise<Uint8Array>,
    order: Omit<Order, 'image'>,
    { person, signal }: Asking,
  ): Promise<Decoded> {
    const isLarge = order.mostPixels > this.#settings.largePixels;
    const giveBack = await this.#turns.take(person, isLarge, signal);
    try {
      const image = await source();
      signal.throwIfAborted();
      return await this.#pool.use((child) => this.#run(child, { ...order, image }, signal));
    } finally {
      giveBack();
    }
  }

  async #run(child: ChildProgram<Decoded>, order: Order, signal: AbortSignal): Promise<Decoded> {
    const { seconds, memoryMb } = this.#settings;
    const over = new AbortController();
    const late = setTimeout(() => child.kill(`it takes longer than ${seconds} seconds`), seconds * 1000);
    void child.watch(over.signal, WATCH_MS, (_, bytes) => {
      if (bytes > memoryMb * 1024 * 1024) child.kill(`it needs more than ${memoryMb} MB of memory`);
    });
    let unwanted: NodeJS.Timeout | undefined;
    const stop = () => {
      unwanted = setTimeout(() => child.kill('nobody waits for it'), PATIENCE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    let unlisten = () => {};
    try {
      const answered = new Promise<Decoded>((resolve) => {
        unlisten = child.listen(resolve);
      });
      child.send(order);
      const ended = child.gone.then((reason): never => {
        signal.throwIfAborted();
        throw new AppError('unprocessable_image', {
          message: `The image cannot be shown: its decoder has ended, because ${reason}.`,
        });
      });
      const answer = await Promise.race([answered, ended]);
      signal.throwIfAborted();
      return answer;
    } finally {
      unlisten();
      over.abort();
      clearTimeout(late);
      clearTimeout(unwanted);
      signal.removeEventListener('abort', stop);
    }
  }
}

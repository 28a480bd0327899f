import { Readable } from 'node:stream';
import { type ObjectStore, readRange } from '@granary/storage';
import { RandomAccessReader } from 'yauzl';

const BLOCK_BYTES = 4 * 1024 * 1024;
const CACHED_BLOCKS = 8;

/**
 * Random access to an object by large blocks: neighbouring small reads, of which a zip needs several per entry, become
 * one request to the store, and the block that follows is fetched ahead.
 */
export class BlockReader extends RandomAccessReader {
  readonly #store: ObjectStore;
  readonly #key: string;
  readonly sizeBytes: number;
  readonly #blocks = new Map<number, Promise<Buffer>>();
  /** Where the last read by yauzl ended, which is where its directory goes on. */
  lastReadEnd = 0;

  constructor(store: ObjectStore, key: string, sizeBytes: number) {
    super();
    this.#store = store;
    this.#key = key;
    this.sizeBytes = sizeBytes;
  }

  /** Bytes from `start` to before `end`; fewer at the object's end. */
  async range(start: number, end: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    const stop = Math.min(end, this.sizeBytes);
    for (let at = start; at < stop; ) {
      const index = Math.floor(at / BLOCK_BYTES);
      const block = await this.#block(index);
      const offset = at - index * BLOCK_BYTES;
      const part = block.subarray(offset, Math.min(block.length, stop - index * BLOCK_BYTES));
      if (part.length === 0) break;
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead: number) => void,
  ): void {
    this.lastReadEnd = position + length;
    this.range(position, position + length).then(
      (bytes) => callback(null, bytes.copy(buffer, offset)),
      (error) => callback(error, 0),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const range = this.range.bind(this);
    return Readable.from(
      (async function* () {
        for (let at = start; at < end; at += BLOCK_BYTES) yield await range(at, Math.min(at + BLOCK_BYTES, end));
      })(),
      { objectMode: false },
    );
  }

  #block(index: number): Promise<Buffer> {
    const block = this.#fetch(index);
    if ((index + 1) * BLOCK_BYTES < this.sizeBytes) this.#fetch(index + 1).catch(() => {});
    return block;
  }

  #fetch(index: number): Promise<Buffer> {
    const known = this.#blocks.get(index);
    if (known) {
      this.#blocks.delete(index);
      this.#blocks.set(index, known);
      return known;
    }
    const block = readRange(this.#store, this.#key, index * BLOCK_BYTES, BLOCK_BYTES);
    block.catch(() => this.#blocks.delete(index));
    this.#blocks.set(index, block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= CACHED_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
    return block;
  }
}

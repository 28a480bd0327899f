import { once } from 'node:events';
import { constants, createZstdDecompress } from 'node:zlib';

/** A window that takes more memory than this is not decompressed. */
const LARGEST_WINDOW_LOG = 27;
const FRAME = 0xfd2fb528;
const FIRST_SKIPPABLE = 0x184d2a50;

/**
 * Decompresses zstd frame by frame. The frames are followed here since the decompressor of Node ends behind the first ones,
 * and takes what is cut for whole. The format: RFC 8878.
 *
 * @throws Error for what is cut or damaged, or needs too much memory
 */
export async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = new Input(source);
  while (!(await input.isAtEnd())) {
    const magic = (await input.take(4)).readUInt32LE();
    if ((magic & 0xfffffff0) >>> 0 === FIRST_SKIPPABLE) {
      await input.skip((await input.take(4)).readUInt32LE());
    } else if (magic === FRAME) yield* decompress(frameOf(input));
    else throw new Error('bytes between its frames are no zstd');
  }
}

async function* decompress(frame: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const decoder = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW_LOG } });
  let failure: unknown;
  const feeding = (async () => {
    for await (const bytes of frame) if (!decoder.write(bytes)) await once(decoder, 'drain');
    decoder.end();
  })().catch((error) => {
    failure = error;
    decoder.destroy(error instanceof Error ? error : undefined);
  });
  try {
    yield* decoder;
  } catch (error) {
    throw failure ?? error;
  } finally {
    decoder.destroy();
    await feeding;
  }
  if (failure) throw failure;
}

/** The bytes of a frame whose magic number was taken, up to its very end. */
async function* frameOf(input: Input): AsyncGenerator<Buffer> {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(FRAME);
  const descriptor = await input.take(1);
  const flags = descriptor.readUInt8();
  const isSingleSegment = (flags & 0x20) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  yield Buffer.concat([magic, descriptor, await input.take((isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes)]);
  for (;;) {
    const header = await input.take(3);
    const block = header.readUIntLE(0, 3);
    yield header;
    // A block of one repeated byte has that byte alone.
    let left = ((block >> 1) & 3) === 1 ? 1 : block >> 3;
    while (left > 0) {
      const bytes = await input.some(left);
      left -= bytes.length;
      yield bytes;
    }
    if (block & 1) break;
  }
  if (flags & 4) yield await input.take(4);
}

/** Bytes by the number in which they are wanted. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return true;
      this.#rest = next.value;
    }
    return false;
  }

  /** At least one byte and no more than so many. */
  async some(most: number): Promise<Buffer> {
    if (await this.isAtEnd()) throw new Error('it is cut off');
    const bytes = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(bytes.length);
    return bytes;
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const bytes = await this.some(left);
      left -= bytes.length;
      parts.push(bytes);
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) left -= (await this.some(left)).length;
  }
}

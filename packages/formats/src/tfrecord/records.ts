import { FormatError } from '../format-error.ts';
import { maskedCrc32c } from './crc32c.ts';

const HEADER_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** A record is held in memory: an image with its labels. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/**
 * The records of a TFRecord file, one after the other: a length of 64 bits, its masked CRC-32C, the data and its masked
 * CRC-32C, all little-endian: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 *
 * @throws FormatError at the first record that is damaged, cut off, or larger than {@link MAX_RECORD_BYTES}
 */
export async function* recordsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const window = new Window(stream);
  for (let number = 0; ; number++) {
    const header = await window.take(HEADER_BYTES);
    if (header.length === 0) return;
    const fail = (what: string) => new FormatError(`record ${number} ${what}`);
    if (header.length < HEADER_BYTES) throw fail('is cut off');
    const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
    if (number === 0 && header[0] === 0x1f && header[1] === 0x8b)
      throw new FormatError('the file is compressed with gzip: unpack it first');
    if (view.getUint32(8, true) !== maskedCrc32c(header.subarray(0, 8)))
      throw fail('has a length whose checksum is wrong');
    const length = Number(view.getBigUint64(0, true));
    if (length > MAX_RECORD_BYTES)
      throw fail(`has ${length.toLocaleString('en')} bytes, more than ${MAX_RECORD_BYTES.toLocaleString('en')}`);
    const record = await window.take(length + CHECKSUM_BYTES);
    if (record.length < length + CHECKSUM_BYTES) throw fail('is cut off');
    const data = record.subarray(0, length);
    const stated = new DataView(record.buffer, record.byteOffset + length, CHECKSUM_BYTES).getUint32(0, true);
    if (stated !== maskedCrc32c(data)) throw fail('has data whose checksum is wrong');
    yield data;
  }
}

/** Bytes of a stream in pieces of any size. */
class Window {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** So many bytes, or what is left. */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < count) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done) break;
        this.#rest = value;
        continue;
      }
      const part = this.#rest.subarray(0, count - length);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      length += part.length;
    }
    const [only] = parts;
    if (parts.length === 1 && only) return only;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

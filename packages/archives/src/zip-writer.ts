import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';

/** Something that goes into a zip. */
export interface ZipItem {
  path: string;
  content: AsyncIterable<Uint8Array>;
  /** Packed by deflate, or stored as it is. */
  isDeflated: boolean;
}

const VERSION_ZIP64 = 45;
/** Names are UTF-8; sizes and checksum follow the content. */
const FLAGS = 0x0800 | 0x0008;
const UINT32 = 0xffffffff;

/**
 * A zip as a stream, of any number of entries of any size (APPNOTE 6.3.10, with Zip64 throughout). What the directory
 * at its end says waits in a file, so that memory does not grow with the number of entries.
 */
export async function* writeZip(items: AsyncIterable<ZipItem>): AsyncGenerator<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'granary-zip-'));
  try {
    const directory = new Spool(join(folder, 'directory'));
    let offset = 0;
    let count = 0;
    for await (const item of items) {
      const start = offset;
      const name = Buffer.from(item.path);
      const method = item.isDeflated ? 8 : 0;
      const header = localHeader(name, method);
      offset += header.length;
      yield header;
      const measure = { crc: 0, sizeBytes: 0 };
      const measured = Readable.from(measuring(item.content, measure), { objectMode: false });
      let packedBytes = 0;
      for await (const chunk of item.isDeflated ? deflated(measured) : measured) {
        packedBytes += chunk.length;
        offset += chunk.length;
        yield chunk;
      }
      const sizes = { crc: measure.crc, packedBytes, sizeBytes: measure.sizeBytes };
      const descriptor = dataDescriptor(sizes);
      offset += descriptor.length;
      yield descriptor;
      await directory.write(directoryRecord(name, method, sizes, start));
      count++;
    }
    const directoryStart = offset;
    for await (const chunk of directory.read()) {
      offset += chunk.length;
      yield chunk;
    }
    yield endOfDirectory(count, directoryStart, offset - directoryStart);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* measuring(
  content: AsyncIterable<Uint8Array>,
  measure: { crc: number; sizeBytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    measure.crc = crc32(chunk, measure.crc);
    measure.sizeBytes += chunk.length;
    yield chunk;
  }
}

/** An error of the source ends the packed stream, too, which a bare pipe would not. */
function deflated(source: Readable): Readable {
  const packed = createDeflateRaw({ level: 6 });
  source.on('error', (error) => packed.destroy(error));
  return source.pipe(packed);
}

interface Sizes {
  crc: number;
  packedBytes: number;
  sizeBytes: number;
}

function localHeader(name: Buffer, method: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION_ZIP64, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(DOS_EPOCH, 10);
  header.writeUInt32LE(UINT32, 18);
  header.writeUInt32LE(UINT32, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(20, 28);
  return Buffer.concat([header, name, zip64Extra([0, 0])]);
}

/** 1980-01-01, the earliest time that a zip can say: dates of files are no part of a dataset. */
const DOS_EPOCH = 0x0021_0000;

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + i * 8);
  return extra;
}

function dataDescriptor({ crc, packedBytes, sizeBytes }: Sizes): Buffer {
  const descriptor = Buffer.alloc(24);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeBigUInt64LE(BigInt(packedBytes), 8);
  descriptor.writeBigUInt64LE(BigInt(sizeBytes), 16);
  return descriptor;
}

function directoryRecord(name: Buffer, method: number, { crc, packedBytes, sizeBytes }: Sizes, start: number): Buffer {
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(VERSION_ZIP64, 4);
  record.writeUInt16LE(VERSION_ZIP64, 6);
  record.writeUInt16LE(FLAGS, 8);
  record.writeUInt16LE(method, 10);
  record.writeUInt32LE(DOS_EPOCH, 12);
  record.writeUInt32LE(crc, 16);
  record.writeUInt32LE(UINT32, 20);
  record.writeUInt32LE(UINT32, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt16LE(28, 30);
  record.writeUInt32LE(UINT32, 42);
  return Buffer.concat([record, name, zip64Extra([sizeBytes, packedBytes, start])]);
}

/** The end as Zip64 says it, where that is, and the end that older readers look for. */
function endOfDirectory(count: number, start: number, length: number): Buffer {
  const end = Buffer.alloc(56 + 20 + 22);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(VERSION_ZIP64, 12);
  end.writeUInt16LE(VERSION_ZIP64, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(length), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(start + length), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  end.writeUInt16LE(0xffff, 84);
  end.writeUInt16LE(0xffff, 86);
  end.writeUInt32LE(UINT32, 88);
  end.writeUInt32LE(UINT32, 92);
  return end;
}

/** Bytes that wait on disk until they are wanted, once. */
export class Spool {
  readonly #path: string;
  readonly #sink: WriteStream;

  constructor(path: string) {
    this.#path = path;
    this.#sink = createWriteStream(path);
  }

  async write(bytes: Buffer | string): Promise<void> {
    if (!this.#sink.write(bytes)) await once(this.#sink, 'drain');
  }

  async *read(): AsyncGenerator<Buffer> {
    this.#sink.end();
    await once(this.#sink, 'close');
    yield* createReadStream(this.#path);
  }
}

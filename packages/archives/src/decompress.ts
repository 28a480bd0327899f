import { Duplex, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import { XzReadableStream } from 'xz-decompress';

export type Compression = 'gzip' | 'bzip2' | 'xz' | 'zstd';

/** By the first bytes of a file; null for one that is not compressed. */
export function compressionOf(head: Buffer): Compression | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const start = head.toString('latin1', 0, 6);
  if (/^BZh[1-9]1A/.test(start)) return 'bzip2';
  if (start === '\xfd7zXZ\0') return 'xz';
  return start.startsWith('\x28\xb5\x2f\xfd') ? 'zstd' : null;
}

/** A stream that takes packed bytes and gives unpacked ones, as they come. */
export function decompressor(compression: Compression): Duplex {
  switch (compression) {
    case 'gzip':
      return createGunzip();
    case 'zstd':
      return createZstdDecompress();
    case 'xz':
      return Duplex.from(unxz);
    case 'bzip2':
      return Duplex.from(bunzip2);
  }
}

async function* unxz(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  const packed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  // What it gives lies in its own memory, which the next chunk overwrites.
  for await (const chunk of new XzReadableStream(packed)) yield Buffer.from(chunk);
}

async function* bunzip2(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const packed = Readable.from(source);
  const unpacking = packed.pipe(unbzip2());
  const unpacked = new Readable().wrap(unpacking);
  packed.on('error', (error) => unpacked.destroy(error));
  unpacking.on('error', (error: unknown) =>
    unpacked.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  yield* unpacked;
}

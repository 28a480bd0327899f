import type { Readable } from 'node:stream';
import type { ObjectStore } from './object-store.ts';

/** Collects a stream of at most `limit` bytes. @throws RangeError when it is longer */
export async function readStream(stream: Readable, limit = 64 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) {
      stream.destroy();
      throw new RangeError(`More than ${limit} bytes where at most that many were expected`);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

export async function readAll(store: ObjectStore, key: string, limit?: number): Promise<Buffer> {
  return readStream(await store.get(key), limit);
}

/** Reads `length` bytes from `start`; fewer at the object's end. */
export async function readRange(store: ObjectStore, key: string, start: number, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  return readStream(await store.get(key, { range: { start, end: start + length - 1 } }), length);
}

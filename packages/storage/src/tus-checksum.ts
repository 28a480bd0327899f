import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DataStore } from '@tus/server';

/** https://tus.io/protocols/resumable-upload#checksum: SHA-1 must be among them. */
export const CHECKSUMS = ['sha1', 'sha256', 'md5'] as const;

interface Checksum {
  algorithm: (typeof CHECKSUMS)[number];
  digest: Buffer;
}

const current = new AsyncLocalStorage<Checksum>();

/** Runs a request with what its `Upload-Checksum` says; null for one that cannot be read. */
export function withChecksum<T>(header: string | undefined, work: () => Promise<T>): Promise<T> | null {
  if (header === undefined) return work();
  const [name, encoded = ''] = header.trim().split(/\s+/);
  const algorithm = CHECKSUMS.find((known) => known === name);
  if (!algorithm || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null;
  return current.run({ algorithm, digest: Buffer.from(encoded, 'base64') }, work);
}

/**
 * Lets a store take content that came with a checksum only once all of it is here and is what the checksum says: what a store
 * of objects has taken it does not give back.
 *
 * @param spoolDir where it lies meanwhile
 */
export function checkContent(dataStore: DataStore, spoolDir: () => string): void {
  const write = dataStore.write.bind(dataStore);
  dataStore.extensions.push('checksum');
  dataStore.write = async (content, id, offset) => {
    const checksum = current.getStore();
    if (!checksum) return write(content, id, offset);
    const path = join(spoolDir(), `upload-${randomUUID()}`);
    try {
      if (!(await spool(content, path, checksum.algorithm)).equals(checksum.digest))
        throw { status_code: 460, body: 'Checksum Mismatch\n' };
      return await write(createReadStream(path), id, offset);
    } finally {
      await rm(path, { force: true });
    }
  };
}

async function spool(content: Readable, path: string, algorithm: string): Promise<Buffer> {
  const hash = createHash(algorithm);
  await pipeline(
    content,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  return hash.digest();
}

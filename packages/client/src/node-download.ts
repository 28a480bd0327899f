import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Writes a file whole or not at all. @throws Error when its SHA-256 is another than expected */
export async function writeVerified(
  stream: ReadableStream<Uint8Array>,
  to: string,
  sha256: string | null,
  path: string,
): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const hash = createHash('sha256');
  const observed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const partial = `${to}.part`;
  try {
    await pipeline(Readable.from(stream), observed, createWriteStream(partial));
    const got = hash.digest('hex');
    if (sha256 !== null && got !== sha256) throw new Error(`${path} came with SHA-256 ${got}, not ${sha256}.`);
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

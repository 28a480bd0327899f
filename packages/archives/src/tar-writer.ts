import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';

/** Something that goes into a tar, which says how long it is before it comes. */
export interface TarItem {
  path: string;
  sizeBytes: number;
  content: AsyncIterable<Uint8Array>;
}

/** 1980-01-01, as in a zip: dates of files are no part of a dataset. */
const TIME = new Date(Date.UTC(1980, 0, 1));

/** A tar as a stream, of any number of entries of any size (pax). @throws RangeError when an item is longer or shorter than it said */
export async function* writeTar(items: AsyncIterable<TarItem>): AsyncGenerator<Uint8Array> {
  const tar = pack();
  const filling = fill(tar, items);
  // Whoever reads is told by the stream.
  filling.catch((error) => tar.destroy(error));
  for await (const chunk of Readable.from(tar)) yield chunk;
  await filling;
}

async function fill(tar: ReturnType<typeof pack>, items: AsyncIterable<TarItem>): Promise<void> {
  for await (const { path, sizeBytes, content } of items) {
    const entry = tar.entry({ name: path, size: sizeBytes, mtime: TIME, mode: 0o644 });
    const isWritten = once(entry, 'finish');
    isWritten.catch(() => {});
    let length = 0;
    for await (const chunk of content) {
      length += chunk.length;
      if (length > sizeBytes) break;
      if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), isWritten]);
    }
    if (length !== sizeBytes) throw new RangeError(`${path} has not the ${sizeBytes} bytes that it was to have`);
    entry.end(undefined);
    await isWritten;
  }
  tar.finalize();
}

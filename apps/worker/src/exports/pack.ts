import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spool, type TarItem, writeTar, writeZip, type ZipItem } from '@granary/archives';
import type { ExportItem } from './item.ts';
import { SMALL_BYTES, type StoredFiles } from './stored.ts';

/** So many small files are on their way before they are wanted. */
const AHEAD = 32;
/** Chunks are put together up to this: a store that gets every header by itself is slow. */
const CHUNK_BYTES = 512 * 1024;

/** What is packed by deflate: the rest is packed already. */
const IS_TEXT = /\.(txt|json|jsonl|ndjson|xml|csv|tsv|ya?ml|md|names|data|cfg|html?|svg)$/i;

/** An archive of the items as a stream. */
export async function* packed(
  items: AsyncIterable<ExportItem>,
  container: 'zip' | 'tar',
  stored: StoredFiles,
): AsyncGenerator<Buffer> {
  const ready = readAhead(items, stored);
  yield* inChunks(container === 'zip' ? writeZip(zipItems(ready)) : writeTar(tarItems(ready)));
}

/** An item with its content: of small files, it is on its way. */
interface Ready {
  path: string;
  /** Null where it is not known before it has come. */
  sizeBytes: number | null;
  content(): AsyncIterable<Uint8Array>;
}

async function* readAhead(items: AsyncIterable<ExportItem>, stored: StoredFiles): AsyncGenerator<Ready> {
  const waiting: Ready[] = [];
  for await (const item of items) {
    waiting.push(readyOf(item, stored));
    const first = waiting.length > AHEAD ? waiting.shift() : undefined;
    if (first) yield first;
  }
  yield* waiting;
}

function readyOf(item: ExportItem, stored: StoredFiles): Ready {
  const { path } = item;
  if ('text' in item) return { path, sizeBytes: null, content: () => encoded(item.text) };
  if ('content' in item) return { path, sizeBytes: null, content: item.content };
  if ('bytes' in item) return { path, sizeBytes: item.bytes.length, content: () => once(item.bytes) };
  const { file } = item;
  const { sizeBytes } = file;
  if (sizeBytes > SMALL_BYTES) return { path, sizeBytes, content: () => stored.content(file) };
  const bytes = stored.whole(file);
  // Marks a failure as handled until somebody awaits it.
  bytes.catch(() => {});
  return { path, sizeBytes, content: () => once(bytes) };
}

async function* encoded(text: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const part of text) yield Buffer.from(part);
}

async function* once(bytes: Uint8Array | Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await bytes;
}

async function* zipItems(items: AsyncIterable<Ready>): AsyncGenerator<ZipItem> {
  for await (const { path, content } of items) yield { path, content: content(), isDeflated: IS_TEXT.test(path) };
}

/** A tar says how long an entry is before it comes: what is not known waits on disk. */
async function* tarItems(items: AsyncIterable<Ready>): AsyncGenerator<TarItem> {
  const folder = await mkdtemp(join(tmpdir(), 'granary-export-'));
  let count = 0;
  try {
    for await (const { path, sizeBytes, content } of items) {
      if (sizeBytes !== null) {
        yield { path, sizeBytes, content: content() };
        continue;
      }
      const at = join(folder, String(count++));
      const spool = new Spool(at);
      let length = 0;
      for await (const chunk of content()) {
        length += chunk.length;
        await spool.write(Buffer.from(chunk));
      }
      yield { path, sizeBytes: length, content: spool.read() };
      await rm(at, { force: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* inChunks(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    chunks.push(part);
    length += part.length;
    if (length < CHUNK_BYTES) continue;
    yield Buffer.concat(chunks);
    [chunks, length] = [[], 0];
  }
  if (length > 0) yield Buffer.concat(chunks);
}

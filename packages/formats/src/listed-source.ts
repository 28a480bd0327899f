import type { ImageEntry } from './model.ts';
import { isImagePath } from './paths.ts';
import { ContentUnavailable, type DatasetSource, decodeText, type FileEntry, MAX_TEXT_BYTES } from './source.ts';

export interface ListedOptions {
  /** A file's bytes from `start` on; null when they are not at hand. */
  open(path: string, start: number): AsyncIterable<Uint8Array> | null;
  /** What is known of an image; nothing, unless it is given. */
  imageOf?(path: string): ImageEntry;
  /** True when no content at all is at hand: formats are then told by names alone. */
  isListingOnly?: boolean;
}

const BATCH = 2000;
const OPEN_AT_ONCE = 64;

/** A source over files whose paths are in memory, such as a browser's folder; their contents are read when asked for. */
export function listedSource(files: readonly FileEntry[], options: ListedOptions): DatasetSource {
  const { open, imageOf = (path) => ({ path, width: null, height: null }), isListingOnly = false } = options;
  const sorted = inByteOrder(files);
  const byPath = new Map(sorted.map((file) => [file.path, file]));
  const images = sorted.filter(({ path }) => isImagePath(path));
  const imagePaths = new Set(images.map(({ path }) => path));
  return {
    isListingOnly,
    files: () => inBatches(sorted),
    async *images() {
      for await (const batch of inBatches(images)) yield batch.map(({ path }) => imageOf(path));
    },
    async findImages(paths) {
      const found = new Map<string, ImageEntry>();
      for (const path of paths) if (imagePaths.has(path)) found.set(path, imageOf(path));
      return found;
    },
    async texts(paths) {
      const wanted = [...new Set(paths)].flatMap((path) => byPath.get(path) ?? []);
      const texts = new Map<string, string | null>();
      const take = async ({ path, sizeBytes }: FileEntry): Promise<void> => {
        const stream = sizeBytes > MAX_TEXT_BYTES ? null : open(path, 0);
        if (stream) texts.set(path, decodeText(await joined(stream)));
        else if (sizeBytes > MAX_TEXT_BYTES) texts.set(path, null);
      };
      for (let at = 0; at < wanted.length; at += OPEN_AT_ONCE) {
        await Promise.all(wanted.slice(at, at + OPEN_AT_ONCE).map(take));
      }
      return texts;
    },
    async *stream(path, start = 0) {
      const file = byPath.get(path);
      if (!file) throw new RangeError(`The dataset has no file ${path}`);
      const stream = open(path, start);
      if (!stream) throw new ContentUnavailable(path);
      if (start < file.sizeBytes) yield* stream;
    },
  };
}

async function* inBatches<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += BATCH) yield items.slice(at, at + BATCH);
}

async function joined(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The byte order of UTF-8 is that of code points; UTF-16's differs from it beyond the basic plane. */
function inByteOrder(files: readonly FileEntry[]): FileEntry[] {
  return [...files].sort((a, b) => compareCodePoints(a.path, b.path));
}

function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

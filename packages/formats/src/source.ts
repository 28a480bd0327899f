import { TextChunks, textOf } from './encoding.ts';
import type { ImageEntry } from './model.ts';

export interface FileEntry {
  path: string;
  sizeBytes: number;
}

/**
 * What a reader found a file to be: a label of images, the description of the whole dataset, rows of a table, or a mask,
 * which looks like an image of the dataset and is none.
 */
export interface FileRole {
  path: string;
  kind: 'label' | 'annotation' | 'data';
  split: string | null;
}

/**
 * A dataset's files, wherever they are: in a browser's folder, in an object store, in memory. Answers come in batches,
 * so that a reader needs little memory and a host few round trips.
 */
export interface DatasetSource {
  /** True when only paths and sizes are known, and no content is at hand. */
  readonly isListingOnly?: boolean;
  /** All files in the byte order of their paths, some thousands at a time. */
  files(): AsyncIterable<readonly FileEntry[]>;
  /** All images in the byte order of their paths. */
  images(): AsyncIterable<readonly ImageEntry[]>;
  /** Those of the paths that are images. */
  findImages(paths: readonly string[]): Promise<Map<string, ImageEntry>>;
  /** The contents of those that exist, as UTF-8; null for a file over {@link MAX_TEXT_BYTES} or with bytes that are no text. */
  texts(paths: readonly string[]): Promise<Map<string, string | null>>;
  /**
   * A file's bytes, from `start` on if it is given; may be left off early.
   *
   * @throws RangeError for a file that is not there, ContentUnavailable for one of which only the name is known
   */
  stream(path: string, start?: number): AsyncIterable<Uint8Array>;
}

/** The content of a file was asked for, of which only the name is known. */
export class ContentUnavailable extends Error {
  override name = 'ContentUnavailable';
  readonly path: string;

  constructor(path: string) {
    super(`The content of ${path} is not at hand`);
    this.path = path;
  }
}

/** Per-image label files and configurations are far smaller; a larger one is not read. */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** The text in any encoding that is told by its bytes, without its byte order mark, or null when they are no text. */
export function decodeText(bytes: Uint8Array): string | null {
  if (bytes.length > MAX_TEXT_BYTES) return null;
  const text = textOf(bytes);
  return text?.includes('\0') ? null : text;
}

/**
 * The first `bytes` of a file as text, whatever comes behind them; bytes that are no text become U+FFFD. Empty when the
 * content is not at hand.
 */
export async function headOf(source: DatasetSource, path: string, bytes = 64 * 1024): Promise<string> {
  try {
    return await textFrom(source.stream(path), bytes);
  } catch (error) {
    if (error instanceof ContentUnavailable) return '';
    throw error;
  }
}

/** The last `bytes` of a file as text. */
export async function tailOf(source: DatasetSource, file: FileEntry, bytes = 64 * 1024): Promise<string> {
  return textFrom(source.stream(file.path, Math.max(0, file.sizeBytes - bytes)), bytes);
}

async function textFrom(stream: AsyncIterable<Uint8Array>, bytes: number): Promise<string> {
  const decoder = new TextChunks();
  let text = '';
  let left = bytes;
  for await (const chunk of stream) {
    text += decoder.decode(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) return text;
  }
  return text + decoder.end();
}

/** The lines of a text file of any size, without their ends; a line is cut off behind `maxLength` characters. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  maxLength = 64 * 1024,
): AsyncGenerator<readonly string[]> {
  const decoder = new TextChunks();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk)).split(/\r\n|\n|\r(?!$)/);
    rest = (lines.pop() ?? '').slice(0, maxLength);
    yield lines.map((line) => line.slice(0, maxLength));
  }
  rest += decoder.end();
  if (rest !== '') yield [rest.replace(/\r$/, '')];
}

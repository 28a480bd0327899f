export interface FileEntry {
  path: string;
  sizeBytes: number;
}

export interface ImageEntry {
  path: string;
  /** In pixels as displayed; null when the image can't be read or has not been looked at. */
  width: number | null;
  height: number | null;
}

/** What a reader was told or found out to be a label of images, or the description of the whole dataset. */
export interface FileRole {
  path: string;
  kind: 'label' | 'annotation';
  split: string | null;
}

/**
 * A dataset's files, wherever they are: in a browser's folder, in an object store, in memory. Answers come in batches,
 * so that a reader needs little memory and a host few round trips.
 */
export interface DatasetSource {
  /** All files in the byte order of their paths, some thousands at a time. */
  files(): AsyncIterable<readonly FileEntry[]>;
  /** All images in the byte order of their paths. */
  images(): AsyncIterable<readonly ImageEntry[]>;
  /** Those of the paths that are images. */
  findImages(paths: readonly string[]): Promise<Map<string, ImageEntry>>;
  /** The contents of those that exist, as UTF-8; null for a file over {@link MAX_TEXT_BYTES} or with bytes that are no text. */
  texts(paths: readonly string[]): Promise<Map<string, string | null>>;
  /** A file's bytes from the beginning; may be left off early. */
  stream(path: string): AsyncIterable<Uint8Array>;
}

/** Per-image label files and configurations are far smaller; a larger one is not read. */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** UTF-8 without its byte order mark, or null when the bytes are no text. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

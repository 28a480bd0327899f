import type { Readable } from 'node:stream';

/** Something an upload holds. */
export interface Entry {
  /** Position in the upload, from 0; the same whenever the upload is read. */
  index: number;
  /** As the archive has it, decoded but not cleaned. */
  name: string;
  /** `special` says what it is instead of a file. */
  type: 'file' | 'directory' | { special: string };
  sizeBytes: number;
  /** The content of a small entry; may be called for several entries at once. */
  load: (() => Promise<Buffer>) | null;
  /** The content of a large one: must be read to its end before the next entry is asked for. */
  open: (() => Promise<Readable>) | null;
  /** Passes over the content, where the next entry lies behind it and neither of the above was called. */
  pass?: () => Promise<void> | void;
}

/** Entries up to this size are read as a whole. */
export const SMALL_BYTES = 4 * 1024 * 1024;

/** An upload that is being read. */
export interface Archive {
  entries(from: number): AsyncGenerator<Entry>;
  /** How much of the upload has been read, 0 to 1. */
  position(): number;
}

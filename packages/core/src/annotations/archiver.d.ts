declare module 'archiver' {
  import type { Readable } from 'node:stream';

  /** The part of archiver 8 that is used here; it ships no types. */
  export class ZipArchive extends Readable {
    constructor(options?: { store?: boolean; zlib?: { level: number } });
    append(content: Buffer | Readable, entry: { name: string }): this;
    finalize(): Promise<void>;
  }
}

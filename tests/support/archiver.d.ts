declare module 'archiver' {
  import type { Readable } from 'node:stream';

  /** The part of archiver 8 that the tests use; it ships no types. */
  export class ZipArchive extends Readable {
    constructor(options?: { store?: boolean });
    append(content: Buffer, entry: { name: string }): this;
    finalize(): Promise<void>;
  }
}

/** Why an upload can't be unpacked. */
export type ArchiveErrorCode =
  | 'archive_broken'
  | 'archive_gone'
  | 'compression_bomb'
  | 'encrypted'
  | 'not_an_archive'
  | 'too_large'
  | 'too_many_entries'
  | 'unsupported_compression';

/** An upload can't be unpacked, or not within the limits: trying again would end the same way. */
export class ArchiveError extends Error {
  override name = 'ArchiveError';
  readonly code: ArchiveErrorCode;

  /** @param message for the person who asked: names the file or entry, says why, and what to do */
  constructor(code: ArchiveErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

import { ArchiveError } from './archive-error.ts';

export interface Limits {
  maxEntries: number;
  maxBytes: number;
  /** How many times larger the content may be than the upload, once it is large at all. */
  maxRatio: number;
}

export const DEFAULT_LIMITS: Limits = { maxEntries: 2_000_000, maxBytes: 2 * 1024 ** 4, maxRatio: 200 };

/** Below this, a ratio says nothing: small texts pack very well. */
const RATIO_MATTERS_BYTES = 64 * 1024 * 1024;

const amount = (value: number) => value.toLocaleString('en');

/** Counts what comes out of an archive, and refuses bombs before they go off. */
export class LimitCounter {
  readonly #limits: Limits;
  #entries = 0;
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** @throws ArchiveError `too_many_entries`, `too_large`, `compression_bomb` */
  add(name: string, sizeBytes: number, packedBytes: number, archiveBytes: number): void {
    this.#entries++;
    this.#bytes += sizeBytes;
    const { maxEntries, maxBytes, maxRatio } = this.#limits;
    if (this.#entries > maxEntries) {
      throw new ArchiveError(
        'too_many_entries',
        `The archive has more than the limit of ${amount(maxEntries)} entries.`,
      );
    }
    if (this.#bytes > maxBytes) {
      throw new ArchiveError(
        'too_large',
        `With ${name} the content is larger than the limit of ${amount(maxBytes)} bytes.`,
      );
    }
    if (sizeBytes > RATIO_MATTERS_BYTES && sizeBytes > packedBytes * maxRatio)
      throw this.#bomb(name, sizeBytes, packedBytes);
    if (this.#bytes > RATIO_MATTERS_BYTES && this.#bytes > archiveBytes * maxRatio) {
      throw this.#bomb(`With ${name} the content`, this.#bytes, archiveBytes);
    }
  }

  /** @throws ArchiveError for a stream whose content grows beyond all measure */
  checkStream(name: string, unpackedBytes: number, packedBytes: number): void {
    if (unpackedBytes > this.#limits.maxBytes) {
      throw new ArchiveError(
        'too_large',
        `${name} is larger than the limit of ${amount(this.#limits.maxBytes)} bytes.`,
      );
    }
    if (unpackedBytes > RATIO_MATTERS_BYTES && unpackedBytes > packedBytes * this.#limits.maxRatio) {
      throw this.#bomb(name, unpackedBytes, packedBytes);
    }
  }

  #bomb(what: string, sizeBytes: number, packedBytes: number): ArchiveError {
    const ratio = Math.round(sizeBytes / Math.max(1, packedBytes));
    return new ArchiveError(
      'compression_bomb',
      `${what} is ${amount(sizeBytes)} bytes, packed into ${amount(packedBytes)}: a ratio of ${amount(ratio)}, where the limit is ${amount(this.#limits.maxRatio)}. It looks like a decompression bomb.`,
    );
  }
}

import { createHash, type Hash } from 'node:crypto';

/** The Hub keeps nothing larger than this outside of LFS, so that a SHA-256 is known of all that is. */
const MOST_GIT_BYTES = 32 * 1024 * 1024;

export interface Digests {
  bytes: number;
  sha256: string;
  /** Git's hash of the content, of files that are small enough to be in git. */
  gitSha1: string | null;
}

/** The hashes of content as it comes. */
export class Digest {
  readonly #sha256 = createHash('sha256');
  readonly #git: Hash | null;
  #bytes = 0;

  constructor(sizeBytes: number) {
    this.#git = sizeBytes > MOST_GIT_BYTES ? null : createHash('sha1').update(`blob ${sizeBytes}\0`);
  }

  update(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#sha256.update(chunk);
    this.#git?.update(chunk);
  }

  end(): Digests {
    return {
      bytes: this.#bytes,
      sha256: this.#sha256.digest('hex'),
      gitSha1: this.#git?.digest('hex') ?? null,
    };
  }
}

/** Whether content is what the Hub says. */
export function isWhatWasSaid(
  found: Digests,
  said: { sizeBytes: number; sha256: string | null; gitSha1: string | null },
): boolean {
  if (found.bytes !== said.sizeBytes) return false;
  if (said.sha256 !== null) return said.sha256 === found.sha256;
  return said.gitSha1 === null || found.gitSha1 === null || said.gitSha1 === found.gitSha1;
}

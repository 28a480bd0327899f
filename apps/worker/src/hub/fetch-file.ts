import { createHash, type Hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImportFailure } from '@granary/archives';
import { type Hub, HubError } from '@granary/hub';
import { ObjectNotFoundError, type ObjectStore } from '@granary/storage';

/** A file to download, and what is known of it. */
export interface FileToFetch {
  path: string;
  url: string;
  sizeBytes: number;
  /** What the Hub says of the content. */
  sha256: string | null;
  gitSha1: string | null;
  storageKey: string;
  /** The upload into the store that an earlier attempt has begun. */
  multipartId: string | null;
  /** Whether all parts were there when an earlier attempt ended. */
  isCompleting: boolean;
}

export interface Fetching {
  hub: Hub;
  store: ObjectStore;
  repoId: string;
  signal: AbortSignal;
  /** Puts on record how the file goes into the store, before it does. */
  keep(state: { multipartId: string | null; isCompleting: boolean }): Promise<void>;
  /** Told of bytes that came; negative for those that turned out to be of no use. */
  onBytes(bytes: number): void;
}

/** Failures in a row without a byte in between, after which the Hub counts as gone. */
const MOST_FAILURES = 8;
/** A connection that says nothing for so long is given up. */
const SILENCE_MS = 60_000;
/** How often content is fetched whose hash is another than the Hub says. */
const MOST_TRIES = 3;
const MOST_PARTS = 9_000;
const PARALLEL_PARTS = 3;
const MIB = 1024 * 1024;
const MOST_COMFORTABLE_BYTES = 8 * MIB;
/** The Hub keeps nothing larger than this outside of LFS. */
const MOST_GIT_BYTES = 32 * MIB;

/**
 * All parts but the last have one size, whoever goes on with them: it follows from the file's. A sixty-fourth of the file is
 * little to lose, and few parts are fast.
 */
function partBytesOf(sizeBytes: number, { leastPartBytes }: ObjectStore): number {
  const wanted = Math.min(MOST_COMFORTABLE_BYTES, Math.ceil(sizeBytes / 64 / MIB) * MIB);
  return Math.max(leastPartBytes, wanted, Math.ceil(sizeBytes / MOST_PARTS / MIB) * MIB);
}

/**
 * Streams a file of the Hub into the store, part by part. Parts that are there stay, whatever ends the process: who goes on
 * asks for the bytes behind them. The content is checked against the Hub's hash before the object comes to be; of what was
 * gone on with it is read back from the store, before anyone else learns of it.
 *
 * @returns the SHA-256 of the content
 * @throws ImportFailure `hub_wrong_content`, HubError
 */
export async function fetchFile(fetching: Fetching, file: FileToFetch): Promise<string> {
  let state = { multipartId: file.multipartId, isCompleting: file.isCompleting };
  for (let tries = 1; ; tries++) {
    const sha256 = await fetchOnce(fetching, { ...file, ...state });
    if (sha256 !== null) return sha256;
    if (tries === MOST_TRIES) {
      throw new ImportFailure(
        'hub_wrong_content',
        `${file.path} came from the Hub ${MOST_TRIES} times with other content than the Hub says it has. Try again later; if it stays, tell the owner of the dataset.`,
      );
    }
    state = { multipartId: null, isCompleting: false };
  }
}

/** Null when the content was wrong: then nothing of it is left. */
async function fetchOnce(fetching: Fetching, file: FileToFetch): Promise<string | null> {
  const { store, keep, onBytes, signal } = fetching;
  const { storageKey, sizeBytes } = file;
  if (file.isCompleting && (await store.head(storageKey))?.sizeBytes === sizeBytes) {
    onBytes(sizeBytes);
    return checkStored(fetching, file);
  }
  const partBytes = partBytesOf(sizeBytes, store);
  if (sizeBytes <= partBytes) {
    const digest = new Digest(sizeBytes);
    const chunks: Buffer[] = [];
    for await (const chunk of bytesFrom(fetching, file, 0)) {
      digest.update(chunk);
      chunks.push(chunk);
      onBytes(chunk.length);
    }
    const sha256 = digest.check(file);
    if (sha256 === null) onBytes(-sizeBytes);
    else await store.put(storageKey, Buffer.concat(chunks), { signal });
    return sha256;
  }
  const { multipartId, parts } = await begin(fetching, file, partBytes);
  const start = parts.length * partBytes;
  onBytes(Math.min(start, sizeBytes));
  // Of parts that an earlier attempt has sent, the hash is not known.
  const digest = start === 0 ? new Digest(sizeBytes) : null;
  const uploads = new Set<Promise<void>>();
  let failure: unknown;
  let buffer = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  const flush = async () => {
    const body = buffer.subarray(0, filled);
    buffer = Buffer.allocUnsafe(partBytes);
    filled = 0;
    const number = parts.length + 1;
    parts.push({ number, etag: '', sizeBytes: body.length });
    const upload = store.uploadPart(storageKey, multipartId, number, body).then(
      (part) => {
        parts[number - 1] = part;
        uploads.delete(upload);
      },
      (error) => {
        failure ??= error;
        uploads.delete(upload);
      },
    );
    uploads.add(upload);
    while (uploads.size >= PARALLEL_PARTS) await Promise.race(uploads);
    if (failure) throw failure;
  };
  try {
    for await (const chunk of bytesFrom(fetching, file, start)) {
      digest?.update(chunk);
      onBytes(chunk.length);
      for (let at = 0; at < chunk.length; ) {
        const taken = chunk.copy(buffer, filled, at);
        filled += taken;
        at += taken;
        if (filled === partBytes) await flush();
      }
    }
    if (filled > 0) await flush();
  } finally {
    await Promise.all(uploads);
  }
  if (failure) throw failure;
  const known = digest?.check(file);
  if (known === null) {
    await store.abortMultipart(storageKey, multipartId);
    await keep({ multipartId: null, isCompleting: false });
    onBytes(-sizeBytes);
    return null;
  }
  await keep({ multipartId, isCompleting: true });
  await store.completeMultipart(storageKey, multipartId, parts);
  return known ?? checkStored(fetching, file);
}

/** Goes on with the parts that are there in a row, or begins anew where the store has forgotten them. */
async function begin(
  { store, keep }: Fetching,
  { storageKey, multipartId, sizeBytes }: FileToFetch,
  partBytes: number,
) {
  const known =
    multipartId === null
      ? null
      : await store.listParts(storageKey, multipartId).catch((error) => {
          if (error instanceof ObjectNotFoundError || isForgotten(error)) return null;
          throw error;
        });
  if (multipartId !== null && known) {
    const numParts = Math.ceil(sizeBytes / partBytes);
    const isWhole = (part: { sizeBytes: number }, i: number) =>
      part.sizeBytes === (i === numParts - 1 ? sizeBytes - i * partBytes : partBytes);
    const gap = known.findIndex((part, i) => part.number !== i + 1 || !isWhole(part, i));
    const parts = gap < 0 ? known : known.slice(0, gap);
    const isOfThisSize = known.every((part) => isWhole(part, part.number - 1));
    if (isOfThisSize) return { multipartId, parts };
    // An older Granary cut the file otherwise.
    await store.abortMultipart(storageKey, multipartId);
  }
  const id = await store.createMultipart(storageKey, { partBytes });
  await keep({ multipartId: id, isCompleting: false });
  return { multipartId: id, parts: [] };
}

const isForgotten = (error: unknown): boolean => (error as { name?: string }).name === 'NoSuchUpload';

/** The content from `start` to its end, over as many connections as it takes. @throws HubError */
async function* bytesFrom(
  { hub, repoId, signal }: Fetching,
  { url, path, sizeBytes }: FileToFetch,
  start: number,
): AsyncGenerator<Buffer> {
  let at = start;
  let failures = 0;
  while (at < sizeBytes) {
    const before = at;
    try {
      const opened = await hub.open(repoId, url, { start: at });
      let skipped = at - opened.start;
      for await (const chunk of withoutSilence(opened.body, signal)) {
        // A server without ranges begins at the beginning.
        const fresh = chunk.subarray(Math.min(skipped, chunk.length));
        skipped -= chunk.length - fresh.length;
        const wanted = fresh.subarray(0, sizeBytes - at);
        at += wanted.length;
        if (wanted.length > 0) yield wanted;
      }
      if (at === before) throw new Error('The connection ended before any byte came');
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HubError && !error.isPassing) throw error;
      failures = at > before ? 0 : failures + 1;
      if (failures >= MOST_FAILURES) {
        throw error instanceof HubError
          ? error
          : new HubError(
              'hub_unreachable',
              `The connection to the Hub broke ${failures} times at byte ${at} of ${path}.`,
              {
                isPassing: true,
                cause: error,
              },
            );
      }
      if (failures > 0) await sleep(Math.min(30_000, 250 * 2 ** failures), undefined, { signal });
    }
  }
}

async function* withoutSilence(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const silence = setTimeout(() => void reader.cancel(new Error('silence')).catch(() => {}), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      signal.throwIfAborted();
      if (done) return;
      yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    await reader.cancel().catch(() => {});
  }
}

async function checkStored({ store, signal, keep, onBytes }: Fetching, file: FileToFetch): Promise<string | null> {
  const digest = new Digest(file.sizeBytes);
  for await (const chunk of await store.get(file.storageKey, { signal })) digest.update(chunk);
  const sha256 = digest.check(file);
  if (sha256 !== null) return sha256;
  await store.delete([file.storageKey]);
  await keep({ multipartId: null, isCompleting: false });
  onBytes(-file.sizeBytes);
  return null;
}

/** The hashes of content as it comes. */
class Digest {
  readonly #sha256 = createHash('sha256');
  readonly #git: Hash;
  readonly #sizeBytes: number;
  #bytes = 0;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#git = createHash('sha1').update(`blob ${sizeBytes}\0`);
  }

  update(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#sha256.update(chunk);
    // Files that are large enough for this to matter are in LFS, with a SHA-256.
    if (this.#sizeBytes <= MOST_GIT_BYTES) this.#git.update(chunk);
  }

  /** The SHA-256, when the content is what the Hub says. */
  check({ sha256, gitSha1 }: Pick<FileToFetch, 'sha256' | 'gitSha1'>): string | null {
    const found = this.#sha256.digest('hex');
    if (this.#bytes !== this.#sizeBytes || (sha256 !== null && sha256 !== found)) return null;
    const isChecked = sha256 === null && gitSha1 !== null && this.#sizeBytes <= MOST_GIT_BYTES;
    return isChecked && this.#git.digest('hex') !== gitSha1 ? null : found;
  }
}

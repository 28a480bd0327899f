import { JobFailure } from '@granary/core/errors/failures';

import { ObjectNotFoundError, type ObjectStore, type Part } from '@granary/storage';
import { Digest, isWhatWasSaid } from './digest.ts';
import { partsOf } from './parts.ts';
import type { HubReader } from './reader.ts';

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
  reader: HubReader;
  store: ObjectStore;
  repoId: string;
  signal: AbortSignal;
  /** Records how the file goes into the store, before it does. */
  keep(state: { multipartId: string | null; isCompleting: boolean }): Promise<void>;
  /** Told of bytes that came; negative for those that turned out to be of no use. */
  onBytes(bytes: number): void;
}

/** How often to fetch content whose hash does not match the Hub's. */
const MOST_TRIES = 3;

/**
 * Streams a file of the Hub into the store, part by part. Stored parts stay, whatever ends the process: the next attempt
 * requests the bytes after them. The content is checked against the Hub's hash before the object is created; a resumed
 * file is read back from the store instead, before anyone else can see it.
 *
 * @returns the SHA-256 of the content
 * @throws JobFailure `hub_wrong_content`, HubError
 */
export async function fetchFile(fetching: Fetching, file: FileToFetch): Promise<string> {
  let state = { multipartId: file.multipartId, isCompleting: file.isCompleting };
  for (let tries = 1; ; tries++) {
    const sha256 = await fetchOnce(fetching, { ...file, ...state });
    if (sha256 !== null) return sha256;
    if (tries === MOST_TRIES) {
      throw new JobFailure(
        'hub_wrong_content',
        `${file.path} came from the Hub ${MOST_TRIES} times with content that does not match the Hub's description. Try again later. If it keeps happening, tell the owner of the dataset on the Hub.`,
      );
    }
    state = { multipartId: null, isCompleting: false };
  }
}

/** Null when the content was wrong: then nothing of it is left. */
async function fetchOnce(fetching: Fetching, file: FileToFetch): Promise<string | null> {
  const { reader, repoId, store, keep, onBytes, signal } = fetching;
  const { storageKey, sizeBytes } = file;
  if (file.isCompleting && (await store.head(storageKey))?.sizeBytes === sizeBytes) {
    onBytes(sizeBytes);
    return checkStored(fetching, file);
  }
  const { partBytes, most } = partsOf(sizeBytes, store);
  const source = { repoId, path: file.path, url: file.url, sizeBytes };
  if (sizeBytes <= partBytes) {
    let content: Uint8Array = new Uint8Array();
    const how = { start: 0, parts: { partBytes: sizeBytes, most: 1 }, signal, onBytes };
    const found = await reader.read(source, how, async (bytes) => {
      content = bytes.slice();
    });
    if (found && isWhatWasSaid(found, file)) {
      await store.put(storageKey, content, { signal });
      return found.sha256;
    }
    onBytes(-sizeBytes);
    return null;
  }
  const { multipartId, parts } = await begin(fetching, file, partBytes);
  const start = parts.length * partBytes;
  onBytes(Math.min(start, sizeBytes));
  let number = parts.length;
  const found = await reader.read(source, { start, parts: { partBytes, most }, signal, onBytes }, async (bytes) => {
    const index = number++;
    parts[index] = await store.uploadPart(storageKey, multipartId, index + 1, bytes);
  });
  if (found && !isWhatWasSaid(found, file)) {
    await store.abortMultipart(storageKey, multipartId);
    await keep({ multipartId: null, isCompleting: false });
    onBytes(-sizeBytes);
    return null;
  }
  await keep({ multipartId, isCompleting: true });
  await store.completeMultipart(storageKey, multipartId, parts);
  // The hash of parts sent by an earlier attempt is not known.
  return found?.sha256 ?? checkStored(fetching, file);
}

/** Resumes after the parts that are stored without a gap, or starts over where the store has dropped them. */
async function begin(
  { store, keep }: Fetching,
  { storageKey, multipartId, sizeBytes }: FileToFetch,
  partBytes: number,
): Promise<{ multipartId: string; parts: Part[] }> {
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
    // An older version of Granary cut the file differently.
    await store.abortMultipart(storageKey, multipartId);
  }
  const id = await store.createMultipart(storageKey, { partBytes });
  await keep({ multipartId: id, isCompleting: false });
  return { multipartId: id, parts: [] };
}

const isForgotten = (error: unknown): boolean => (error as { name?: string }).name === 'NoSuchUpload';

async function checkStored({ store, signal, keep, onBytes }: Fetching, file: FileToFetch): Promise<string | null> {
  const digest = new Digest(file.sizeBytes);
  for await (const chunk of await store.get(file.storageKey, { signal })) digest.update(chunk);
  const found = digest.end();
  if (isWhatWasSaid(found, file)) return found.sha256;
  await store.delete([file.storageKey]);
  await keep({ multipartId: null, isCompleting: false });
  onBytes(-file.sizeBytes);
  return null;
}

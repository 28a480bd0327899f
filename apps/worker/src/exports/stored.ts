import { createHash, hash } from 'node:crypto';
import { JobFailure } from '@granary/core/errors/failures';
import type { Database } from '@granary/db';
import { ObjectNotFoundError, type ObjectStore, readStream } from '@granary/storage';
import type { StoredFile } from './item.ts';

/** Files up to this size are read whole, and ahead of their turn. */
export const SMALL_BYTES = 1024 * 1024;

/** Content moved to another place while it was read: another attempt finds it there. */
class Moved extends Error {
  override name = 'Moved';
}

/**
 * Reads files of a revision, each compared with its SHA-256. No lock is held meanwhile: content that a change of the draft
 * has moved is looked for where its row says it is now.
 */
export class StoredFiles {
  readonly #database: Database;
  readonly #store: ObjectStore;
  readonly #revision: number;
  readonly #signal: AbortSignal;

  constructor({ database, store }: { database: Database; store: ObjectStore }, revision: number, signal: AbortSignal) {
    this.#database = database;
    this.#store = store;
    this.#revision = revision;
    this.#signal = signal;
  }

  /** A small file, whole. @throws JobFailure when it is damaged */
  async whole(file: StoredFile): Promise<Buffer> {
    const read = async (storageKey: string) => {
      const bytes = await readStream(await this.#store.get(storageKey, { signal: this.#signal })).catch(orNothing);
      return bytes && hash('sha256', bytes) === file.sha256 ? bytes : null;
    };
    const bytes = (await read(file.storageKey).catch(orNothing)) ?? (await this.#again(file, read));
    if (!bytes) throw damaged(file.path);
    return bytes;
  }

  /** A file of any size. @throws JobFailure when it is damaged */
  async *content(file: StoredFile): AsyncGenerator<Uint8Array> {
    const open = (key: string) => this.#store.get(key, { signal: this.#signal }).catch(orNothing);
    const stream = (await open(file.storageKey)) ?? (await this.#again(file, open));
    if (!stream) throw damaged(file.path);
    const sha256 = createHash('sha256');
    for await (const chunk of stream) {
      sha256.update(chunk);
      yield chunk;
    }
    if (sha256.digest('hex') === file.sha256) return;
    if ((await this.#keyNow(file)) === file.storageKey) throw damaged(file.path);
    throw new Moved(`${file.path} was replaced while it was read`);
  }

  async #again<T>(file: StoredFile, read: (storageKey: string) => Promise<T | null>): Promise<T | null> {
    const key = await this.#keyNow(file);
    return key === null || key === file.storageKey ? null : read(key).catch(orNothing);
  }

  async #keyNow({ id }: StoredFile): Promise<string | null> {
    const [row] = await this.#database.sql<{ storage_key: string }[]>`
      select storage_key from dataset_files
      where id = ${id} and added_in <= ${this.#revision} and (removed_in is null or removed_in > ${this.#revision})`;
    return row?.storage_key ?? null;
  }
}

function orNothing(error: unknown): null {
  if (error instanceof ObjectNotFoundError) return null;
  throw error;
}

const damaged = (path: string): JobFailure =>
  new JobFailure(
    'content_damaged',
    `${path} is missing in the store, or has other content there than it was imported with, so the export would not be what it says. Check the integrity of the dataset and repair what it finds; then create the export again.`,
  );

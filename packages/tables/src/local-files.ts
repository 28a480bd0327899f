import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ObjectStore, readRange } from '@granary/storage';
import type { FileMetaData } from 'hyparquet';
import pLimit from 'p-limit';
import { damageOf } from './damage.ts';
import { chunkOf, footerOf } from './footer.ts';
import type { Shard } from './shard.ts';

/** What of a shard is wanted: rows (the first, and how many) and columns; all of them where nothing is said. */
export interface Wanted {
  rows?: { from: number; count: number } | undefined;
  columns?: readonly string[] | undefined;
}

/** Ranges that lie closer than this are fetched as one. */
const GAP_BYTES = 256 * 1024;
const PARALLEL_FETCHES = 4;
/** Of a bloom filter whose length the footer does not tell. */
const MOST_BLOOM_BYTES = 1024 * 1024;

interface CachedFile {
  path: string;
  handle: FileHandle;
  metadata: FileMetaData;
  /** Column chunks that are here, as `row group:column`, or are on their way. */
  chunks: Map<string, Promise<void>>;
  bytes: number;
}

/**
 * Shards as local files, for an engine that reads nothing else. Where the store is a disk they are its own files. From a
 * bucket only the column chunks that are asked for are fetched, into a sparse file of the shard's length: the same bytes at
 * the same places, and holes where nobody looks. The least recently used files go when all take more than was allowed.
 */
export class LocalFiles {
  readonly #store: ObjectStore;
  readonly #folder: () => string;
  readonly #name = `shards-${randomUUID()}`;
  readonly #maxBytes: number;
  readonly #files = new Map<string, Promise<CachedFile>>();
  /** How many use a file now, by its hash. */
  readonly #users = new Map<string, number>();

  constructor(store: ObjectStore, options: { folder: () => string; maxBytes: number }) {
    this.#store = store;
    this.#folder = options.folder;
    this.#maxBytes = options.maxBytes;
  }

  /**
   * Shards that can be looked through at once: all of a disk's own; of a bucket as many as the cache holds, taken evenly from
   * all of them, and one at least.
   */
  fitting(shards: readonly Shard[]): readonly Shard[] {
    const total = shards.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (total <= this.#maxBytes || shards.every(({ storageKey }) => this.#store.localPath(storageKey) !== null))
      return shards;
    const count = Math.max(1, Math.floor((shards.length * this.#maxBytes) / total));
    return Array.from({ length: count }, (_, i) => shards[Math.floor((i * shards.length) / count)]).filter(
      (shard) => shard !== undefined,
    );
  }

  /**
   * Gives the paths of files that hold at least what is wanted, for as long as `use` runs.
   *
   * @throws SourceError, named, for what turns out to be damaged
   */
  async use<T>(
    wanted: readonly { shard: Shard; what: Wanted }[],
    signal: AbortSignal,
    use: (paths: string[]) => Promise<T>,
  ): Promise<T> {
    return this.#use(wanted, signal, use).catch((error) => {
      throw damageOf(
        error,
        wanted.map(({ shard }) => shard),
      );
    });
  }

  async #use<T>(
    wanted: readonly { shard: Shard; what: Wanted }[],
    signal: AbortSignal,
    use: (paths: string[]) => Promise<T>,
  ): Promise<T> {
    const local = wanted.map(({ shard }) => this.#store.localPath(shard.storageKey));
    if (local.every((path) => path !== null)) return use(local);
    // Before anything is waited for: what is in use does not go.
    for (const { shard } of wanted) this.#users.set(shard.sha256, (this.#users.get(shard.sha256) ?? 0) + 1);
    try {
      const files = await Promise.all(wanted.map(({ shard }) => this.#open(shard)));
      await this.#fetchAll(files, wanted, signal);
      return await use(files.map(({ path }) => path));
    } finally {
      for (const { shard } of wanted) {
        const users = (this.#users.get(shard.sha256) ?? 1) - 1;
        if (users > 0) this.#users.set(shard.sha256, users);
        else this.#users.delete(shard.sha256);
      }
      await this.#evict();
    }
  }

  async #fetchAll(
    files: readonly CachedFile[],
    wanted: readonly { shard: Shard; what: Wanted }[],
    signal: AbortSignal,
  ): Promise<void> {
    const limit = pLimit(PARALLEL_FETCHES);
    for (;;) {
      try {
        await Promise.all(
          wanted.flatMap(({ shard, what }, i) => {
            const file = files[i];
            return file ? this.#missing(file, what, shard, limit, signal) : [];
          }),
        );
        return;
      } catch (error) {
        signal.throwIfAborted();
        // Another reader, whose fetch this one waited for, has gone: it is fetched anew.
        if (!(error instanceof Error && error.name === 'AbortError')) throw error;
      }
    }
  }

  async #open(shard: Shard): Promise<CachedFile> {
    const known = this.#files.get(shard.sha256);
    const file = known && (await isThere(known)) ? known : (this.#newer(shard, known) ?? this.#begin(shard));
    // The map is in the order of last use.
    this.#files.delete(shard.sha256);
    this.#files.set(shard.sha256, file);
    file.catch(() => this.#files.delete(shard.sha256));
    return file;
  }

  /** What another reader has begun while this one looked. */
  #newer({ sha256 }: Shard, known: Promise<CachedFile> | undefined): Promise<CachedFile> | undefined {
    const file = this.#files.get(sha256);
    return file === known ? undefined : file;
  }

  async #begin({ storageKey, sizeBytes, sha256 }: Shard): Promise<CachedFile> {
    const folder = join(this.#folder(), this.#name);
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${sha256}.parquet`);
    const read = (start: number, length: number) => readRange(this.#store, storageKey, start, length);
    const metadata = await footerOf(sizeBytes, read);
    const handle = await open(path, 'w+');
    try {
      await handle.truncate(sizeBytes);
      const footerStart = sizeBytes - metadata.metadata_length - 8;
      await handle.write(await read(0, 4), 0, 4, 0);
      const footerBytes = sizeBytes - footerStart;
      await handle.write(await read(footerStart, footerBytes), 0, footerBytes, footerStart);
      return { path, handle, metadata, chunks: new Map(), bytes: footerBytes };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Fetches what is not there yet; what another reader is fetching already is waited for. */
  #missing(
    file: CachedFile,
    { rows, columns }: Wanted,
    shard: Shard,
    limit: ReturnType<typeof pLimit>,
    signal: AbortSignal,
  ): Promise<void>[] {
    const waited: Promise<void>[] = [];
    const missing: { id: string; start: number; end: number }[] = [];
    let first = 0;
    for (const [index, group] of file.metadata.row_groups.entries()) {
      const last = first + Number(group.num_rows);
      const isWanted = !rows || (first < rows.from + rows.count && last > rows.from);
      first = last;
      if (!isWanted) continue;
      for (const [at, column] of group.columns.entries()) {
        const meta = column.meta_data;
        const chunk = chunkOf(column);
        if (!meta || !chunk || (columns && !columns.includes(meta.path_in_schema[0] ?? ''))) continue;
        const id = `${index}:${at}`;
        const known = file.chunks.get(id);
        if (known) waited.push(known);
        else {
          missing.push({ id, ...chunk });
          // A filter by a value asks this first.
          if (meta.bloom_filter_offset) {
            const bloom = Number(meta.bloom_filter_offset);
            missing.push({
              id: `${id}:bloom`,
              start: bloom,
              end: bloom + (meta.bloom_filter_length ?? MOST_BLOOM_BYTES),
            });
          }
        }
      }
    }
    missing.sort((a, b) => a.start - b.start);
    for (let i = 0; i < missing.length; ) {
      const ids: string[] = [];
      const { start } = missing[i] as { start: number };
      let end = start;
      for (let chunk = missing[i]; chunk && (ids.length === 0 || chunk.start - end < GAP_BYTES); chunk = missing[++i]) {
        ids.push(chunk.id);
        end = Math.min(shard.sizeBytes, Math.max(end, chunk.end));
      }
      const fetched = limit(() => this.#fetch(file, shard, start, end, signal));
      for (const id of ids) {
        file.chunks.set(id, fetched);
        fetched.catch(() => file.chunks.delete(id));
      }
      waited.push(fetched);
    }
    return waited;
  }

  async #fetch(
    file: CachedFile,
    { storageKey }: Shard,
    start: number,
    end: number,
    signal: AbortSignal,
  ): Promise<void> {
    let at = start;
    for await (const chunk of await this.#store.get(storageKey, { range: { start, end: end - 1 }, signal })) {
      await file.handle.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    if (at < end) throw new Error(`${storageKey} ends at ${at}, where ${end} bytes were expected`);
    file.bytes += end - start;
  }

  async #evict(): Promise<void> {
    const files = await Promise.all(
      [...this.#files].map(async ([sha256, file]) => ({ sha256, file: await file.catch(() => null) })),
    );
    let total = files.reduce((sum, { file }) => sum + (file?.bytes ?? 0), 0);
    for (const { sha256, file } of files) {
      if (total <= this.#maxBytes) return;
      if (!file || this.#users.has(sha256)) continue;
      this.#files.delete(sha256);
      total -= file.bytes;
      await file.handle.close();
      await rm(file.path, { force: true });
    }
  }
}

/** Whether a file is where it was put: a cleaner of the system may have removed it. One that is on its way is. */
async function isThere(file: Promise<CachedFile>): Promise<boolean> {
  const known = await file.catch(() => null);
  if (!known || existsSync(known.path)) return true;
  await known.handle.close().catch(() => {});
  return false;
}

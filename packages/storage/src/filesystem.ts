import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import {
  access,
  constants,
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { byKey, decodeSegment, pathOf } from './filesystem-names.ts';
import {
  assertKey,
  type ByteRange,
  KeyConflictError,
  type ObjectInfo,
  ObjectNotFoundError,
  type ObjectStore,
  type Part,
  type PutOptions,
} from './object-store.ts';

/** Objects being written; on the same file system, so that the rename into place is atomic. No key starts with it. */
const TEMPORARY = '~tmp';
/** What has not grown for so long belongs to a writer that died. */
const UNFINISHED_MS = 86_400_000;
/** Of a multipart upload: the key it is for, and its parts. */
const KEY_FILE = 'key';
const DATA_FILE = 'data';

/**
 * Objects as files under one folder, paths as their keys say: what `datasets/{id}/` holds is a plain directory tree.
 * A put writes a temporary file and renames it, so that readers and a killed process see whole objects only.
 */
export class FilesystemStore implements ObjectStore {
  readonly type = 'filesystem';
  readonly leastPartBytes = 1024 * 1024;
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  async put(key: string, body: Uint8Array | Readable, options: PutOptions = {}): Promise<{ sizeBytes: number }> {
    const target = this.#path(key);
    const temporary = await this.#temporaryPath();
    try {
      let sizeBytes: number;
      if (body instanceof Uint8Array) {
        await writeFile(temporary, body);
        sizeBytes = body.byteLength;
      } else {
        const sink = createWriteStream(temporary);
        await pipeline(body, sink, options.signal ? { signal: options.signal } : {});
        sizeBytes = sink.bytesWritten;
      }
      await this.#moveInto(temporary, target, key);
      return { sizeBytes };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async get(key: string, options: { range?: ByteRange; signal?: AbortSignal } = {}): Promise<Readable> {
    const handle = await open(this.#path(key), 'r').catch((error) => {
      throw isAbsent(error) ? new ObjectNotFoundError(key) : error;
    });
    if ((await handle.stat()).isDirectory()) {
      await handle.close();
      throw new ObjectNotFoundError(key);
    }
    return createReadStream('', {
      fd: handle,
      highWaterMark: 256 * 1024,
      ...(options.range ? { start: options.range.start } : {}),
      ...(options.range?.end === undefined ? {} : { end: options.range.end }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }

  async head(key: string): Promise<ObjectInfo | null> {
    const found = await stat(this.#path(key)).catch(nullIfAbsent);
    return found?.isFile() ? { key, sizeBytes: found.size, modifiedAt: found.mtime } : null;
  }

  async list(
    prefix: string,
    options: { cursor?: string | null; limit?: number } = {},
  ): Promise<{ objects: ObjectInfo[]; cursor: string | null }> {
    const limit = options.limit ?? 1000;
    const after = options.cursor ?? '';
    const objects: ObjectInfo[] = [];
    for await (const key of this.#walk(this.root, '', prefix, after)) {
      const info = await this.head(key);
      if (!info) continue;
      if (objects.length === limit) return { objects, cursor: objects.at(-1)?.key ?? null };
      objects.push(info);
    }
    return { objects, cursor: null };
  }

  async *walk(prefix: string): AsyncGenerator<ObjectInfo> {
    for await (const key of this.#walk(this.root, '', prefix, '')) {
      const info = await this.head(key);
      if (info) yield info;
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const temporary = await this.#temporaryPath();
    try {
      await duplicate(this.#path(from), temporary);
      await this.#moveInto(temporary, this.#path(to), to);
    } catch (error) {
      throw isAbsent(error) ? new ObjectNotFoundError(from) : error;
    } finally {
      // A rename over another name of the same file leaves both.
      await rm(temporary, { force: true });
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const path = this.#path(key);
      await unlink(path).catch((error) => {
        if (!isAbsent(error) && error.code !== 'EISDIR' && error.code !== 'EPERM') throw error;
      });
      await this.#pruneEmptyFolders(dirname(path));
    }
  }

  /** The parts lie in one file at their places; beside it is a mark for each that is whole, whose name is its number. */
  async createMultipart(key: string, { partBytes }: { partBytes: number }): Promise<string> {
    assertKey(key);
    const id = randomUUID();
    await mkdir(this.#multipartPath(id), { recursive: true });
    await writeFile(join(this.#multipartPath(id), KEY_FILE), JSON.stringify({ key, partBytes }));
    await writeFile(join(this.#multipartPath(id), DATA_FILE), '');
    return id;
  }

  async uploadPart(key: string, multipartId: string, number: number, body: Uint8Array): Promise<Part> {
    const folder = this.#multipartPath(multipartId);
    const partBytes = await this.#partBytes(key, multipartId);
    if (body.byteLength > partBytes)
      throw new RangeError(`A part has ${body.byteLength} bytes, more than ${partBytes}`);
    const data = await open(join(folder, DATA_FILE), 'r+');
    try {
      // A disk that fills up takes the beginning, and says so with the next write only.
      for (let at = 0; at < body.byteLength; ) {
        at += (await data.write(body, at, body.byteLength - at, (number - 1) * partBytes + at)).bytesWritten;
      }
    } finally {
      await data.close();
    }
    const temporary = await this.#temporaryPath();
    await writeFile(temporary, String(body.byteLength));
    await rename(temporary, join(folder, String(number).padStart(5, '0')));
    return { number, etag: `"${number}-${body.byteLength}"`, sizeBytes: body.byteLength };
  }

  async listParts(key: string, multipartId: string): Promise<Part[]> {
    const folder = this.#multipartPath(multipartId);
    const names = await readdir(folder).catch((error) => {
      throw isAbsent(error) ? new ObjectNotFoundError(key) : error;
    });
    return Promise.all(
      names
        .filter((name) => name !== KEY_FILE && name !== DATA_FILE)
        .sort()
        .map(async (name) => {
          const sizeBytes = Number(await readFile(join(folder, name), 'utf8'));
          return { number: Number(name), etag: `"${Number(name)}-${sizeBytes}"`, sizeBytes };
        }),
    );
  }

  async completeMultipart(key: string, multipartId: string, parts: readonly Part[]): Promise<void> {
    const folder = this.#multipartPath(multipartId);
    const partBytes = await this.#partBytes(key, multipartId);
    const isGapless = parts.every(
      ({ number, sizeBytes }, i) => number === i + 1 && (sizeBytes === partBytes || i === parts.length - 1),
    );
    if (!isGapless) throw new RangeError(`The parts of ${key} have gaps between them`);
    await truncate(
      join(folder, DATA_FILE),
      parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    await this.#moveInto(join(folder, DATA_FILE), this.#path(key), key);
    await rm(folder, { recursive: true, force: true });
  }

  async #partBytes(key: string, multipartId: string): Promise<number> {
    const told = await readFile(join(this.#multipartPath(multipartId), KEY_FILE), 'utf8').catch((error) => {
      throw isAbsent(error) ? new ObjectNotFoundError(key) : error;
    });
    return Number(JSON.parse(told).partBytes);
  }

  async abortMultipart(_key: string, multipartId: string): Promise<void> {
    await rm(this.#multipartPath(multipartId), { recursive: true, force: true });
  }

  async abortMultiparts(prefix: string): Promise<void> {
    for (const id of (await readdir(join(this.root, TEMPORARY, 'multipart')).catch(nullIfAbsent)) ?? []) {
      const told = await readFile(join(this.#multipartPath(id), KEY_FILE), 'utf8').catch(nullIfAbsent);
      const key: unknown = told === null ? null : JSON.parse(told || '{}').key;
      if (typeof key === 'string' && key.startsWith(prefix)) await this.abortMultipart(key, id);
    }
  }

  async sweepUnfinished(now: Date): Promise<void> {
    const folder = join(this.root, TEMPORARY);
    const multiparts = join(folder, 'multipart');
    for (const parent of [folder, multiparts]) {
      for (const name of (await readdir(parent).catch(nullIfAbsent)) ?? []) {
        const path = join(parent, name);
        const found = path === multiparts ? null : await stat(path).catch(nullIfAbsent);
        // What is another name of an object has the time of its content: that of the name is its change.
        if (found && now.getTime() - found.ctimeMs > UNFINISHED_MS) await rm(path, { recursive: true, force: true });
      }
    }
  }

  async signedUrl(): Promise<null> {
    return null;
  }

  localPath(key: string): string {
    return this.#path(key);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.root);
    return bavail * bsize;
  }

  async check(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    await access(this.root, constants.R_OK | constants.W_OK);
  }

  #path(key: string): string {
    assertKey(key);
    return pathOf(this.root, key);
  }

  #multipartPath(id: string): string {
    if (!/^[0-9a-f-]{36}$/.test(id)) throw new RangeError(`Not the id of a multipart upload: ${id}`);
    return join(this.root, TEMPORARY, 'multipart', id);
  }

  async #temporaryPath(): Promise<string> {
    const folder = join(this.root, TEMPORARY);
    this.#temporaryFolder ??= mkdir(folder, { recursive: true });
    await this.#temporaryFolder;
    return join(folder, randomUUID());
  }
  #temporaryFolder: Promise<unknown> | undefined;

  /**
   * A folder may vanish while it is made or moved into, when a delete prunes it: then it is made again. What the system says
   * of that is now "not there", now "in the way", which is a conflict only if something is.
   */
  async #moveInto(temporary: string, target: string, key: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        if (tries > 0) await mkdir(dirname(target), { recursive: true });
        return await rename(temporary, target);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        const isInTheWay = ['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY'].includes(code);
        if (isInTheWay && (await this.#isTaken(target))) throw new KeyConflictError(key);
        if ((!isInTheWay && code !== 'ENOENT') || tries > 20) throw error;
      }
    }
  }

  /** Whether the target is a folder, or a file is where one of its folders would be. */
  async #isTaken(target: string): Promise<boolean> {
    if ((await stat(target).catch(nullIfAbsent))?.isDirectory()) return true;
    for (let folder = dirname(target); folder.length > this.root.length; folder = dirname(folder)) {
      const found = await stat(folder).catch(nullIfAbsent);
      if (found) return !found.isDirectory();
    }
    return false;
  }

  async #pruneEmptyFolders(folder: string): Promise<void> {
    while (folder.length > this.root.length) {
      try {
        await rmdir(folder);
      } catch {
        return;
      }
      folder = dirname(folder);
    }
  }

  /** Keys below a folder in byte order, skipping folders that hold none past `after` or none with the prefix. */
  async *#walk(folder: string, base: string, prefix: string, after: string): AsyncGenerator<string> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(nullIfAbsent);
    if (!entries) return;
    const children = entries
      .filter((entry) => !(base === '' && entry.name === TEMPORARY))
      .map((entry) => ({ entry, key: base + decodeSegment(entry.name, entry.isDirectory()) }))
      .sort((a, b) => byKey(a.key, b.key));
    for (const { entry, key } of children) {
      if (entry.isDirectory()) {
        const mayMatch = key.startsWith(prefix) || prefix.startsWith(key);
        const isBehind = byKey(key, after) < 0 && !after.startsWith(key);
        if (mayMatch && !isBehind) yield* this.#walk(join(folder, entry.name), key, prefix, after);
      } else if (key.startsWith(prefix) && byKey(key, after) > 0) {
        yield key;
      }
    }
  }
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function nullIfAbsent(error: unknown): null {
  if (isAbsent(error)) return null;
  throw error;
}

/** No file can have another name, or the file system has no such thing: then its bytes are copied. */
const NO_LINK = ['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Another file of the same content that costs no space where the file system can do that: one that shares its blocks, or
 * another name of it, since an object is replaced and never written into.
 */
async function duplicate(from: string, to: string): Promise<void> {
  const isCloned = await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    (error) => {
      if (isAbsent(error)) throw error;
      return false;
    },
  );
  if (isCloned) return;
  await rm(to, { force: true });
  await link(from, to).catch(async (error) => {
    if (!NO_LINK.includes(error.code)) throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  });
}

import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { AnswerError } from './errors.ts';

const RETRIES = 6;
/** Where a server asks to wait and does not say how long. */
const WAIT_SECONDS = 5;

/** Where content is kept unless somebody says otherwise. */
export const defaultCache = (): string => join(homedir(), '.cache', 'granary');

export interface Wanted {
  sha256: string;
  size: number;
  /** What it is called in messages. */
  path: string;
  url: string;
  /** Where it is as well, for when the URL no longer works. */
  fallbackUrl: string;
}

/**
 * Content by its SHA-256, shared by all datasets, versions and formats that are pulled on this machine. What is here is
 * whole: it comes under its name when its hash was compared. What was cut off is gone on with, by this process or the next.
 */
export class ContentCache {
  readonly #folder: string;
  readonly #headersFor: (url: string) => Record<string, string>;
  /** Content that is wanted twice is fetched once. */
  readonly #coming = new Map<string, Promise<number>>();

  constructor(folder: string, headersFor: (url: string) => Record<string, string>) {
    this.#folder = folder;
    this.#headersFor = headersFor;
  }

  pathOf(sha256: string): string {
    return join(this.#folder, 'sha256', sha256.slice(0, 2), sha256);
  }

  async #has({ sha256, size }: Pick<Wanted, 'sha256' | 'size'>): Promise<boolean> {
    const found = await stat(this.pathOf(sha256)).catch(() => null);
    return found?.size === size;
  }

  /**
   * Fetches what is not here, or takes it from a file of this machine that should have it.
   *
   * @returns how many bytes came
   * @throws Error when the content has another hash
   */
  fetch(wanted: Wanted, signal?: AbortSignal, local: string | null = null): Promise<number> {
    const known = this.#coming.get(wanted.sha256);
    if (known) return known.then(() => 0);
    const coming = this.#fetch(wanted, signal, local).finally(() => this.#coming.delete(wanted.sha256));
    this.#coming.set(wanted.sha256, coming);
    return coming;
  }

  async #fetch(wanted: Wanted, signal: AbortSignal | undefined, local: string | null): Promise<number> {
    if (await this.#has(wanted)) return 0;
    if (local !== null && (await this.#adopt(local, wanted.sha256))) return 0;
    const partial = await this.#partialOf(wanted.sha256);
    const { hash, size } = await hashed(partial);
    const progress = { hash, received: size, fetched: 0 };
    const file = await open(partial, 'a');
    try {
      if (size > wanted.size) throw new OtherContent();
      await receive(wanted, { headersFor: this.#headersFor, signal }, progress, (bytes) => file.appendFile(bytes));
      if (progress.hash.digest('hex') !== wanted.sha256) throw new OtherContent();
    } catch (error) {
      if (!(error instanceof OtherContent)) throw error;
      await rm(partial, { force: true });
      throw new Error(`${wanted.path} came with other content than its SHA-256 says. Pull again.`);
    } finally {
      await file.close();
    }
    const target = this.pathOf(wanted.sha256);
    await mkdir(dirname(target), { recursive: true });
    await chmod(partial, 0o444);
    await rename(partial, target);
    return progress.fetched;
  }

  /** A file for what arrives, of this process alone: what a process that has ended left behind is taken over. */
  async #partialOf(sha256: string): Promise<string> {
    const folder = join(this.#folder, 'incoming', sha256.slice(0, 2));
    await mkdir(folder, { recursive: true });
    const own = join(folder, `${sha256}.${process.pid}`);
    const left = (await readdir(folder)).filter((name) => name.startsWith(`${sha256}.`));
    for (const name of left) {
      if (name.endsWith(`.${process.pid}`)) return own;
      if (isRunning(Number(name.slice(sha256.length + 1)))) continue;
      const isOurs = await rename(join(folder, name), own).then(
        () => true,
        () => false,
      );
      if (isOurs) return own;
    }
    return own;
  }

  /** Takes a copy of a file that should have this content. @returns whether it has */
  async #adopt(path: string, sha256: string): Promise<boolean> {
    const { hash } = await hashed(path);
    if (hash.digest('hex') !== sha256) return false;
    const partial = await this.#partialOf(sha256);
    await copyFile(path, partial, constants.COPYFILE_FICLONE);
    await chmod(partial, 0o444);
    await mkdir(dirname(this.pathOf(sha256)), { recursive: true });
    await rename(partial, this.pathOf(sha256));
    return true;
  }

  /** Puts content at a path. @throws Error when it is not here */
  async place(sha256: string, target: string, how: 'hard' | 'copy'): Promise<void> {
    const source = this.pathOf(sha256);
    const isLinked = how === 'hard' && (await link(source, target).then(() => true, isOtherDisk));
    if (isLinked) return;
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await chmod(target, 0o644);
  }
}

class OtherContent extends Error {}

function isOtherDisk(error: NodeJS.ErrnoException): false {
  if (error.code === 'EXDEV' || error.code === 'EPERM' || error.code === 'EMLINK') return false;
  throw error;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function hashed(path: string): Promise<{ hash: ReturnType<typeof createHash>; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  const stream = createReadStream(path);
  try {
    for await (const chunk of stream) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return { hash, size };
}

interface Progress {
  hash: ReturnType<typeof createHash>;
  received: number;
  fetched: number;
}

/** Reads content to its end, and goes on by Range where it was cut off. */
async function receive(
  wanted: Wanted,
  { headersFor, signal }: { headersFor: (url: string) => Record<string, string>; signal: AbortSignal | undefined },
  progress: Progress,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  let { url } = wanted;
  for (let left = RETRIES; progress.received < wanted.size; ) {
    const before = progress.received;
    try {
      const range: Record<string, string> = before > 0 ? { Range: `bytes=${before}-` } : {};
      const headers = { ...headersFor(url), ...range };
      const response = await fetch(url, { headers, ...(signal ? { signal } : {}) });
      const isWhole = response.status === 200 && before === 0;
      if (!response.body || (!isWhole && response.status !== 206)) throw await AnswerError.of(response);
      for await (const chunk of response.body) {
        progress.hash.update(chunk);
        progress.received += chunk.length;
        progress.fetched += chunk.length;
        if (progress.received > wanted.size) throw new OtherContent();
        await write(chunk);
      }
      if (progress.received < wanted.size) throw new Error(`${wanted.path} was cut off`);
    } catch (error) {
      if (signal?.aborted || error instanceof OtherContent) throw error;
      if (error instanceof AnswerError && error.status === 429) {
        await pause((error.retryAfter ?? WAIT_SECONDS) * 1000, signal);
        continue;
      }
      const isRefused = error instanceof AnswerError && error.status < 500;
      // A URL of the store expires; Granary gives the content itself, or another.
      if (isRefused && url !== wanted.fallbackUrl) url = wanted.fallbackUrl;
      else if (isRefused) throw error;
      if (progress.received > before) left = RETRIES;
      else if (--left === 0) throw error;
      await pause(200 * 2 ** (RETRIES - left), signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise((wake) => setTimeout(wake, ms));
  signal?.throwIfAborted();
}

import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '@granary/archives';
import {
  type DatasetSource,
  type ImageEntry,
  isImagePath,
  listedSource,
  probedEntry,
  type ReportBuilder,
} from '@granary/formats';
import { AppError } from '../errors/app-error.ts';

/** What an analysis keeps on disk while it runs: texts only. */
export const MAX_SPOOLED_BYTES = 4 * 1024 ** 3;
const MAX_ENTRIES = 500_000;
const TEXT = /\.(txt|xml|ya?ml|json|csv|tsv|names|data|md|(csv|tsv|json)\.gz)$/i;

/** The texts of uploads in one file of the local disk, and the names of all else; gone when it is closed. */
export class Spool {
  readonly #folder: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #report: ReportBuilder;
  readonly #entries = new Map<string, { sizeBytes: number; at: number | null; image: ImageEntry | null }>();
  #end = 0;

  private constructor(folder: string, path: string, handle: FileHandle, report: ReportBuilder) {
    this.#report = report;
    this.#folder = folder;
    this.#path = path;
    this.#handle = handle;
  }

  /** @param report gets what is wrong with the images */
  static async create(report: ReportBuilder): Promise<Spool> {
    const folder = await mkdtemp(join(tmpdir(), 'granary-analysis-'));
    const path = join(folder, 'texts');
    return new Spool(folder, path, await open(path, 'wx', 0o600), report);
  }

  /** @throws AppError `too_large_to_analyse` */
  async add(path: string, entry: Entry): Promise<void> {
    if (this.#entries.size >= MAX_ENTRIES) throw tooLarge(`more than ${MAX_ENTRIES.toLocaleString('en')} files`);
    const isText = TEXT.test(path);
    const at = isText ? this.#end : null;
    let image: ImageEntry | null = null;
    if (entry.load) {
      if (isText) await this.#append(await entry.load());
      else if (isImagePath(path)) image = probedEntry(path, await entry.load(), this.#report);
    } else if (entry.open) {
      const stream = await entry.open();
      if (isText) for await (const chunk of stream) await this.#append(chunk as Buffer);
      else stream.resume();
    }
    this.#entries.set(path, { sizeBytes: entry.sizeBytes, at, image });
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#end + bytes.length > MAX_SPOOLED_BYTES) throw tooLarge('more than 4 GiB of annotations');
    for (let at = 0; at < bytes.length; )
      at += (await this.#handle.write(bytes, at, bytes.length - at, this.#end + at)).bytesWritten;
    this.#end += bytes.length;
  }

  source(): DatasetSource {
    const files = [...this.#entries].map(([path, { sizeBytes }]) => ({ path, sizeBytes }));
    return listedSource(files, {
      open: (path, start) => {
        const { at = null, sizeBytes = 0 } = this.#entries.get(path) ?? {};
        if (at === null) return null;
        return start >= sizeBytes
          ? nothing()
          : createReadStream(this.#path, { start: at + start, end: at + sizeBytes - 1 });
      },
      imageOf: (path) => this.#entries.get(path)?.image ?? { path, width: null, height: null },
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function tooLarge(why: string): AppError {
  return new AppError('too_large_to_analyse', {
    message: `The uploads have ${why}, too much to analyze while you wait.`,
  });
}

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { dumpDatabase, fillDatabase } from '@granary/db';
import { FilesystemStore, ObjectNotFoundError, type ObjectStore } from '@granary/storage';
import pLimit from 'p-limit';
import { z } from 'zod';

/** What a site is made of. */
export interface Site {
  databaseUrl: string;
  store: ObjectStore;
}

export interface SiteCopied {
  rows: number;
  objects: number;
  bytes: number;
  /** Objects that were there when the list was made, and had gone when they were to be read. */
  gone: string[];
}

const MANIFEST = 'objects.jsonl';
const line = z.object({ key: z.string(), sizeBytes: z.number(), sha256: z.string() });
const AT_ONCE = 8;

/**
 * Copies a whole site into an empty folder: the rows as they were at one moment, and after that every object, with a
 * manifest of their hashes. What is written meanwhile is no part of it, and what is deleted meanwhile is named.
 */
export async function backUpSite({ databaseUrl, store }: Site, folder: string): Promise<SiteCopied> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const manifest = createWriteStream(join(folder, MANIFEST), { flags: 'wx', mode: 0o600 });
  await new Promise((opened, failed) => manifest.once('open', opened).once('error', failed));
  const rows = await dumpDatabase(databaseUrl, join(folder, 'database'));
  const copied: SiteCopied = { rows, objects: 0, bytes: 0, gone: [] };
  const target = new FilesystemStore(join(folder, 'objects'));
  await target.check();
  await eachAtOnce(store.walk(''), async ({ key }) => {
    // Exports are made again when somebody asks.
    if (key.startsWith('exports/')) return;
    try {
      const { sizeBytes, sha256 } = await copy(store, target, key);
      manifest.write(`${JSON.stringify({ key, sizeBytes, sha256 })}\n`);
      copied.objects++;
      copied.bytes += sizeBytes;
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      copied.gone.push(key);
    }
  });
  await new Promise((ended) => manifest.end(ended));
  return copied;
}

/**
 * Puts a copied site into an empty database, with its tables, and a store. Objects come first, each with its hash; the rows
 * that name them last and all at once, so that a restore which is cut off can be begun again.
 *
 * @throws Error when an object of the copy is not what the manifest says, or the database is in use
 */
export async function restoreSite({ databaseUrl, store }: Site, folder: string): Promise<SiteCopied> {
  const source = new FilesystemStore(join(folder, 'objects'));
  const copied: SiteCopied = { rows: 0, objects: 0, bytes: 0, gone: [] };
  await eachAtOnce(linesOf(join(folder, MANIFEST)), async ({ key, sha256 }) => {
    const made = await copy(source, store, key);
    if (made.sha256 !== sha256) {
      await store.delete([key]);
      throw new Error(`${key} is damaged in the backup: its SHA-256 is ${made.sha256} instead of ${sha256}.`);
    }
    copied.objects++;
    copied.bytes += made.sizeBytes;
  });
  copied.rows = await fillDatabase(databaseUrl, join(folder, 'database'));
  return copied;
}

async function copy(from: ObjectStore, to: ObjectStore, key: string): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const info = await from.head(key);
  if (!info) throw new ObjectNotFoundError(key);
  const content = await from.get(key);
  const hashed = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  content.once('error', (error) => hashed.destroy(error));
  const { sizeBytes } = await to.put(key, content.pipe(hashed), { expectedBytes: info.sizeBytes });
  return { sizeBytes, sha256: hash.digest('hex') };
}

async function* linesOf(file: string): AsyncGenerator<z.infer<typeof line>> {
  for await (const text of createInterface({ input: createReadStream(file) })) yield line.parse(JSON.parse(text));
}

/** A few at once, and never more in memory than a few. */
async function eachAtOnce<Item>(items: AsyncIterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const running = new Set<Promise<void>>();
  for await (const item of items) {
    const one = limit(() => work(item)).finally(() => running.delete(one));
    running.add(one);
    if (running.size >= 2 * AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
}

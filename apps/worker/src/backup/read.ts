import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type Archive, DEFAULT_LIMITS, type Entry, openStoredZip } from '@granary/archives';
import { JobFailure } from '@granary/core/errors/failures';
import { isTooDeep } from '@granary/formats';
import { type ObjectStore, readStream } from '@granary/storage';
import { BACKUP, type BackupHead, backupHead, type ManifestLine, manifestLine } from './layout.ts';

export interface BackupEntry {
  path: string;
  sizeBytes: number;
  /** Of the first entry: what it is a backup of. */
  head: BackupHead | null;
  /** How far the reading is, 0 to 1. */
  position: number;
  /** The bytes, to be read before the next entry is asked for; they end with an error unless they are what the manifest says. */
  content(): AsyncGenerator<Buffer>;
}

/** A backup may hold far more than an upload may; what it holds is bounded by its manifest. */
const LIMITS = { ...DEFAULT_LIMITS, maxEntries: 50_000_000, maxBytes: Number.MAX_SAFE_INTEGER };

/**
 * The entries of a backup in their order, each beside its line of the manifest. Memory does not grow with their number.
 *
 * @throws JobFailure `not_a_backup`, `backup_damaged` naming the entry
 */
export async function* readBackup(
  store: ObjectStore,
  storageKey: string,
  signal: AbortSignal,
): AsyncGenerator<BackupEntry> {
  try {
    const open = () => openStoredZip(store, storageKey, 'the backup', LIMITS);
    const [archive, again] = [await open(), await open()];
    const manifest = linesOf(await lastEntry(again));
    let isFirst = true;
    for await (const entry of archive.entries(0)) {
      signal.throwIfAborted();
      if (entry.name === BACKUP.manifest) break;
      const line = (await manifest.next()).value;
      if (line?.path !== entry.name || line.size !== entry.sizeBytes) throw damagedBackup(entry.name);
      const head = isFirst ? readHead(entry.name, await collect(entry)) : null;
      isFirst = false;
      yield {
        path: entry.name,
        sizeBytes: entry.sizeBytes,
        head,
        position: archive.position(),
        content: () => checked(entry, line),
      };
    }
    if (!(await manifest.next()).done) throw damagedBackup(BACKUP.manifest);
  } catch (error) {
    if (error instanceof JobFailure) throw new JobFailure('backup_damaged', error.message, { cause: error });
    throw error;
  }
}

async function lastEntry(archive: Archive): Promise<Entry> {
  let last: Entry | null = null;
  for await (const entry of archive.entries(0)) last = entry;
  if (last?.name === BACKUP.manifest) return last;
  throw new JobFailure(
    'not_a_backup',
    `The zip is not a backup made by Granary: it does not end with ${BACKUP.manifest}.`,
  );
}

async function* linesOf(entry: Entry): AsyncGenerator<ManifestLine, undefined> {
  const lines = createInterface({ input: Readable.from(bytesOf(entry)), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    const parsed = manifestLine.safeParse(parse(line));
    if (!parsed.success) throw damagedBackup(BACKUP.manifest);
    yield parsed.data;
  }
  return undefined;
}

function readHead(path: string, bytes: Buffer): BackupHead {
  const parsed = path === BACKUP.head ? backupHead.safeParse(parse(bytes.toString())) : null;
  if (parsed?.success) return parsed.data;
  throw new JobFailure(
    'not_a_backup',
    `The zip is not a backup that this Granary can read: ${BACKUP.head} is not its first entry, or is not valid.`,
  );
}

/** Null for what is no JSON, or no JSON of a backup: nothing that is kept is nested so deeply. */
export function parse(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return isTooDeep(value) ? null : value;
  } catch {
    return null;
  }
}

async function* bytesOf(entry: Entry): AsyncGenerator<Buffer> {
  if (entry.load) yield await entry.load();
  else if (entry.open) yield* await entry.open();
}

const MAX_HEAD_BYTES = 64 * 1024 ** 2;

const collect = (entry: Entry): Promise<Buffer> => readStream(Readable.from(bytesOf(entry)), MAX_HEAD_BYTES);

async function* checked(entry: Entry, { sha256 }: ManifestLine): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of bytesOf(entry)) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw damagedBackup(entry.name);
}

export const damagedBackup = (path: string): JobFailure =>
  new JobFailure('backup_damaged', `${path} in the backup does not match its manifest: the zip is damaged.`);

import { pipeline, type Readable, Transform } from 'node:stream';
import { crc32, inflateRawSync } from 'node:zlib';
import { fromRandomAccessReaderPromise, type Entry as ZipEntry, type ZipFile } from 'yauzl';
import { ArchiveError } from './archive-error.ts';
import type { BlockReader } from './block-reader.ts';
import { type Archive, type Entry, SMALL_BYTES } from './entry.ts';
import { LimitCounter, type Limits } from './limits.ts';
import { decodeEntryName } from './names.ts';

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAGS = 0x1 | 0x40;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_SIGNATURE = 0x02014b50;

/** Opens a zip after a look at its whole directory: what is wrong with it is found before anything is written. */
export async function openZip(reader: BlockReader, filename: string, limits: Limits): Promise<Archive> {
  await checkDirectory(reader, filename, limits);
  let position = 0;
  return {
    position: () => position,
    async *entries(from) {
      const zip = await openDirectory(reader, filename);
      let index = 0;
      for await (const entry of zip.eachEntry()) {
        position = Math.max(position, (entry.relativeOffsetOfLocalHeader + entry.compressedSize) / reader.sizeBytes);
        if (index >= from) yield toEntry(reader, zip, entry, index);
        index++;
      }
    },
  };
}

async function openDirectory(reader: BlockReader, filename: string): Promise<ZipFile> {
  try {
    return await fromRandomAccessReaderPromise(reader, reader.sizeBytes, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
      validateEntrySizes: true,
    });
  } catch (error) {
    throw new ArchiveError('archive_broken', `${filename} is a truncated or damaged zip: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function checkDirectory(reader: BlockReader, filename: string, limits: Limits): Promise<void> {
  const zip = await openDirectory(reader, filename);
  const counter = new LimitCounter(limits);
  const starts: number[] = [];
  const ends: number[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry);
      if (entry.generalPurposeBitFlag & ENCRYPTED_FLAGS) {
        throw new ArchiveError(
          'encrypted',
          `${name} in ${filename} is encrypted with a password. Pack the files again without one.`,
        );
      }
      if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
        throw new ArchiveError(
          'unsupported_compression',
          `${name} in ${filename} is packed by method ${entry.compressionMethod}; only stored and deflated entries can be read. Pack the files again as an ordinary zip.`,
        );
      }
      counter.add(name, entry.uncompressedSize, entry.compressedSize, reader.sizeBytes);
      starts.push(entry.relativeOffsetOfLocalHeader);
      ends.push(entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + entry.fileNameLength + entry.compressedSize);
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(
      'archive_broken',
      `The directory of ${filename} is truncated or damaged: ${messageOf(error)}`,
      { cause: error },
    );
  }
  await assertDirectoryEnds(reader, filename);
  assertNoOverlap(filename, starts, ends, reader.sizeBytes);
}

/** A directory that holds more entries than its count says is read differently by every program. */
async function assertDirectoryEnds(reader: BlockReader, filename: string): Promise<void> {
  const next = await reader.range(reader.lastReadEnd, reader.lastReadEnd + 4);
  if (next.length === 4 && next.readUInt32LE(0) === CENTRAL_SIGNATURE) {
    throw new ArchiveError(
      'archive_broken',
      `The directory of ${filename} has more entries than it says. Pack the files again.`,
    );
  }
}

/** Entries that share bytes are how small zips unpack to petabytes. */
function assertNoOverlap(
  filename: string,
  starts: readonly number[],
  ends: readonly number[],
  sizeBytes: number,
): void {
  const order = Float64Array.from(starts.keys()).sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0));
  let end = 0;
  for (const index of order) {
    if ((starts[index] ?? 0) < end) {
      throw new ArchiveError(
        'archive_broken',
        `Entries of ${filename} overlap, as in a decompression bomb. Pack the files again.`,
      );
    }
    end = ends[index] ?? 0;
  }
  if (end > sizeBytes)
    throw new ArchiveError('archive_broken', `${filename} is truncated: an entry reaches beyond its end.`);
}

function toEntry(reader: BlockReader, zip: ZipFile, entry: ZipEntry, index: number): Entry {
  const name = nameOf(entry);
  const isSmall = entry.uncompressedSize <= SMALL_BYTES && entry.compressedSize <= SMALL_BYTES * 2;
  return {
    index,
    name,
    type: typeOf(entry, name),
    sizeBytes: entry.uncompressedSize,
    load: isSmall ? () => loadEntry(reader, entry, name) : null,
    open: isSmall ? null : () => streamEntry(zip, entry, name),
  };
}

/** The upper half of the external attributes is a Unix mode where the file was made on Unix. */
function typeOf(entry: ZipEntry, name: string): Entry['type'] {
  const unixType = (entry.externalFileAttributes >>> 16) & 0o170000;
  const isFromUnix = entry.versionMadeBy >>> 8 === 3;
  if (isFromUnix && unixType === 0o120000) return { special: 'a symbolic link' };
  if (isFromUnix && unixType !== 0 && unixType !== 0o100000 && unixType !== 0o040000)
    return { special: 'a special file' };
  return /[/\\]$/.test(name) || (isFromUnix && unixType === 0o040000) ? 'directory' : 'file';
}

async function loadEntry(reader: BlockReader, entry: ZipEntry, name: string): Promise<Buffer> {
  const start = entry.relativeOffsetOfLocalHeader;
  const guess = start + LOCAL_HEADER_BYTES + entry.fileNameLength + entry.extraFieldLength + 64 + entry.compressedSize;
  let bytes = await reader.range(start, guess);
  if (bytes.length < LOCAL_HEADER_BYTES || bytes.readUInt32LE(0) !== 0x04034b50)
    throw damaged(name, 'its local header is missing');
  const dataStart = LOCAL_HEADER_BYTES + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const dataEnd = dataStart + entry.compressedSize;
  if (dataEnd > bytes.length) bytes = await reader.range(start, start + dataEnd);
  if (dataEnd > bytes.length) throw damaged(name, 'it is truncated');
  const packed = bytes.subarray(dataStart, dataEnd);
  const content = entry.compressionMethod === STORED ? packed : unpack(packed, entry, name);
  if (content.length !== entry.uncompressedSize) throw damaged(name, 'its size does not match the directory');
  if (crc32(content) !== entry.crc32) throw damaged(name, 'its checksum (CRC-32) is wrong');
  return content;
}

/**
 * On this thread and into one buffer of the right size: for entries of some kilobytes that takes a third of the time of
 * a trip through the thread pool, which is busy writing.
 */
function unpack(packed: Buffer, entry: ZipEntry, name: string): Buffer {
  const sizeBytes = Math.max(64, entry.uncompressedSize);
  try {
    return inflateRawSync(packed, { maxOutputLength: sizeBytes, chunkSize: sizeBytes });
  } catch (error) {
    throw damaged(name, messageOf(error), error);
  }
}

async function streamEntry(zip: ZipFile, entry: ZipEntry, name: string): Promise<Readable> {
  const source = await zip.openReadStreamPromise(entry).catch((error) => {
    throw damaged(name, messageOf(error), error);
  });
  let checksum = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      checksum = crc32(chunk, checksum);
      done(null, chunk);
    },
    flush(done) {
      done(checksum === entry.crc32 ? null : damaged(name, 'its checksum (CRC-32) is wrong'));
    },
  });
  pipeline(source, checked, (error) => {
    if (error && !checked.destroyed)
      checked.destroy(error instanceof ArchiveError ? error : damaged(name, messageOf(error), error));
  });
  return checked;
}

function nameOf(entry: ZipEntry): string {
  // With decodeStrings off, yauzl hands out the name's bytes.
  const raw: unknown = entry.fileName;
  return Buffer.isBuffer(raw) ? decodeEntryName(raw, entry.generalPurposeBitFlag, entry.extraFields) : String(raw);
}

function damaged(name: string, why: string, cause?: unknown): ArchiveError {
  return new ArchiveError(
    'archive_broken',
    `${name} is corrupt or truncated in the archive: ${why}. Pack and upload it again.`,
    { cause },
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

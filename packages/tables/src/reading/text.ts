import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { type LocalSource, SourceError } from '../source.ts';
import { unzstd } from './zstd.ts';

const CHUNK_BYTES = 1024 * 1024;

/**
 * The text of a source, some megabytes at a time, decompressed and without its byte order mark. How it is compressed and
 * encoded is told by its first bytes, whatever its name says. Parts end between characters.
 *
 * @throws SourceError for compression that is cut or damaged, and for what is neither UTF-8 nor UTF-16, with the line
 */
export async function* textOf(source: LocalSource): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytesOf(source)) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (offset === 0 && bytes.length < 4 && bytes.length > 0) {
      rest = bytes;
      continue;
    }
    if (offset === 0) decoder = utf16Of(bytes);
    if (decoder) {
      offset += bytes.length;
      rest = Buffer.alloc(0);
      yield decoded(source, decoder, bytes);
      continue;
    }
    const end = endOfCharacters(bytes);
    const whole = bytes.subarray(0, end);
    rest = bytes.subarray(end);
    if (!isUtf8(whole)) await refuse(source, offset, whole);
    yield withoutMark(whole, offset);
    offset += whole.length;
  }
  if (decoder) yield decoded(source, decoder);
  else if (rest.length > 0) {
    if (!isUtf8(rest)) await refuse(source, offset, rest);
    yield withoutMark(rest, offset);
  }
}

/** The bytes of a source, decompressed. @throws SourceError for compression that is cut or damaged */
async function* bytesOf({ path, name }: LocalSource): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    const first = await firstOf(file);
    const kind = first && compressionOf(first);
    const told = { gz: 'gzip', zst: 'zstd' }[/\.(gz|zst)$/i.exec(path)?.[1]?.toLowerCase() ?? ''];
    if (told && kind !== told)
      throw new SourceError(`${name} is not a ${told} file, or it is cut off. Upload it again.`);
    if (!first) return;
    if (kind === 'zip' || kind === 'bzip2' || kind === 'xz' || kind === '7z') {
      throw new SourceError(`${name} is compressed with ${kind}. Unpack it, or compress it with gzip or zstd.`);
    }
    file.unshift(first);
    if (kind === null) yield* file;
    else yield* kind === 'gzip' ? gunzip(file) : unzstd(file);
  } catch (error) {
    throw error instanceof SourceError || !(error instanceof Error) || isOfDisk(error)
      ? error
      : new SourceError(`${name} is damaged: ${reasonOf(error)}. Upload it again.`, { cause: error });
  } finally {
    file.destroy();
  }
}

async function firstOf(file: AsyncIterable<Buffer> & { read(): Buffer | null; once: NodeJS.ReadableStream['once'] }) {
  return new Promise<Buffer | null>((resolve, reject) => {
    const onReadable = () => resolve(file.read());
    file.once('readable', onReadable);
    file.once('end', () => resolve(null));
    file.once('error', reject);
  });
}

function gunzip(file: NodeJS.ReadableStream): AsyncIterable<Buffer> {
  return pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => {});
}

const MAGIC: [kind: 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'zip' | '7z', bytes: number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf]],
];

function compressionOf(first: Buffer) {
  if (first.length >= 4 && (first.readUInt32LE() & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  // A text may begin with "BZh", but not with the digit and the mark of a block behind it.
  const found = MAGIC.find(([, bytes]) => bytes.every((byte, i) => first[i] === byte))?.[0] ?? null;
  return found === 'bzip2' && first[4] !== 0x31 ? null : found;
}

const isOfDisk = (error: NodeJS.ErrnoException): boolean => error.syscall !== undefined;

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'Z_BUF_ERROR') return 'it is cut off';
  if (error.code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return 'its zstd window takes more than 128 MB of memory; compress it without --long or --ultra';
  }
  return error.message;
}

function utf16Of(first: Buffer): TextDecoder | null {
  const [a, b] = first;
  const options = { fatal: true };
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le', options);
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be', options);
  // Texts that begin with Latin letters have every other byte empty.
  if (a !== 0 && b === 0 && first[3] === 0) return new TextDecoder('utf-16le', options);
  if (a === 0 && b !== 0 && first[2] === 0) return new TextDecoder('utf-16be', options);
  return null;
}

function decoded({ name }: LocalSource, decoder: TextDecoder, bytes?: Buffer): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch (error) {
    throw new SourceError(`${name} is not complete UTF-16. Save the file as UTF-8.`, { cause: error });
  }
}

const withoutMark = (bytes: Buffer, offset: number): string => {
  const text = bytes.toString('utf8');
  return offset === 0 && text.startsWith('\uFEFF') ? text.slice(1) : text;
};

/** Where the last character that is there as a whole ends. */
function endOfCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

async function refuse(source: LocalSource, offset: number, bytes: Buffer): Promise<never> {
  let low = 0;
  let high = bytes.length;
  // The longest beginning that is sound, but for a character that is cut.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isUtf8(bytes.subarray(0, endOfCharacters(bytes.subarray(0, middle))))) low = middle;
    else high = middle - 1;
  }
  const at = endOfCharacters(bytes.subarray(0, low));
  const line = (await linesBefore(source, offset + at)) + 1;
  const byte = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0');
  throw new SourceError(
    `${source.name}, line ${line}: the byte 0x${byte} is not UTF-8. Save the file as UTF-8: it may be in another encoding, such as Latin-1, CP949 or Shift JIS.`,
  );
}

async function linesBefore(source: LocalSource, offset: number): Promise<number> {
  let left = offset;
  let lines = 0;
  for await (const chunk of bytesOf(source)) {
    const bytes = chunk.subarray(0, left);
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
    left -= bytes.length;
    if (left === 0) break;
  }
  return lines;
}

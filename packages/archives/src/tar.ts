/// <reference path="./tar-stream.d.ts" />
import { pipeline, Readable, Transform } from 'node:stream';
import { type ObjectStore, readStream } from '@granary/storage';
import { extract, type Header } from 'tar-stream';
import { ArchiveError } from './archive-error.ts';
import { type Compression, decompressor } from './decompress.ts';
import { type Archive, type Entry, SMALL_BYTES } from './entry.ts';
import { LimitCounter, type Limits } from './limits.ts';
import { decodeName } from './names.ts';

const SPECIAL: Record<string, string> = {
  symlink: 'a symbolic link',
  link: 'a hard link',
  fifo: 'a FIFO',
  'character-device': 'a device',
  'block-device': 'a device',
};

/** Reads a tar, compressed or not, from its beginning to its end; entries before `from` are passed over. */
export function openTar(
  store: ObjectStore,
  upload: { key: string; filename: string; sizeBytes: number; compression: Compression | null },
  limits: Limits,
): Archive {
  let packedBytes = 0;
  return {
    position: () => packedBytes / Math.max(1, upload.sizeBytes),
    async *entries(from) {
      packedBytes = 0;
      const counter = new LimitCounter(limits);
      let unpackedBytes = 0;
      const countPacked = counting((bytes) => {
        packedBytes += bytes;
      });
      const countUnpacked = counting((bytes) => {
        unpackedBytes += bytes;
        counter.checkStream(upload.filename, unpackedBytes, packedBytes);
      });
      // Whatever the encoding is, its bytes come through as they are.

      const extraction = extract({ filenameEncoding: 'latin1' });
      const stages = upload.compression
        ? [countPacked, decompressor(upload.compression), countUnpacked]
        : [countPacked, countUnpacked];
      const source = await store.get(upload.key);
      let failure: Error | null = null;
      pipeline([source, ...stages, extraction], (error) => {
        failure = error ?? failure;
        if (error) extraction.destroy(error);
      });
      let index = 0;
      try {
        for await (const entry of extraction) {
          // A cut tar errors on the entry as well as on the extraction; without a listener that ends the process.
          entry.on('error', () => {});
          if (index < from) entry.resume();
          else {
            counter.add(nameOf(entry.header), entry.header.size ?? 0, upload.sizeBytes, upload.sizeBytes);
            yield await toEntry(entry, entry.header, index);
          }
          index++;
        }
        if (failure) throw failure;
      } catch (error) {
        throw error instanceof ArchiveError ? error : broken(upload.filename, failure ?? error);
      } finally {
        source.destroy();
        extraction.destroy();
      }
    },
  };
}

async function toEntry(
  stream: AsyncIterable<unknown> & { resume(): unknown },
  header: Header,
  index: number,
): Promise<Entry> {
  const sizeBytes = header.size ?? 0;
  const special = SPECIAL[header.type ?? 'file'];
  const isFile = header.type === 'file' || header.type === 'contiguous-file' || !header.type;
  const entry = { index, name: nameOf(header), sizeBytes };
  // Its name may be another one, and its size, too. The library is patched to tell (see patches/).
  if (typeof header.pax === 'object' && header.pax !== null && 'GRANARY.damaged' in header.pax) {
    stream.resume();
    return {
      ...entry,
      type: { special: 'an entry whose PAX record has a wrong length' },
      load: null,
      open: null,
    };
  }
  if (!isFile) {
    stream.resume();
    const type = header.type === 'directory' ? 'directory' : { special: special ?? `an entry of type ${header.type}` };
    return { ...entry, type, load: null, open: null };
  }
  if (sizeBytes <= SMALL_BYTES) {
    const content = await readStream(Readable.from(stream));
    return { ...entry, type: 'file', load: async () => content, open: null };
  }
  const pass = () => {
    stream.resume();
  };
  return { ...entry, type: 'file', load: null, open: async () => Readable.from(stream), pass };
}

/** PAX says names in UTF-8; all others are in whatever encoding the writer's system has. */
const nameOf = ({ pax, name }: Header): string =>
  typeof pax === 'object' && pax !== null && 'path' in pax ? name : decodeName(Buffer.from(name, 'latin1'));

function counting(count: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        count(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

function broken(filename: string, error: unknown): ArchiveError {
  const reason = error instanceof Error ? error.message : String(error);
  const isCut = /unexpected end|premature|truncat/i.test(reason);
  return new ArchiveError(
    'archive_broken',
    isCut
      ? `${filename} is truncated: it ends in the middle of an entry. Upload it again, or pack the files again.`
      : `${filename} is corrupt or not a tar: ${reason}. Pack the files again.`,
    { cause: error },
  );
}

import type { FileReader, FileSource } from 'tus-js-client';

/** Blobs for tus, read slice by slice: browsers send slices themselves, Node wants them as streams. */
export function readerOf(): FileReader {
  return {
    async openFile(input): Promise<FileSource> {
      const blob: Blob = input;
      const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
      const streams = isNode ? await import('node:stream') : null;
      return {
        size: blob.size,
        async slice(start, end) {
          const part = blob.slice(start, Math.min(end, blob.size));
          const value = streams ? streams.Readable.from(part.stream()) : part;
          if (streams) Object.assign(value, { size: part.size });
          return { value: value as Blob, done: end >= blob.size };
        },
        close() {},
      };
    },
  };
}

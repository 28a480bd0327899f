import { END_BYTES, fingerprintOf, inOrder, type OpenedFile, packedSize, tarOf } from './tar.ts';

export type { OpenedFile } from './tar.ts';

/** A file to be uploaded, with its path from the name of its folder on. */
export interface PickedFile {
  path: string;
  sizeBytes: number;
  /** Handles of very many files take much memory: those of folders are made anew whenever they are needed. */
  open(): Promise<File>;
}

/** One tus upload to make: what goes into it, and how large it will be. */
export interface PlannedUpload {
  kind: 'archive' | 'file';
  filename: string;
  files: readonly PickedFile[];
  isPacked: boolean;
  bytes: number;
}

/** What of a planned upload is needed to put it together. */
export interface ToPack {
  files: readonly OpenedFile[];
  isPacked: boolean;
}

/** A planned upload, put together. */
export interface PackedUpload {
  body: Blob;
  /** Finds the same upload again after a reload. */
  fingerprint: string;
  /** Where each file ends in the body, in bytes: how many are sent is told by it. */
  ends: number[];
}

const ARCHIVE = /\.(zip|tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz)$/i;

export const isArchive = (path: string): boolean => ARCHIVE.test(path);

/** A file of this size travels by itself: nothing is won by packing it. */
const LARGE_BYTES = 256 * 1024 * 1024;
/** A tar is at most this large, and has at most so many files: the smaller, the less is sent again when one is lost. */
const SHARD_BYTES = 1024 * 1024 * 1024;
const SHARD_FILES = 2000;

/** Archives and large files travel as they are; all others packed into tars, unless there is a single one. */
export function planUploads(picked: readonly PickedFile[]): PlannedUpload[] {
  const alone = picked.filter(({ path, sizeBytes }) => isArchive(path) || sizeBytes >= LARGE_BYTES);
  const small = picked.filter(({ path, sizeBytes }) => !isArchive(path) && sizeBytes < LARGE_BYTES);
  const shards = small.length > 1 ? shardsOf(small) : [];
  return [
    ...(small.length === 1 ? [...alone, ...small] : alone).map(single),
    ...shards.map((files, index): PlannedUpload => {
      const part = shards.length > 1 ? ` (part ${index + 1} of ${shards.length})` : '';
      const bytes = files.reduce((sum, file) => sum + packedSize(file), END_BYTES);
      return { kind: 'archive', filename: `${files.length} files${part}.tar`, files, isPacked: true, bytes };
    }),
  ];
}

function single(picked: PickedFile): PlannedUpload {
  const { path, sizeBytes } = picked;
  const kind = isArchive(path) ? 'archive' : 'file';
  return { kind, filename: path, files: [picked], isPacked: false, bytes: sizeBytes };
}

/** Puts one upload together, when its turn has come: very many at once would not fit into the tab's memory. */
export async function pack({ files, isPacked }: ToPack): Promise<PackedUpload> {
  const fingerprint = await fingerprintOf(files);
  const [first] = files;
  if (!isPacked && first) return { body: first.file, fingerprint, ends: [first.file.size] };
  let end = 0;
  return {
    body: tarOf(files),
    fingerprint,
    ends: files.map(({ path, file }) => (end += packedSize({ path, sizeBytes: file.size }))),
  };
}

/** The same files give the same shards, so that an upload goes on where it was. */
function shardsOf(files: readonly PickedFile[]): PickedFile[][] {
  const shards: PickedFile[][] = [];
  let shard: PickedFile[] = [];
  let bytes = 0;
  for (const picked of inOrder(files)) {
    const size = packedSize(picked);
    if (shard.length === SHARD_FILES || (shard.length > 0 && bytes + size > SHARD_BYTES)) {
      shards.push(shard);
      shard = [];
      bytes = 0;
    }
    shard.push(picked);
    bytes += size;
  }
  return [...shards, shard];
}

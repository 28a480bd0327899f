import { fingerprintOf, inOrder, type PickedFile, packedSize, tarOf } from './tar';

/** One tus upload to make. */
export interface PlannedUpload {
  kind: 'archive' | 'file';
  filename: string;
  body: Blob;
  /** Finds the same upload again after a reload. */
  fingerprint: string;
  /** Where each file ends in the body, in bytes: how many are sent is told by it. */
  ends: number[];
}

const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;

export const isArchive = (path: string): boolean => ARCHIVE.test(path);

/** A file of this size travels by itself: nothing is won by packing it. */
const LARGE_BYTES = 256 * 1024 * 1024;
/** A tar is at most this large, and has at most so many files: the smaller, the less is sent again when one is lost. */
const SHARD_BYTES = 1024 * 1024 * 1024;
const SHARD_FILES = 2000;

/** Archives and large files travel as they are; all others packed into tars, unless there is a single one. */
export async function planUploads(picked: readonly PickedFile[]): Promise<PlannedUpload[]> {
  const alone = picked.filter(({ path, file }) => isArchive(path) || file.size >= LARGE_BYTES);
  const small = picked.filter(({ path, file }) => !isArchive(path) && file.size < LARGE_BYTES);
  const plans = await Promise.all((small.length === 1 ? [...alone, ...small] : alone).map(single));
  const shards = small.length > 1 ? shardsOf(small) : [];
  for (const [index, shard] of shards.entries()) {
    const part = shards.length > 1 ? ` (part ${index + 1} of ${shards.length})` : '';
    let end = 0;
    plans.push({
      kind: 'archive',
      filename: `${shard.length} files${part}.tar`,
      body: tarOf(shard),
      fingerprint: await fingerprintOf(shard),
      ends: inOrder(shard).map((file) => (end += packedSize(file))),
    });
  }
  return plans;
}

async function single({ path, file }: PickedFile): Promise<PlannedUpload> {
  return {
    kind: isArchive(path) ? 'archive' : 'file',
    filename: path,
    body: file,
    fingerprint: await fingerprintOf([{ path, file }]),
    ends: [file.size],
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

/** What a drop zone or a file input hands out; folders keep their paths, hidden and empty names are left to the server. */
export function pickedFrom(files: readonly File[]): PickedFile[] {
  return files.map((file) => {
    const path =
      ('path' in file && typeof file.path === 'string' ? file.path : '') || file.webkitRelativePath || file.name;
    return { path: path.replace(/^(\.?\/)+/, ''), file };
  });
}

import { constants, gunzipSync } from 'node:zlib';
import { keys, type ObjectStore, readRange } from '@granary/storage';
import { ArchiveError } from './archive-error.ts';
import { BlockReader } from './block-reader.ts';
import { compressionOf } from './decompress.ts';
import { type Archive, SMALL_BYTES } from './entry.ts';
import type { Limits } from './limits.ts';
import { withRecordsUnpacked } from './records.ts';
import { openTar } from './tar.ts';
import { openZip } from './zip.ts';

export interface UploadedFile {
  id: string;
  filename: string;
  relativePath: string | null;
  kind: 'archive' | 'file' | 'annotations';
  sizeBytes: number;
}

/**
 * Opens an upload by what its bytes are, whatever its name says; TFRecord files of images in it are unpacked.
 *
 * @throws ArchiveError `not_an_archive` and others
 */
export async function openUpload(store: ObjectStore, upload: UploadedFile, limits: Limits): Promise<Archive> {
  return withRecordsUnpacked(await openAsItIs(store, upload, limits), limits);
}

async function openAsItIs(store: ObjectStore, upload: UploadedFile, limits: Limits): Promise<Archive> {
  const key = keys.upload(upload.id);
  if (upload.kind !== 'archive') return singleFile(store, key, upload);
  const { filename, sizeBytes } = upload;
  const head = await readRange(store, key, 0, 64 * 1024);
  const type = sniff(head);
  if (type === 'zip') return openZip(new BlockReader(store, key, sizeBytes), filename, limits);
  if (type === 'tar') {
    return openTar(store, { key, filename, sizeBytes, compression: compressionOf(head) }, limits);
  }
  // Behind a program that unpacks itself lies the zip, with its directory at the end.
  if (isProgram(head)) {
    const tail = await readRange(store, key, Math.max(0, sizeBytes - DIRECTORY_END_BYTES), sizeBytes);
    if (tail.includes('PK\x05\x06', 0, 'latin1'))
      return openZip(new BlockReader(store, key, sizeBytes), filename, limits);
  }
  throw new ArchiveError('not_an_archive', `${filename} cannot be unpacked: ${type}`);
}

/** Opens a zip of the store by its key. @throws ArchiveError `archive_broken` and others */
export async function openStoredZip(store: ObjectStore, key: string, name: string, limits: Limits): Promise<Archive> {
  const info = await store.head(key);
  if (!info) throw new ArchiveError('archive_gone', `${name} is no longer in the store.`);
  return openZip(new BlockReader(store, key, info.sizeBytes), name, limits);
}

function singleFile(store: ObjectStore, key: string, upload: UploadedFile): Archive {
  const isSmall = upload.sizeBytes <= SMALL_BYTES;
  return {
    position: () => 0,
    async *entries(from) {
      if (from > 0) return;
      yield {
        index: 0,
        name: upload.relativePath || upload.filename,
        type: 'file',
        sizeBytes: upload.sizeBytes,
        load: isSmall ? () => readRange(store, key, 0, upload.sizeBytes) : null,
        open: isSmall ? null : () => store.get(key),
      };
    },
  };
}

/** A zip's last record with the longest comment that it may have (APPNOTE.TXT, 4.3.16). */
const DIRECTORY_END_BYTES = 22 + 0xffff;

const isProgram = (head: Buffer): boolean => head.toString('latin1', 0, 2) === 'MZ';

const OTHERWISE = 'Upload a zip, a tar (also as tar.gz, tar.bz2, tar.xz or tar.zst), or the files themselves.';

/** `zip`, `tar`, or what it seems to be instead and what to do, in words. */
function sniff(head: Buffer): string {
  if (head.length === 0) return `it is empty. ${OTHERWISE}`;
  const signature = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (signature === 0x504b0304 || signature === 0x504b0506) return 'zip';
  if (signature === 0x504b0708)
    return 'it is part of a split zip. Join the parts (zip -s 0 data.zip --out whole.zip), and upload the whole.';
  const compression = compressionOf(head);
  if (compression === 'gzip')
    return isTarHeader(firstUnpacked(head)) ? 'tar' : `it is a gzip file without a tar in it. ${OTHERWISE}`;
  if (compression || isTarHeader(head)) return 'tar';
  if (isProgram(head)) return 'it is a program. If it unpacks itself, run it, and upload the folder that it makes.';
  if (head.subarray(0, 6).equals(Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])))
    return 'it is a 7z file. Unpack it, and upload the folder.';
  if (head.subarray(0, 4).toString('latin1') === 'Rar!') return 'it is a RAR file. Unpack it, and upload the folder.';
  return `${head.includes(0) ? 'it does not start like an archive' : 'it is a text file'}. ${OTHERWISE}`;
}

function firstUnpacked(head: Buffer): Buffer {
  try {
    // Only the first block is looked at; Z_SYNC_FLUSH takes a stream that goes on.
    return gunzipSync(head.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

/** POSIX.1-1988 and old tars alike: the header's checksum counts its own field as spaces. */
function isTarHeader(block: Buffer): boolean {
  if (block.length < 512) return false;
  const header = block.subarray(0, 512);
  const stored = Number.parseInt(header.toString('latin1', 148, 156).replace(/[\0 ]+/g, ''), 8);
  let sum = 0;
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  return sum === stored;
}

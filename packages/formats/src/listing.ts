import { extensionOf, folderOf, isImagePath } from './paths.ts';
import type { FileEntry } from './source.ts';

export interface FolderStats {
  images: number;
  /** How many files that are no images it has, by extension. */
  others: Map<string, number>;
}

/** What a detector needs to know of a listing, whatever its length: its folders, and some files of each kind. */
export interface Listing {
  numFiles: number;
  numImages: number;
  /** By folder path with trailing slash; '' is the top. */
  folders: Map<string, FolderStats>;
  /** How many files have an extension, in lower case, without its dot. */
  counts: Map<string, number>;
  /** Files by extension, in byte order, the first {@link PER_FOLDER} of each extension and folder: what describes a dataset is among them. */
  samples: Map<string, FileEntry[]>;
}

const MAX_SAMPLES = 2000;
const PER_FOLDER = 50;
/** Of folders beyond these, only the images are counted. */
const MAX_FOLDERS = 1_000_000;

export async function summarise(batches: AsyncIterable<readonly FileEntry[]>): Promise<Listing> {
  const listing: Listing = { numFiles: 0, numImages: 0, folders: new Map(), counts: new Map(), samples: new Map() };
  for await (const batch of batches) for (const file of batch) count(listing, file);
  return listing;
}

function count(listing: Listing, file: FileEntry): void {
  const folder = folderOf(file.path);
  const stats = listing.folders.get(folder) ?? { images: 0, others: new Map() };
  if (listing.folders.size < MAX_FOLDERS) listing.folders.set(folder, stats);
  listing.numFiles++;
  const extension = extensionOf(file.path);
  listing.counts.set(extension, (listing.counts.get(extension) ?? 0) + 1);
  if (isImagePath(file.path)) {
    listing.numImages++;
    stats.images++;
    return;
  }
  const before = stats.others.get(extension) ?? 0;
  stats.others.set(extension, before + 1);
  const samples = listing.samples.get(extension) ?? [];
  listing.samples.set(extension, samples);
  if (before < PER_FOLDER && samples.length < MAX_SAMPLES) samples.push(file);
}

/** Sampled files of these extensions. */
export function filesOf(listing: Listing, ...extensions: string[]): FileEntry[] {
  return extensions.flatMap((extension) => listing.samples.get(extension) ?? []);
}

/** Paths of some files of an extension, a few of every folder. */
export function spread(files: readonly FileEntry[], perFolder: number, max: number): string[] {
  const taken = new Map<string, number>();
  const paths: string[] = [];
  for (const { path } of files) {
    const folder = folderOf(path);
    const count = taken.get(folder) ?? 0;
    if (count >= perFolder) continue;
    taken.set(folder, count + 1);
    paths.push(path);
    if (paths.length === max) break;
  }
  return paths;
}

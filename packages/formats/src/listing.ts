import { extensionOf, folderOf, isImagePath } from './paths.ts';
import type { DatasetSource, FileEntry } from './source.ts';

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
  /**
   * Some files by extension: the first {@link PER_FOLDER} of each folder, and its largest, which describes many images
   * where the others describe one. They tell a format; what is read is asked of {@link everyFile}.
   */
  samples: Map<string, FileEntry[]>;
  /** All files whose names say that they describe a dataset as a whole: lists of classes and of images, configurations. */
  describing: FileEntry[];
}

const MAX_SAMPLES = 2000;
const PER_FOLDER = 50;
const DESCRIBING =
  /\.(ya?ml|data|names)$|(^|\/)ImageSets\/.*\.txt$|(^|\/)((predefined_)?classes|obj|labels|(autosplit_)?(train|val|valid|validation|test))\.txt$/i;
/** Of folders beyond these, only the images are counted. */
const MAX_FOLDERS = 1_000_000;

export async function summarise(batches: AsyncIterable<readonly FileEntry[]>): Promise<Listing> {
  const listing: Listing = {
    numFiles: 0,
    numImages: 0,
    folders: new Map(),
    counts: new Map(),
    samples: new Map(),
    describing: [],
  };
  const largest = new Map<string, FileEntry>();
  for await (const batch of batches) for (const file of batch) count(listing, largest, file);
  for (const file of largest.values()) listing.samples.get(extensionOf(file.path))?.push(file);
  return listing;
}

/** @param largest by folder and extension, of the files that are no samples */
function count(listing: Listing, largest: Map<string, FileEntry>, file: FileEntry): void {
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
  if (DESCRIBING.test(file.path)) listing.describing.push(file);
  if (before < PER_FOLDER && samples.length < MAX_SAMPLES) samples.push(file);
  else if (largest.size < MAX_SAMPLES) keepLargest(largest, `${folder}\0${extension}`, file);
}

function keepLargest(largest: Map<string, FileEntry>, key: string, file: FileEntry): void {
  const known = largest.get(key);
  if (!known || known.sizeBytes < file.sizeBytes) largest.set(key, file);
}

/** All files of these extensions, in the byte order of their paths and at any number. */
export async function* everyFile(
  source: DatasetSource,
  listing: Listing,
  ...extensions: string[]
): AsyncGenerator<FileEntry[]> {
  if (!extensions.some((extension) => listing.counts.has(extension))) return;
  for await (const batch of source.files()) {
    const files = batch.filter(({ path }) => extensions.includes(extensionOf(path)));
    if (files.length > 0) yield files;
  }
}

/** The describing files whose paths fit. */
export const describingFiles = (listing: Listing, fits: RegExp): FileEntry[] =>
  listing.describing.filter(({ path }) => fits.test(path));

/** Samples of these extensions: enough to tell a format, never all there is to read. */
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

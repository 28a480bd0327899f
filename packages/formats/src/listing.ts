import { extensionOf, folderOf, isImagePath } from './paths.ts';
import type { FileEntry } from './source.ts';

export interface FolderStats {
  images: number;
  texts: number;
}

/** What a detector needs to know of a listing, whatever its length: its folders, and the few files that describe it. */
export interface Listing {
  numFiles: number;
  numImages: number;
  /** By folder path with trailing slash; '' is the top. */
  folders: Map<string, FolderStats>;
  /** JSON and YAML files, the first {@link MAX_LISTED} of each in byte order. */
  jsonFiles: FileEntry[];
  yamlFiles: FileEntry[];
  /** `.txt` files, spread over the folders. */
  someTexts: string[];
}

const MAX_LISTED = 1000;
const TEXTS_PER_FOLDER = 10;

export async function summarise(batches: AsyncIterable<readonly FileEntry[]>): Promise<Listing> {
  const listing: Listing = {
    numFiles: 0,
    numImages: 0,
    folders: new Map(),
    jsonFiles: [],
    yamlFiles: [],
    someTexts: [],
  };
  for await (const batch of batches) for (const file of batch) count(listing, file);
  return listing;
}

function count(listing: Listing, file: FileEntry): void {
  const folder = folderOf(file.path);
  const stats = listing.folders.get(folder) ?? { images: 0, texts: 0 };
  listing.folders.set(folder, stats);
  listing.numFiles++;
  const extension = extensionOf(file.path);
  if (isImagePath(file.path)) {
    listing.numImages++;
    stats.images++;
  } else if (extension === 'txt') {
    stats.texts++;
    if (stats.texts <= TEXTS_PER_FOLDER && listing.someTexts.length < MAX_LISTED) listing.someTexts.push(file.path);
  } else if (extension === 'json' && listing.jsonFiles.length < MAX_LISTED) {
    listing.jsonFiles.push(file);
  } else if ((extension === 'yaml' || extension === 'yml') && listing.yamlFiles.length < MAX_LISTED) {
    listing.yamlFiles.push(file);
  }
}

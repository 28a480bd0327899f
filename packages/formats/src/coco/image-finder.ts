import type { Listing } from '../listing.ts';
import { folderOf, splitOf } from '../paths.ts';
import type { DatasetSource, ImageEntry } from '../source.ts';

export type Match = ImageEntry | { ambiguous: string[] } | undefined;

/** Folders tried for a name, at most; a dataset has a few image folders, and one per class at the worst. */
const MAX_FOLDERS = 200;

/**
 * Finds the files that an annotation file's `file_name`s mean. The format says that names are relative to a folder of
 * images, and not which: every folder with images, and those around them, are tried, the nearest in meaning first.
 */
export class ImageFinder {
  readonly #source: DatasetSource;
  readonly #folders: string[];

  constructor(source: DatasetSource, listing: Listing) {
    this.#source = source;
    const folders = new Set<string>(['']);
    for (const [folder, stats] of listing.folders) {
      if (stats.images === 0) continue;
      for (let around = folder; around !== ''; around = folderOf(around.slice(0, -1))) folders.add(around);
      if (folders.size > MAX_FOLDERS) break;
    }
    this.#folders = [...folders];
  }

  /** One answer per name, in their order: the image, the several it may be, or undefined. */
  async find(annotationFile: string, split: string | null, names: readonly string[]): Promise<Match[]> {
    const ranked = [...this.#folders].sort((a, b) => rank(a, annotationFile, split) - rank(b, annotationFile, split));
    const paths = names.map((name) => {
      const relative = name
        .replaceAll('\\', '/')
        .replace(/^(\.?\/)+/, '')
        .normalize('NFC');
      return ranked.map((folder) => folder + relative);
    });
    const found = await this.#source.findImages(paths.flat());
    return paths.map((candidates) => {
      const hits = candidates.filter((path) => found.has(path));
      const [first, second] = hits;
      if (first === undefined) return undefined;
      const isTie =
        second !== undefined &&
        rank(folderOf(first), annotationFile, split) === rank(folderOf(second), annotationFile, split);
      return isTie ? { ambiguous: hits } : found.get(first);
    });
  }
}

/** Lower is nearer: a folder of the same split, then one beside the annotation file, then one of no split. */
function rank(folder: string, annotationFile: string, split: string | null): number {
  const ownSplit = splitOf(folder);
  if (split !== null && ownSplit === split) return 0;
  if (folder !== '' && folder === folderOf(annotationFile)) return 1;
  return ownSplit === null ? 2 : 3;
}

import type { Listing } from '../listing.ts';
import type { ImageEntry } from '../model.ts';
import { folderOf, splitOf } from '../paths.ts';
import type { DatasetSource } from '../source.ts';

export type Match = ImageEntry | { ambiguous: string[] } | undefined;

/** Folders tried for a name, at most; a dataset has a few image folders, and one per class at the worst. */
const MAX_FOLDERS = 2000;
/** Folders tried in one question to the source. */
const FOLDERS_AT_ONCE = 8;

/**
 * Finds the files that an annotation file's image names mean. Formats say that names are relative to a folder of
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
    const ranked = this.#folders
      .map((folder) => ({ folder, rank: rankOf(folder, annotationFile, split) }))
      .sort((a, b) => a.rank - b.rank);
    const answers: Match[] = names.map(() => undefined);
    let open = names.map((name, index) => ({ index, relative: relativeName(name) }));
    for (let at = 0; at < ranked.length && open.length > 0; ) {
      // Folders of one rank are tried together: a name found in two of them is ambiguous.
      let end = Math.min(ranked.length, at + FOLDERS_AT_ONCE);
      while (end < ranked.length && ranked[end]?.rank === ranked[end - 1]?.rank && end - at < MAX_FOLDERS) end++;
      const tried = ranked.slice(at, end);
      at = end;
      const found = await this.#source.findImages(
        open.flatMap(({ relative }) => tried.map(({ folder }) => folder + relative)),
      );
      open = open.filter(({ index, relative }) => {
        const hits = tried.filter(({ folder }) => found.has(folder + relative));
        const [best] = hits;
        if (!best) return true;
        const ties = hits.filter((hit) => hit.rank === best.rank).map((hit) => hit.folder + relative);
        answers[index] = ties.length > 1 ? { ambiguous: ties } : found.get(best.folder + relative);
        return false;
      });
    }
    return answers;
  }
}

/** A name as a path relative to some folder: Windows separators, `./` and `/` in front are gone. */
export function relativeName(name: string): string {
  return name
    .replaceAll('\\', '/')
    .replace(/^(\.{0,2}\/)+/, '')
    .replace(/^[a-z]:\//i, '')
    .normalize('NFC');
}

/** Lower is nearer: a folder of the same split, then the annotation file's own, then the top, then one of no split. */
function rankOf(folder: string, annotationFile: string, split: string | null): number {
  const ownSplit = splitOf(folder);
  if (split !== null && ownSplit === split) return 0;
  if (folder === folderOf(annotationFile)) return 1;
  if (folder === '') return 2;
  return ownSplit === null ? 3 : 4;
}

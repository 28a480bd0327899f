import type { Listing } from '../listing.ts';
import { ImageFinder } from '../matching/finder.ts';
import type { ImageEntry } from '../model.ts';
import { baseName, folderOf, splitOf, stemOf } from '../paths.ts';
import { MirrorFolders } from '../reading/mirrors.ts';
import type { DatasetSource } from '../source.ts';

/**
 * Finds the images of labels that lie in no place where YOLO looks for them, as labels do that are brought later: by name,
 * wherever the images are. A label of one split is never that of an image of another.
 */
export class ElsewhereFinder {
  readonly #finder: ImageFinder;
  readonly #extensions: readonly string[];

  constructor(source: DatasetSource, listing: Listing) {
    this.#finder = new ImageFinder(source, listing);
    this.#extensions = new MirrorFolders(listing).extensions;
  }

  /** By the path of the label: its image, or all that it may be. Labels without one are left out. */
  async find(paths: readonly string[]): Promise<Map<string, ImageEntry | { ambiguous: string[] }>> {
    const found = new Map<string, ImageEntry | { ambiguous: string[] }>();
    for (const group of Map.groupBy(paths, folderOf).values()) {
      const [first = ''] = group;
      const split = splitOf(first);
      for (const extension of this.#extensions) {
        const open = group.filter((path) => !found.has(path));
        const names = open.map((path) => `${baseName(stemOf(path))}.${extension}`);
        const matches = await this.#finder.find(first, split, names);
        open.forEach((path, i) => {
          const match = matches[i];
          if (!match) return;
          if ('ambiguous' in match || split === null || (splitOf(match.path) ?? split) === split)
            found.set(path, match);
        });
      }
    }
    return found;
  }
}

import type { Listing } from '../listing.ts';
import { baseName, folderOf, stemOf } from '../paths.ts';

/** Text files that lie where labels lie, but are lists and notes. */
const NOT_LABELS =
  /(^|\/)(readme[^/]*|license[^/]*|classes|obj|train|val|valid|validation|test|labels|predefined_classes|autosplit_[a-z]+)\.txt$/i;

/** Every text file of a folder for labels but a list of the classes; elsewhere those that are called like no list. */
export const mayBeLabel = (path: string): boolean =>
  /(^|\/)labels\//i.test(path) ? !/(^|\/)(predefined_)?classes\.txt$/i.test(path) : !NOT_LABELS.test(path);

/** Finds where an image's label file may be. */
export class LabelFinder {
  /** Folders with text files by their name in lower case. */
  readonly #folders = new Map<string, string>();

  constructor(listing: Listing) {
    for (const [folder, { others }] of listing.folders)
      if (others.has('txt')) this.#folders.set(folder.toLowerCase(), folder);
  }

  /**
   * The likeliest first: Ultralytics replaces the last `/images/` of the path by `/labels/`; otherwise the label lies
   * beside its image, or in a folder `labels` beside it.
   */
  candidates(imagePath: string): string[] {
    const folder = folderOf(imagePath).toLowerCase();
    const name = `${baseName(stemOf(imagePath))}.txt`;
    const mirrored = `/${folder}`.replace(/^(.*\/)images\//, (_, before: string) => `${before}labels/`).slice(1);
    const paths = [mirrored, folder, `${folder}labels/`].flatMap((candidate) => {
      const actual = this.#folders.get(candidate);
      return actual === undefined ? [] : [actual + name];
    });
    return [...new Set(paths)].filter(mayBeLabel);
  }
}

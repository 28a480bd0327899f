import { Fingerprints, Hash } from '../fingerprints.ts';
import { describingFiles, type Listing } from '../listing.ts';
import { baseName, splitName, stemOf } from '../paths.ts';
import { type DatasetSource, linesOf } from '../source.ts';

/** The splits that `ImageSets/Main/train.txt` and its siblings name, by image names without extension. */
export class ImageSets {
  readonly #splitOfName = new Fingerprints();
  readonly #splits: string[] = [];
  /** The folders around each `ImageSets`, the innermost first. */
  #roots: string[] = [];
  /** All files of `ImageSets`, those that list single classes included. */
  readonly files: string[] = [];

  /** The split of an image, or of its label file: by the lists of the nearest folder around it that has any. */
  splitOf(path: string): string | null {
    const stem = stemOf(baseName(path));
    for (const root of this.#roots) {
      if (!path.startsWith(root)) continue;
      const number = this.#splitOfName.get(Hash.of(root, stem));
      if (number > 0) return this.#splits[number - 1] ?? null;
    }
    return null;
  }

  /** The folder `ImageSets/` itself; null when there is none. */
  get folder(): string | null {
    return /^(.*\/)?ImageSets\//i.exec(this.files[0] ?? '')?.[0] ?? null;
  }

  static async open(source: DatasetSource, listing: Listing): Promise<ImageSets> {
    const sets = new ImageSets();
    const files = describingFiles(listing, /(^|\/)ImageSets\/.*\.txt$/i);
    // The classification lists come first: those of other tasks name a part of the same images.
    const isMain = (path: string) => /(^|\/)Main\//i.test(path);
    for (const { path } of [...files].sort((a, b) => Number(isMain(b.path)) - Number(isMain(a.path)))) {
      sets.files.push(path);
      const root = rootOf(path);
      if (!sets.#roots.includes(root)) sets.#roots.push(root);
      const split = splitName(stemOf(baseName(path)));
      if (!split) continue;
      if (!sets.#splits.includes(split)) sets.#splits.push(split);
      for await (const lines of linesOf(source.stream(path))) {
        for (const line of lines) {
          const [name = '', presence] = line.trim().split(/\s+/);
          if (name !== '' && presence !== '-1')
            sets.#splitOfName.add(Hash.of(root, name), sets.#splits.indexOf(split) + 1);
        }
      }
    }
    sets.#roots.sort((a, b) => b.length - a.length);
    return sets;
  }
}

const rootOf = (path: string): string => path.replace(/(^|\/)ImageSets\/.*$/i, '$1');

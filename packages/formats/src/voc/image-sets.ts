import { Fingerprints, Hash } from '../fingerprints.ts';
import { filesOf, type Listing } from '../listing.ts';
import { baseName, splitName, stemOf } from '../paths.ts';
import { type DatasetSource, linesOf } from '../source.ts';

/** The splits that `ImageSets/Main/train.txt` and its siblings name, by image names without extension. */
export class ImageSets {
  readonly #splitOfName = new Fingerprints();
  readonly #splits: string[] = [];
  /** All files of `ImageSets`, those that list single classes included. */
  readonly files: string[] = [];

  splitOf(stem: string): string | null {
    const number = this.#splitOfName.get(Hash.of(stem));
    return number > 0 ? (this.#splits[number - 1] ?? null) : null;
  }

  /** The folder `ImageSets/` itself; null when there is none. */
  get folder(): string | null {
    return /^(.*\/)?ImageSets\//i.exec(this.files[0] ?? '')?.[0] ?? null;
  }

  static async open(source: DatasetSource, listing: Listing): Promise<ImageSets> {
    const sets = new ImageSets();
    const files = filesOf(listing, 'txt').filter(({ path }) => /(^|\/)ImageSets\//i.test(path));
    // The classification lists come first: those of other tasks name a part of the same images.
    const isMain = (path: string) => /(^|\/)Main\//i.test(path);
    for (const { path } of [...files].sort((a, b) => Number(isMain(b.path)) - Number(isMain(a.path)))) {
      sets.files.push(path);
      const split = splitName(stemOf(baseName(path)));
      if (!split) continue;
      if (!sets.#splits.includes(split)) sets.#splits.push(split);
      for await (const lines of linesOf(source.stream(path))) {
        for (const line of lines) {
          const [name = '', presence] = line.trim().split(/\s+/);
          if (name !== '' && presence !== '-1') sets.#splitOfName.add(Hash.of(name), sets.#splits.indexOf(split) + 1);
        }
      }
    }
    return sets;
  }
}

import { Fingerprints, Hash } from '../fingerprints.ts';
import type { WritableDataset } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { stemOf } from '../paths.ts';

/** A path as one file name: folders are joined by underscores. Two paths may have one such name: see {@link UniquePaths}. */
export const flatName = (path: string): string => path.replaceAll('/', '__');

/**
 * Where a writer puts images that it moves: no two in one place, nor with the same name but for the extension or the case,
 * since a label file is called after its image and some file systems know no case.
 */
export class UniquePaths {
  readonly #pathOf: (image: ImageRecord) => string;
  readonly #repeated = new Fingerprints();

  private constructor(pathOf: (image: ImageRecord) => string) {
    this.#pathOf = pathOf;
  }

  static async open(dataset: WritableDataset, pathOf: (image: ImageRecord) => string): Promise<UniquePaths> {
    const paths = new UniquePaths(pathOf);
    const seen = new Fingerprints();
    for await (const batch of dataset.images()) {
      for (const image of batch) {
        const hash = hashOf(pathOf(image));
        if (seen.add(hash) !== 0) paths.#repeated.add(hash);
      }
    }
    return paths;
  }

  /** The path that the image would have, with a mark of its own where another one would have it, too. */
  of(image: ImageRecord): string {
    const path = this.#pathOf(image);
    if (this.#repeated.get(hashOf(path)) === 0) return path;
    const stem = stemOf(path);
    return `${stem}-${Hash.of(image.path).low.toString(36)}${path.slice(stem.length)}`;
  }
}

const hashOf = (path: string): Hash => Hash.of(stemOf(path).toLowerCase());

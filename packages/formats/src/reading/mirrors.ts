import type { Listing } from '../listing.ts';
import type { ImageEntry } from '../model.ts';
import { extensionOf, folderOf, isImagePath } from '../paths.ts';
import type { DatasetSource } from '../source.ts';

/** Folders in the place of each other (`train/labels/` and `train/images/`), beyond which no more are tried. */
const MAX_MIRRORS = 40;

/**
 * The folders whose images the files of another folder speak of: the folder itself, those that differ from it in one
 * name, the one around it and those in its place, and those inside it, in this order.
 */
export class MirrorFolders {
  readonly #byPattern = new Map<string, string[]>();
  readonly #known = new Map<string, readonly string[]>();
  readonly #folders = new Set<string>();
  /** As the files spell them: `jpg`, `JPG`. */
  readonly extensions: readonly string[];

  constructor(listing: Listing) {
    for (const [folder, { images }] of listing.folders) {
      if (images === 0) continue;
      this.#folders.add(folder);
      for (const pattern of patternsOf(folder)) {
        const list = this.#byPattern.get(pattern) ?? [];
        this.#byPattern.set(pattern, list);
        if (list.length < MAX_MIRRORS) list.push(folder);
      }
    }
    const present = [...listing.counts.keys()].filter((extension) => isImagePath(`a.${extension}`));
    this.extensions = present.flatMap((extension) => [extension, extension.toUpperCase()]);
  }

  of(folder: string): readonly string[] {
    const known = this.#known.get(folder);
    if (known) return known;
    const found = new Set<string>();
    if (this.#folders.has(folder)) found.add(folder);
    for (const pattern of patternsOf(folder)) for (const other of this.#byPattern.get(pattern) ?? []) found.add(other);
    const around = folderOf(folder.slice(0, -1));
    if (folder !== '' && this.#folders.has(around)) found.add(around);
    for (const pattern of patternsOf(around)) for (const other of this.#byPattern.get(pattern) ?? []) found.add(other);
    for (const inside of ['images/', 'image/', 'img/']) {
      if (this.#folders.has(folder + inside)) found.add(folder + inside);
    }
    const folders = [...found].slice(0, MAX_MIRRORS);
    this.#known.set(folder, folders);
    return folders;
  }
}

/** The folder with each of its names left open in turn. */
function patternsOf(folder: string): string[] {
  const names = folder.split('/').slice(0, -1);
  return names.map((_, open) => names.map((name, i) => (i === open ? '*' : name)).join('/'));
}

/**
 * The image that each file speaks of, when it is called after it.
 *
 * @param stemsOf the names that the image may have, without extension, the likeliest first
 */
export async function imagesBeside(
  source: DatasetSource,
  mirrors: MirrorFolders,
  paths: readonly string[],
  stemsOf: (path: string) => readonly string[],
  isPossible: (image: string, path: string) => boolean = () => true,
): Promise<Map<string, ImageEntry>> {
  const wanted = paths.map((path) => ({
    path,
    candidates: stemsOf(path).flatMap((stem) => {
      const names = isImagePath(stem) && extensionOf(stem) !== '' ? [stem] : [];
      names.push(...mirrors.extensions.map((extension) => `${stem}.${extension}`));
      return mirrors.of(folderOf(path)).flatMap((folder) => names.map((name) => folder + name));
    }),
  }));
  const found = await source.findImages(wanted.flatMap(({ candidates }) => candidates));
  const images = new Map<string, ImageEntry>();
  for (const { path, candidates } of wanted) {
    const image = candidates.find(
      (candidate) => candidate !== path && found.has(candidate) && isPossible(candidate, path),
    );
    const entry = image === undefined ? undefined : found.get(image);
    if (entry) images.set(path, entry);
  }
  return images;
}

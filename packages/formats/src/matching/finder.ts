import type { Listing } from '../listing.ts';
import type { ImageEntry } from '../model.ts';
import { extensionOf, folderOf, splitOf } from '../paths.ts';
import type { DatasetSource } from '../source.ts';

export type Match = ImageEntry | { ambiguous: string[] } | undefined;

/** Folders tried for a name, at most; a dataset has a few image folders, and one per class at the worst. */
const MAX_FOLDERS = 2000;
/** Folders tried in one question to the source. */
const FOLDERS_AT_ONCE = 8;
/** Tried for a name that has none. */
const EXTENSIONS = [
  'jpg',
  'jpeg',
  'png',
  'JPG',
  'JPEG',
  'PNG',
  'bmp',
  'tif',
  'tiff',
  'webp',
  'jfif',
  'ppm',
  'jp2',
  'heic',
];

/** A folder where a name may be, and how far it is; folders of one rank are equally near. */
interface Place {
  folder: string;
  rank: string;
}

/**
 * Finds the files that an annotation file's image names mean. Formats say that names are relative to a folder of
 * images, and not which: every folder with images, and those around them, are tried, the nearest in meaning first.
 */
export class ImageFinder {
  readonly #source: DatasetSource;
  readonly #folders: string[];
  /** The order in which folders are tried from the annotation file asked for last. */
  #last: { from: string; split: string | null; places: Place[] } | null = null;

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
    const from = folderOf(annotationFile);
    const answers: Match[] = names.map(() => undefined);
    let open = names.map((name, index) => ({ index, name, spellings: spellingsOf(name) }));
    open = await this.#findFrom(from, open, answers);
    const places = this.#placesFor(from, split);
    for (let at = 0; at < places.length && open.length > 0; ) {
      // Folders of one rank are tried together: a name found in two of them is ambiguous.
      let end = Math.min(places.length, at + FOLDERS_AT_ONCE);
      while (end < places.length && places[end]?.rank === places[end - 1]?.rank && end - at < MAX_FOLDERS) end++;
      const tried = places.slice(at, end);
      at = end;
      const found = await this.#source.findImages(
        open.flatMap(({ spellings }) => tried.flatMap(({ folder }) => spellings.map((name) => folder + name))),
      );
      open = open.filter(({ index, spellings }) => {
        const hits = tried.flatMap(({ folder, rank }) =>
          spellings.flatMap((name) => (found.has(folder + name) ? [{ path: folder + name, rank }] : [])),
        );
        const [best] = hits;
        if (!best) return true;
        const ties = hits.filter((hit) => hit.rank === best.rank).map(({ path }) => path);
        answers[index] = ties.length > 1 ? { ambiguous: ties } : found.get(best.path);
        return false;
      });
    }
    return answers;
  }

  /** Names with `..` say from their file's own folder where the image is; those that are not there stay open. */
  async #findFrom<Open extends { index: number; name: string }>(
    from: string,
    open: Open[],
    answers: Match[],
  ): Promise<Open[]> {
    const resolved = new Map(
      open.flatMap(({ index, name }) => {
        const path = pathFrom(from, name);
        return path === null ? [] : [[index, path] as const];
      }),
    );
    if (resolved.size === 0) return open;
    const found = await this.#source.findImages([...resolved.values()]);
    for (const [index, path] of resolved) answers[index] = found.get(path);
    return open.filter(({ index }) => answers[index] === undefined);
  }

  #placesFor(from: string, split: string | null): Place[] {
    if (this.#last?.from !== from || this.#last.split !== split) {
      const places = this.#folders.map((folder) => ({ folder, rank: rankOf(folder, from, split) }));
      places.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
      this.#last = { from, split, places };
    }
    return this.#last.places;
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

/** A name without an extension is that of a file with any of the usual ones. */
function spellingsOf(name: string): string[] {
  const relative = relativeName(name);
  const isBare = extensionOf(relative) === '' || /^\d+$/.test(extensionOf(relative));
  // A mere number may be a name, or a place in an order: see numbers.ts.
  return isBare && !/^\d{1,9}$/.test(relative)
    ? [relative, ...EXTENSIONS.map((ending) => `${relative}.${ending}`)]
    : [relative];
}

/** Null for a name without `..`, and for one that leads out of the dataset. */
function pathFrom(from: string, name: string): string | null {
  const segments = name.replaceAll('\\', '/').normalize('NFC').split('/');
  if (!segments.includes('..')) return null;
  const path = from.split('/').slice(0, -1);
  for (const segment of segments) {
    if (segment === '..' && path.pop() === undefined) return null;
    if (segment !== '..' && segment !== '.' && segment !== '') path.push(segment);
  }
  return path.join('/');
}

/**
 * Lower is nearer: a folder of the same split, then the annotation file's own, then the top, then one of no split. Among
 * these, one that shares more of the folders around it, and then one that ends as the annotation file's folder does: of
 * two batches side by side, each has its own images.
 */
function rankOf(folder: string, from: string, split: string | null): string {
  const shared = sharedSegments(folder.split('/'), from.split('/'));
  const ending = sharedSegments(folder.split('/').reverse().slice(1), from.split('/').reverse().slice(1));
  return [kindOf(folder, from, split), 999 - shared, folder === from ? 0 : 1, 999 - ending]
    .map((part) => String(part).padStart(3, '0'))
    .join();
}

function kindOf(folder: string, from: string, split: string | null): number {
  const ownSplit = splitOf(folder);
  if (split !== null && ownSplit === split) return 0;
  if (folder === from) return 1;
  if (folder === '') return 2;
  return ownSplit === null ? 3 : 4;
}

function sharedSegments(a: readonly string[], b: readonly string[]): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] !== '' && a[shared] === b[shared]) shared++;
  return shared;
}

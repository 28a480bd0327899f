import { Fingerprints, Hash } from '../fingerprints.ts';
import { describingFiles, type Listing } from '../listing.ts';
import { baseName, extensionOf, folderOf, isImagePath, splitName, splitOf, stemOf } from '../paths.ts';
import type { ReportBuilder } from '../report.ts';
import { type DatasetSource, headOf, linesOf } from '../source.ts';
import { candidatesOf, type YoloConfig } from './config.ts';

const LINES_AT_ONCE = 2000;

/** A list of images, and how its lines name them: `prefix`, and the path as seen from the folder `below`. */
export interface ImageList {
  path: string;
  split: string;
  /** Null until a line has told. */
  prefix: string | null;
  below: string;
}

/** Which split an image is in: by a list of images, by a folder that the configuration names, or by its own folders. */
export class SplitIndex {
  readonly #folders: { folder: string; split: string }[] = [];
  readonly #listed = new Fingerprints();
  readonly #names: string[] = [];
  /** The list files that were read. */
  readonly lists: ImageList[] = [];

  splitOf(imagePath: string): string | null {
    const listed = this.#listed.get(Hash.of(imagePath));
    if (listed > 0) return this.#names[listed - 1] ?? null;
    return this.#folders.find(({ folder }) => imagePath.startsWith(folder))?.split ?? splitOf(imagePath);
  }

  static async open(
    source: DatasetSource,
    listing: Listing,
    configs: readonly YoloConfig[],
    report: ReportBuilder,
  ): Promise<SplitIndex> {
    const index = new SplitIndex();
    for (const { path, places } of configs) {
      for (const { split, value } of places) {
        await index.#addPlace(source, listing, report, split, candidatesOf(path, value));
      }
    }
    index.#folders.sort((a, b) => b.folder.length - a.folder.length);
    if (index.lists.length === 0 && index.#folders.length === 0) await index.#addBareLists(source, listing, report);
    return index;
  }

  async #addPlace(
    source: DatasetSource,
    listing: Listing,
    report: ReportBuilder,
    split: string,
    candidates: readonly string[],
  ): Promise<void> {
    const lists = candidates.filter((candidate) => extensionOf(candidate) === 'txt');
    const isThere = lists.length > 0 ? await source.texts(lists) : new Map<string, string | null>();
    for (const candidate of candidates) {
      if (extensionOf(candidate) === 'txt') {
        if (!isThere.has(candidate) || this.lists.some(({ path }) => path === candidate)) continue;
        return this.#addList(source, report, candidate, split);
      }
      // A glob's folder: what comes behind its first star only picks files.
      const folder = `${candidate.split('*')[0]?.replace(/\/?[^/]*$/, (rest) => (candidate.includes('*') ? '' : rest)) ?? ''}/`;
      if (folder === '/' || ![...listing.folders.keys()].some((known) => known.startsWith(folder))) continue;
      this.#folders.push({ folder, split });
      return;
    }
  }

  /** `train.txt` and the like at the top, which nothing points to. */
  async #addBareLists(source: DatasetSource, listing: Listing, report: ReportBuilder): Promise<void> {
    for (const { path } of describingFiles(listing, /\.txt$/i)) {
      const split = splitName(baseName(stemOf(path)));
      if (!split) continue;
      const [first = ''] = (await headOf(source, path, 2048)).split(/\r\n|\n|\r/);
      if (isImagePath(first.trim())) await this.#addList(source, report, path, split);
    }
  }

  async #addList(source: DatasetSource, report: ReportBuilder, path: string, split: string): Promise<void> {
    const list: ImageList = { path, split, prefix: null, below: '' };
    this.lists.push(list);
    let number = this.#names.indexOf(split) + 1;
    if (number === 0) number = this.#names.push(split);
    let line = 0;
    for await (const lines of linesOf(source.stream(path))) {
      for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
        const part = lines
          .slice(at, at + LINES_AT_ONCE)
          .map((text, i) => ({ text: text.trim(), line: line + at + i + 1 }));
        await this.#addLines(source, report, list, number, part);
      }
      line += lines.length;
    }
  }

  /** Paths of lists are often those of the machine they come from: leading folders are left off until a file fits. */
  async #addLines(
    source: DatasetSource,
    report: ReportBuilder,
    list: ImageList,
    number: number,
    lines: readonly { text: string; line: number }[],
  ): Promise<void> {
    const { path } = list;
    const wanted = lines
      .filter(({ text }) => text !== '')
      .map(({ text, line }) => {
        const value = text.replaceAll('\\', '/').replace(/^(\.{0,2}\/)+/, '');
        return { text, line, candidates: candidatesOf(path, value) };
      });
    const found = await source.findImages(wanted.flatMap(({ candidates }) => candidates));
    for (const { text, line, candidates } of wanted) {
      const image = candidates.find((candidate) => found.has(candidate));
      if (image === undefined) {
        report.add('listed_image_missing', { path, line, detail: text.slice(0, 200) });
        continue;
      }
      this.#listed.add(Hash.of(image), number);
      if (!isNamedLike(list, text, image)) report.add('not_lossless', { path, line, detail: text.slice(0, 200) });
    }
  }
}

/** Whether a line names its image as the list's first line does. */
function isNamedLike(list: ImageList, text: string, image: string): boolean {
  if (list.prefix === null) {
    const folder = folderOf(list.path);
    list.below =
      [folder, ''].find((below) => image.startsWith(below) && text.endsWith(image.slice(below.length))) ?? '';
    list.prefix = text.slice(0, Math.max(0, text.length - image.length + list.below.length));
  }
  return text === list.prefix + image.slice(list.below.length);
}

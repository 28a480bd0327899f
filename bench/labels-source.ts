import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetSource, decodeText, type FileEntry, type ImageEntry } from '@granary/formats';
import { imagePathOf, type LabelKind, labelPathOf } from './labels-made.ts';

const PAGE = 2000;
const AT_ONCE = 64;

/**
 * The made files as a worker sees them: listed page by page and never all in memory, so that what grows is the reader's.
 *
 * @param labelBytes of each label file
 */
export function pagedSource(folder: string, kind: LabelKind, count: number, labelBytes: number): DatasetSource {
  async function* pagesOf<T>(entryOf: (i: number) => T): AsyncGenerator<T[]> {
    for (let at = 0; at < count; at += PAGE) {
      yield Array.from({ length: Math.min(PAGE, count - at) }, (_, j) => entryOf(at + j));
    }
  }
  const imageOf = (path: string): ImageEntry => ({ path, width: 640, height: 480, problem: null });
  return {
    async *files() {
      yield* pagesOf((i): FileEntry => ({ path: imagePathOf(i), sizeBytes: 100_000 }));
      yield* pagesOf((i): FileEntry => ({ path: labelPathOf(kind, i), sizeBytes: labelBytes }));
    },
    images: () => pagesOf((i) => imageOf(imagePathOf(i))),
    async findImages(paths) {
      const isThere = (path: string) => {
        const number = Number(/^images\/(\d{7})\.jpg$/.exec(path)?.[1] ?? Number.NaN);
        return number < count;
      };
      return new Map(paths.filter(isThere).map((path) => [path, imageOf(path)]));
    },
    async texts(paths) {
      const texts = new Map<string, string | null>();
      for (let at = 0; at < paths.length; at += AT_ONCE) {
        const some = paths.slice(at, at + AT_ONCE);
        await Promise.all(
          some.map(async (path) => {
            const bytes = await readFile(join(folder, path)).catch(() => null);
            if (bytes) texts.set(path, decodeText(bytes));
          }),
        );
      }
      return texts;
    },
    async *stream(path, from = 0) {
      yield (await readFile(join(folder, path))).subarray(from);
    },
  };
}

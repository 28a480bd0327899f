import { type AnalyseOptions, type AnalysisSummary, analyse, summaryOf } from './analyse.ts';
import type { ImageEntry } from './model.ts';
import { ContentUnavailable, type DatasetSource } from './source.ts';

/** An image that a dataset has, as far as labels for it are concerned. */
export interface OwnImage extends ImageEntry {
  isLabeled: boolean;
}

/** What files turn out to be that are to join a dataset. */
export interface JoiningSummary extends AnalysisSummary {
  /**
   * Of the dataset's own images: how many the new labels speak of, how many of these are labeled now, and how many are
   * labeled of the others.
   */
  joined: { images: number; labeled: number; others: number };
}

/**
 * Analyses files that are to join a dataset: their labels are placed on its images, too. Counts and splits are those of
 * the files alone, and nothing is said of images that the dataset has and the files do not speak of.
 */
export async function joiningOf(
  files: DatasetSource,
  own: readonly OwnImage[],
  options?: AnalyseOptions,
): Promise<JoiningSummary> {
  const byPath = new Map(own.map((image) => [image.path, image]));
  for await (const batch of files.files()) for (const { path } of batch) byPath.delete(path);
  const spoken = new Set<string>();
  const splits = new Map<string, string | null>();
  const batches = analyse(withImages(files, byPath), options);
  for (;;) {
    const step = await batches.next();
    if (step.done) {
      const summary = summaryOf(step.value);
      const { counts, issues } = summary;
      const labeled = [...byPath.values()].filter((image) => image.isLabeled);
      const numSpoken = labeled.filter(({ path }) => spoken.has(path)).length;
      return {
        ...summary,
        counts: { ...counts, files: counts.files - byPath.size, images: splits.size },
        splits: countOf(splits.values()),
        issues: byPath.size > 0 ? issues.filter(({ code }) => code !== 'image_without_labels') : issues,
        joined: { images: spoken.size, labeled: numSpoken, others: labeled.length - numSpoken },
      };
    }
    for (const { path, problem, split, isLabeled } of step.value.images) {
      if (byPath.has(path)) {
        if (isLabeled) spoken.add(path);
      } else if (!problem && !splits.has(path)) splits.set(path, split);
    }
  }
}

function countOf(splits: Iterable<string | null>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const split of splits) if (split !== null) counts[split] = (counts[split] ?? 0) + 1;
  return counts;
}

/** The files, and images of which no content is at hand. */
function withImages(files: DatasetSource, images: ReadonlyMap<string, ImageEntry>): DatasetSource {
  const own = [...images.values()];
  return {
    ...files,
    async *files() {
      yield own.map(({ path }) => ({ path, sizeBytes: 0 }));
      yield* files.files();
    },
    async *images() {
      yield own;
      yield* files.images();
    },
    async findImages(paths) {
      const found = await files.findImages(paths);
      for (const path of paths) {
        const image = images.get(path);
        if (image) found.set(path, image);
      }
      return found;
    },
    async *stream(path, start) {
      if (images.has(path)) throw new ContentUnavailable(path);
      yield* files.stream(path, start);
    },
  };
}

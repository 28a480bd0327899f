import type { ReadBatch, ReadContext } from '../format.ts';
import type { Annotation, ImageEntry, ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { ImagePlacer, type NamedImage } from './place.ts';

/** What a label file says of one image, which it names. */
export interface NamedLabels {
  named: NamedImage;
  /** The annotations, once the image's dimensions are known. */
  annotate(image: ImageEntry): Annotation[];
  /** How many annotations of the image were left out; {@link annotate} may add to it. */
  refused?: { count: number } | undefined;
  /** Whether nobody has labeled the image: what there is are a model's predictions. */
  isUnlabeled?: boolean;
  source?: Record<string, unknown>;
  /** See {@link ImageRecord.origin}. */
  unit: string;
}

/** Places labels on the images that they name: in batches, and those that need a repair at the end. */
export class LabelPlacer {
  readonly #context: ReadContext;
  readonly #placer: ImagePlacer<NamedLabels>;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#placer = new ImagePlacer(context);
  }

  /** @param file of which the labels are, or any of those that lie in the same folder */
  async place(file: string, labels: readonly NamedLabels[]): Promise<ReadBatch> {
    const bySplit = Map.groupBy(labels, ({ named }) => named.split);
    const images: ImageRecord[] = [];
    for (const [split, group] of bySplit) {
      const placed = await this.#placer.place(
        file,
        split,
        group.map((payload) => ({ named: payload.named, payload })),
      );
      for (const item of placed) if (item) images.push(this.#recordOf(item.image, item.payload));
    }
    return { images, roles: [] };
  }

  async settle(): Promise<ReadBatch> {
    const images: ImageRecord[] = [];
    for (const { image, payload } of await this.#placer.settle()) {
      if (image) images.push(this.#recordOf(image, payload, image.path));
      else this.#countUnplaced(payload);
    }
    return { images, roles: [] };
  }

  #countUnplaced({ named, annotate }: NamedLabels): void {
    const count = annotate({ path: named.name, width: named.width ?? 1, height: named.height ?? 1 }).length;
    if (count > 0)
      this.#context.report.add('unplaced_annotation', { ...named.at, detail: `of ${named.said ?? named.name}` }, count);
  }

  #recordOf(image: ImageEntry, labels: NamedLabels, renamedTo?: string): ImageRecord {
    const { named, annotate, refused, isUnlabeled = false, source, unit } = labels;
    const { report } = this.#context;
    const before = report.numRefused;
    const annotations = annotate(image);
    const numRefused = refused ? refused.count : report.numRefused - before;
    return {
      ...image,
      split: named.split ?? splitOf(image.path),
      className: null,
      isLabeled: !isUnlabeled,
      annotations,
      ...(numRefused > 0 ? { numRefused } : {}),
      source: { ...source, ...(renamedTo ? { name: renamedTo } : {}) },
      origin: { path: named.at.path, unit },
    };
  }
}

/** Labels of one image, with how many annotations were left out while they were read. */
export function countingRefused(
  { report }: Pick<ReadContext, 'report'>,
  read: () => readonly NamedLabels[],
): NamedLabels[] {
  const before = report.numRefused;
  const labels = read();
  const count = report.numRefused - before;
  return labels.map((item) => (count > 0 && !item.refused ? { ...item, refused: { count } } : item));
}

import { Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadBatch, ReadContext } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import type { FileRole } from '../source.ts';

const MENTIONED = 1;
const LABELED = 2;
const NO_IMAGE = 3;
/** Splits are numbered from 1 in the fingerprints. */
const MAX_SPLITS = 250;

/** What a format has said of each image: which ones it has not mentioned, and which are in several splits. */
export class ImageCoverage {
  readonly #context: ReadContext;
  readonly #mentioned = new Fingerprints();
  readonly #labeled = new Fingerprints();
  readonly #annotated = new Fingerprints();
  readonly #refused = new Fingerprints();
  readonly #splitOfContent = new Fingerprints();
  readonly #splits: string[] = [];
  /** Readable images, as they were seen. */
  numImages = 0;
  readonly splits: Record<string, number> = {};

  constructor(context: ReadContext) {
    this.#context = context;
  }

  see(record: ImageRecord): void {
    const hash = Hash.of(record.path);
    if (record.isLabeled) this.#labeled.add(hash, LABELED);
    if (record.annotations.length > 0) this.#annotated.add(hash);
    if (record.numRefused) this.#refused.add(hash);
    if (this.#mentioned.add(hash, MENTIONED) === 0) this.#count(record);
  }

  /** A mask or a chart is among the files as an image, and is none of the dataset. */
  seeRole({ path }: FileRole): void {
    this.#mentioned.add(Hash.of(path), NO_IMAGE);
  }

  /** Yields records of the images that nothing was said about, and reports what has no labels. */
  async *rest(isLabelExpected: boolean, splitOf: (path: string) => string | null): AsyncGenerator<ReadBatch> {
    for await (const batch of this.#context.source.images()) {
      const images: ImageRecord[] = [];
      for (const image of batch) {
        const hash = Hash.of(image.path);
        const said = this.#mentioned.get(hash);
        if (said === NO_IMAGE) continue;
        if (said === 0) {
          const record = { ...image, split: splitOf(image.path), className: null, isLabeled: false, annotations: [] };
          this.see(record);
          images.push(record);
        }
        if (this.#refused.get(hash) !== 0 && this.#annotated.get(hash) === 0) {
          this.#context.report.add('labels_lost', { path: image.path, image: image.path });
          images.push({
            ...image,
            split: null,
            className: null,
            isLabeled: false,
            annotations: [],
            areLabelsLost: true,
          });
        } else if (isLabelExpected && this.#labeled.get(hash) === 0) {
          this.#context.report.add('image_without_labels', { path: image.path, image: image.path });
        }
      }
      if (images.length > 0) yield { images, roles: [] };
    }
  }

  #count(record: ImageRecord): void {
    if (record.problem) return;
    this.numImages++;
    if (record.split === null) return;
    this.splits[record.split] = (this.splits[record.split] ?? 0) + 1;
    if (record.sha256) this.#compareSplits(record, record.sha256, record.split);
  }

  #compareSplits(record: ImageRecord, sha256: string, split: string): void {
    let number = this.#splits.indexOf(split) + 1;
    if (number === 0) {
      if (this.#splits.length === MAX_SPLITS) return;
      number = this.#splits.push(split);
    }
    const other = this.#splitOfContent.add(Hash.of(sha256), number);
    if (other === 0 || other === number) return;
    const detail = `in ${split}, and with the same content in ${this.#splits[other - 1]}`;
    this.#context.report.add('split_overlap', { path: record.path, image: record.path, detail });
  }
}

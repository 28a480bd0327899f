import { Fingerprints, Hash } from './fingerprints.ts';
import type { FormatReader, ReadContext } from './format.ts';
import type { ImageRecord } from './model.ts';
import { ReportBuilder } from './report.ts';

/** Files whose labels take the place of those that other files have of the same images. */
export interface Override {
  files: readonly string[];
  over: readonly string[];
}

/** Which records do not count because newer files speak of the same images. */
export class Overrides {
  readonly #images: Fingerprints[] = [];
  readonly #overBy = new Map<string, number[]>();
  readonly #by = new Map<string, number[]>();

  /** Reads the dataset once for the images that the newer files speak of. */
  static async read(reader: FormatReader, context: ReadContext, overrides: readonly Override[]): Promise<Overrides> {
    const result = new Overrides();
    for (const [i, { files, over }] of overrides.entries()) {
      result.#images.push(new Fingerprints());
      for (const path of files) result.#by.set(path, [...(result.#by.get(path) ?? []), i]);
      for (const path of over) result.#overBy.set(path, [...(result.#overBy.get(path) ?? []), i]);
    }
    if (overrides.length === 0) return result;
    for await (const { images } of batchesOf(reader, { ...context, report: new ReportBuilder() }))
      for (const { path, origin } of images)
        for (const i of (origin && result.#by.get(origin.path)) ?? []) result.#images[i]?.add(Hash.of(path));
    return result;
  }

  /** Whether an annotation that this file repeats of others is its own all the same. */
  isOverriding = (path: string): boolean => this.#by.has(path);

  counts({ path, origin }: ImageRecord): boolean {
    const by = origin && this.#overBy.get(origin.path);
    return !by?.some((i) => this.#images[i]?.get(Hash.of(path)) !== 0);
  }
}

async function* batchesOf(reader: FormatReader, context: ReadContext) {
  const batches = reader.read(context);
  for (;;) {
    const step = await batches.next();
    if (step.done) return;
    yield step.value;
  }
}

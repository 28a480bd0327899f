import {
  type Annotation,
  type ClassDefinition,
  type Format,
  type ImageRecord,
  type Loss,
  lossesOf,
  type Rle,
  runsOf,
  type TaskType,
  type WritableDataset,
  writerOf,
} from '../src/index.ts';

/** A dataset in memory, as {@link readAll} answers it or as a test makes it up. */
export interface Model {
  format: Format | null;
  taskType: TaskType | null;
  classes: readonly ClassDefinition[];
  source: Record<string, unknown>;
  images: ReadonlyMap<string, ImageRecord>;
}

const BATCH = 3;

function writable({ images, ...dataset }: Model): WritableDataset {
  const records = [...images.values()];
  return {
    ...dataset,
    async *images() {
      for (let at = 0; at < records.length; at += BATCH) yield records.slice(at, at + BATCH);
    },
  };
}

/** The files that a writer makes, those of `contents` among them, and where each image went. */
export async function writeAll(
  model: Model,
  contents: ReadonlyMap<string, Uint8Array>,
  format: Format,
): Promise<{ files: Map<string, Uint8Array>; pathOf: Map<string, string>; losses: Loss[] }> {
  const writer = writerOf(format);
  if (!writer) throw new Error(`${format} is not written`);
  const files = new Map<string, Uint8Array>();
  const pathOf = new Map<string, string>();
  const add = (path: string, bytes: Uint8Array) => {
    if (files.has(path)) throw new Error(`${path} is written twice`);
    files.set(path, bytes);
  };
  for await (const file of writer.write(writable(model))) {
    if ('copyOf' in file) {
      add(file.path, contents.get(file.copyOf) ?? new Uint8Array());
      pathOf.set(file.copyOf, file.path);
    } else if ('bytes' in file) {
      add(file.path, file.bytes);
    } else {
      let text = '';
      for await (const piece of file.text) text += piece;
      add(file.path, new TextEncoder().encode(text));
    }
  }
  return { files, pathOf, losses: await lossesOf(writer, writable(model)) };
}

/** What COCO's writer adds where it is not said. */
const COMPUTED = new Set(['id', 'area', 'num_keypoints']);

/** What a dataset says of each image, with classes by their names: what has to come back. */
export function contentOf(
  { images, classes }: Pick<Model, 'images' | 'classes'>,
  pathOf?: ReadonlyMap<string, string>,
) {
  return Object.fromEntries(
    [...images.values()].map(({ path, split, isLabeled, annotations }) => [
      pathOf?.get(path) ?? path,
      { split, isLabeled, annotations: byType(annotations).map((annotation) => annotationOf(annotation, classes)) },
    ]),
  );
}

/** The order within a type counts; formats with a place for each type keep no order among these. */
const byType = (annotations: readonly Annotation[]): Annotation[] =>
  [...annotations].sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));

function annotationOf({ type, geometry, classIndex, attributes }: Annotation, classes: readonly ClassDefinition[]) {
  const { attributes: nested, ...own } = attributes;
  const said = Object.entries({ ...own, ...(nested as object | undefined) })
    .filter(([key, value]) => !COMPUTED.has(key) && Number(value) !== 0)
    .map(([key, value]) => [key, String(value)]);
  // A box around a polygon says nothing new.
  const shape =
    type === 'polygon'
      ? { polygons: geometry.polygons }
      : type === 'rle'
        ? { ...geometry, rle: { size: geometry.rle.size, counts: pixelRunsOf(geometry.rle) } }
        : geometry;
  const className = classIndex === null ? null : classes[classIndex]?.name;
  return { type, geometry: shape, className, attributes: Object.fromEntries(said) };
}

/** Run lengths however they are spelled: without empty runs, and without the background at the end. */
function pixelRunsOf(rle: Rle): number[] {
  const runs: number[] = [];
  let at = 0;
  runsOf(rle).forEach((run, i) => {
    if (i % 2 === 1 && run > 0) {
      const end = runs.reduce((sum, length) => sum + length, 0);
      if (end === at && runs.length > 0) runs[runs.length - 1] = (runs.at(-1) ?? 0) + run;
      else runs.push(at - end, run);
    }
    at += run;
  });
  return runs;
}

/** Where two values differ by more than a millionth of a pixel, or null. */
export function differenceOf(a: unknown, b: unknown, at = ''): string | null {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-6 ? null : `${at}: ${a} and ${b}`;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? null : `${at}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = differenceOf(left[key], right[key], `${at}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

import { ClassList } from '../classes.ts';
import type { Detection, FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { filesOf, type Listing, spread } from '../listing.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import {
  type Annotation,
  type Format,
  type ImageEntry,
  type ImageRecord,
  type Shape,
  type TaskType,
  taskTypeOf,
} from '../model.ts';
import { extensionOf, folderOf } from '../paths.ts';
import { type DatasetSource, type FileEntry, headOf } from '../source.ts';
import { ahead } from './ahead.ts';
import { sampledHead } from './heads.ts';
import { imagesBeside, MirrorFolders } from './mirrors.ts';
import { splitOfFile } from './splits.ts';

/** All that a file's reader works with; classes and types are gathered over all files. */
export interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
  /** What the format's writer needs of the dataset as a whole. */
  kept: Record<string, unknown>;
}

/** What the reader of a format needs to know of its files. */
interface LabelFiles {
  format: Format;
  /** In words, behind a path: "is CreateML's list of images". */
  what: string;
  extensions: readonly string[];
  /** Whether a file is one of the format's, by its first 64 KiB. */
  fits(head: string, path: string): boolean;
  /** Where only names are known: whether a path is one that the format's tools give. */
  isNamedSo?(path: string): boolean;
  /** How sure one fitting file makes; by default 0.96. */
  confidence?: number;
  /** Looks at more than a single file before the dataset is called one of the format. */
  isRuledOut?(source: DatasetSource, listing: Listing): Promise<string | null>;
  /** What is to be known before the first file is read: a list of classes, say. */
  prepare?(reading: Reading): Promise<void>;
  taskType?: TaskType;
}

/** Files that speak of many images each. */
export interface DatasetFiles extends LabelFiles {
  /** Labels as they come; those in one array are placed together. May throw FormatError: what came before is kept. */
  read(file: FileEntry, reading: Reading): AsyncIterable<readonly NamedLabels[]>;
}

/** Files that speak of one image each, which is called after the file or named in it. */
export interface ImageFiles extends LabelFiles {
  /** Names that the image of a file may have, without extension. */
  stemsOf(path: string): readonly string[];
  /** How sure a share of fitting files makes, 0 to 1. */
  confidenceOf?(share: number, listing: Listing): number;
  /** Files that speak of an image only if there is one called after them; else they are something else. */
  isOnlyBeside?(path: string): boolean;
  /** What is read before the label files. */
  before?(reading: Reading): AsyncGenerator<ReadBatch>;
  /** Images that say the same as the labels, and are no pictures of the dataset. */
  besides?(path: string): boolean;
  /** Null for a file of another kind. May throw FormatError. */
  read(path: string, text: string, reading: Reading): ImageLabels | null;
}

export interface ImageLabels extends Omit<NamedLabels, 'named'> {
  /** The image that the file names, or null where it is known by the file's own name alone. */
  name: string | null;
  width?: number | null;
  height?: number | null;
  split?: string | null;
}

const SAMPLED = 40;
const FILES_AT_ONCE = 200;
const HEADS_AT_ONCE = 20;

/** A reader of a format whose files describe many images each. */
export function datasetFilesReader(files: DatasetFiles): FormatReader {
  return {
    format: files.format,
    detect: (source, listing) => detect(files, source, listing, () => files.confidence ?? 0.96),
    async *read(context): AsyncGenerator<ReadBatch, ReadSummary> {
      const reading = await begin(files, context);
      const placer = new LabelPlacer(context);
      for await (const file of filesThatFit(files, context)) {
        yield { images: [], roles: [{ path: file.path, kind: 'annotation', split: splitOfFile(file.path) }] };
        try {
          for await (const labels of files.read(file, reading)) yield await placer.place(file.path, labels);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          context.report.add('annotation_file_unreadable', { path: file.path, detail: error.message });
        }
      }
      yield await placer.settle();
      return summary(files, reading);
    },
  };
}

/** A reader of a format with a file per image. */
export function imageFilesReader(files: ImageFiles): FormatReader {
  return {
    format: files.format,
    detect: (source, listing) =>
      detect(files, source, listing, (share) => files.confidenceOf?.(share, listing) ?? 0.45 + 0.5 * share),
    async *read(context): AsyncGenerator<ReadBatch, ReadSummary> {
      const reading = await begin(files, context);
      if (files.before) yield* files.before(reading);
      const placer = new LabelPlacer(context);
      const mirrors = new MirrorFolders(context.listing);
      for await (const { others, texts } of ahead(textsOf(files, context.source))) {
        yield { images: [], roles: others.map((path) => ({ path, kind: 'annotation', split: null })) };
        yield* readImageFiles(files, texts, reading, placer, mirrors);
      }
      yield await placer.settle();
      return summary(files, reading);
    },
  };
}

/** Label files some at a time, and with them what says the same as they do. */
async function* textsOf(files: ImageFiles, source: DatasetSource) {
  for await (const batch of source.files()) {
    const others = batch.map(({ path }) => path).filter((path) => files.besides?.(path));
    if (others.length > 0) yield { others, texts: new Map<string, string | null>() };
    const paths = batch.map(({ path }) => path).filter((path) => files.extensions.includes(extensionOf(path)));
    for (let at = 0; at < paths.length; at += FILES_AT_ONCE)
      yield { others: [], texts: await source.texts(paths.slice(at, at + FILES_AT_ONCE)) };
  }
}

async function* readImageFiles(
  files: ImageFiles,
  texts: ReadonlyMap<string, string | null>,
  reading: Reading,
  placer: LabelPlacer,
  mirrors: MirrorFolders,
): AsyncGenerator<ReadBatch> {
  const { source, report } = reading;
  const broken: string[] = [];
  const read = [...texts].flatMap(([path, text]) => {
    if (text === null) {
      report.add('label_not_text', { path });
      broken.push(path);
      return [];
    }
    if (!files.fits(text, path)) return [];
    const labels = readOne(files, path, text, reading);
    if (labels === 'broken') broken.push(path);
    return labels && labels !== 'broken' ? [{ path, labels }] : [];
  });
  const beside = await imagesBeside(source, mirrors, [...read.map(({ path }) => path), ...broken], (path) =>
    files.stemsOf(path),
  );
  const placed = read.filter(({ path }) => beside.has(path) || !files.isOnlyBeside?.(path));
  const named = placed.map(({ path, labels }): NamedLabels => {
    const { name, width = null, height = null, split = splitOfFile(path), ...others } = labels;
    const [stem = ''] = files.stemsOf(path);
    const found = beside.get(path)?.path;
    const first = found ?? name ?? (mirrors.extensions.includes(extensionOf(stem)) ? stem : `${stem}.jpg`);
    const stems = name === null ? files.stemsOf(path) : [name, ...files.stemsOf(path)];
    const alternatives = found === undefined ? stems.flatMap((other) => withExtensions(other, mirrors)) : [];
    return { ...others, named: { name: first, alternatives, split, width, height, at: { path } } };
  });
  for (const group of Map.groupBy(named, ({ named: { at } }) => folderOf(at.path)).values()) {
    yield await placer.place(group[0]?.named.at.path ?? '', group);
  }
  yield { images: lostIn(broken, beside), roles: [] };
  yield { images: [], roles: placed.map(({ path }) => ({ path, kind: 'label', split: splitOfFile(path) })) };
}

/** Images called after label files of which nothing can be read: these have labels, and not none. */
export const lostIn = (broken: readonly string[], beside: ReadonlyMap<string, ImageEntry>): ImageRecord[] =>
  broken.flatMap((path) => {
    const image = beside.get(path);
    if (!image) return [];
    const record = { ...image, split: splitOfFile(path), className: null, isLabeled: true, annotations: [] };
    return [{ ...record, numRefused: 1, origin: { path, unit: '' } }];
  });

function readOne(files: ImageFiles, path: string, text: string, reading: Reading): ImageLabels | null | 'broken' {
  try {
    const before = reading.report.numRefused;
    const labels = files.read(path, text, reading);
    const count = reading.report.numRefused - before;
    return labels && count > 0 && !labels.refused ? { ...labels, refused: { count } } : labels;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    reading.report.add('label_unreadable', { path, detail: error.message });
    return 'broken';
  }
}

/** A name, and with each of the extensions that the images have: some formats leave it out. */
export const withExtensions = (name: string, { extensions }: { extensions: readonly string[] }): string[] => [
  name,
  ...extensions.map((extension) => `${name}.${extension}`),
];

async function begin(files: LabelFiles, context: ReadContext): Promise<Reading> {
  const reading: Reading = { ...context, classes: new ClassList(), types: new Set(), kept: {} };
  await files.prepare?.(reading);
  return reading;
}

const summary = ({ taskType }: LabelFiles, { classes, types, kept }: Reading): ReadSummary => ({
  classes: classes.classes,
  taskType: taskTypeOf(types) === null ? null : (taskType ?? taskTypeOf(types)),
  source: kept,
});

async function* filesThatFit(files: LabelFiles, { source }: ReadContext): AsyncGenerator<FileEntry> {
  for await (const batch of source.files()) {
    const possible = batch.filter(({ path }) => files.extensions.includes(extensionOf(path)));
    for (let at = 0; at < possible.length; at += HEADS_AT_ONCE) {
      const some = possible.slice(at, at + HEADS_AT_ONCE);
      const heads = await Promise.all(some.map(({ path }) => headOf(source, path)));
      for (const [i, file] of some.entries()) if (files.fits(heads[i] ?? '', file.path)) yield file;
    }
  }
}

async function detect(
  files: LabelFiles,
  source: DatasetSource,
  listing: Listing,
  confidenceOf: (share: number) => number,
): Promise<Detection> {
  const sampled = spread(filesOf(listing, ...files.extensions), 5, SAMPLED);
  if (source.isListingOnly) {
    const named = sampled.find((path) => files.isNamedSo?.(path));
    if (named === undefined) return { confidence: 0, reasons: ['No file is named as the format names its own.'] };
    return { confidence: 0.65, reasons: [`${named} is named as the format names its own.`] };
  }
  const heads = await Promise.all(sampled.map((path) => sampledHead(source, path)));
  const fitting = sampled.filter((path, i) => heads[i] !== '' && files.fits(heads[i] ?? '', path));
  const [first] = fitting;
  if (first === undefined) return { confidence: 0, reasons: [`No file looked at ${files.what}.`] };
  const ruledOut = (await files.isRuledOut?.(source, listing)) ?? null;
  if (ruledOut !== null) return { confidence: 0, reasons: [ruledOut] };
  const more = fitting.length > 1 ? ` (${fitting.length} of ${sampled.length} files looked at)` : '';
  return {
    confidence: Math.min(0.98, confidenceOf(fitting.length / sampled.length)),
    reasons: [`${first} ${files.what}${more}.`],
  };
}

/** An annotation of a class, which is added if it is new. */
export function annotationOf(
  { classes, types }: Reading,
  label: string,
  shape: Shape,
  attributes: Record<string, unknown> = {},
  at?: number,
): Annotation {
  types.add(shape.type);
  return { ...shape, classIndex: classes.indexOf(label), attributes, ...(at === undefined ? {} : { at }) };
}

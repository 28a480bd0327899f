import { Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { everyFile } from '../listing.ts';
import { type Annotation, type ImageEntry, type ImageRecord, taskTypeOf } from '../model.ts';
import { folderOf } from '../paths.ts';
import { ahead } from '../reading/ahead.ts';
import type { DatasetSource, FileRole } from '../source.ts';
import { ClassNumbers } from './class-numbers.ts';
import { readConfigs, type YoloConfig } from './config.ts';
import { liesWithLabels, sampleLabels } from './detect.ts';
import { ElsewhereFinder } from './elsewhere.ts';
import { LabelFinder, mayBeLabel } from './layout.ts';
import { annotationOf, arePixels, type LineLayout, layoutOf, lineOf, parseLabelLines } from './lines.ts';
import { SplitIndex } from './splits.ts';

interface Reading extends ReadContext {
  numbers: ClassNumbers;
  layoutOf(config: YoloConfig | null): LineLayout;
  types: Set<Annotation['type']>;
}

export async function* readYolo(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
  const { source, listing, report } = context;
  const configs = await readConfigs(source, listing, report);
  const splits = await SplitIndex.open(source, listing, configs, report);
  const { lines } = await sampleLabels(source, listing);
  const numbers = new ClassNumbers(configs);
  const layouts = new Map(configs.map((config) => [config, layoutOf(lines, config)]));
  const layout = layoutOf(lines, configs[0] ?? null);
  const reading: Reading = {
    ...context,
    numbers,
    layoutOf: (config) => (config && layouts.get(config)) ?? layout,
    types: new Set(),
  };
  if (numbers.areMerged) {
    for (const { path } of configs.slice(1))
      report.add('not_lossless', { path, detail: 'its class numbers: lists of classes were merged by name' });
  }
  const finder = new LabelFinder(listing);
  const used: Used = { labels: new Fingerprints(), folders: new Set(), images: new Fingerprints() };
  yield { images: [], roles: describing(configs, splits) };
  for await (const { entries, candidates, labels } of ahead(labelsOf(source, finder))) {
    const images: ImageRecord[] = [];
    const roles: FileRole[] = [];
    for (const [i, entry] of entries.entries()) {
      const split = splits.splitOf(entry.path);
      const labelPath = candidates[i]?.find((path) => labels.has(path));
      const read = labelPath
        ? annotationsIn(reading, entry, labelPath, labels.get(labelPath) ?? null)
        : { annotations: [], numRefused: 0 };
      if (labelPath) {
        roles.push({ path: labelPath, kind: 'label', split });
        used.labels.add(Hash.of(labelPath));
        used.folders.add(folderOf(labelPath));
        used.images.add(Hash.of(entry.path));
      }
      images.push(recordOf(entry, split, labelPath, read));
    }
    yield { images, roles };
  }
  if (!context.isAddition) yield* otherLabels(reading, used, splits);
  const kept = {
    keypointShape: layout.keypointShape,
    config: configs[0] ? { path: configs[0].path, members: configs[0].members } : null,
    lists: splits.lists,
  };
  return { classes: numbers.classes, taskType: taskTypeOf(reading.types), source: kept };
}

async function* labelsOf(source: DatasetSource, finder: LabelFinder) {
  for await (const entries of source.images()) {
    const candidates = entries.map(({ path }) => finder.candidates(path));
    yield { entries, candidates, labels: await source.texts(candidates.flat()) };
  }
}

function describing(configs: readonly YoloConfig[], splits: SplitIndex): FileRole[] {
  const roles: FileRole[] = splits.lists.map(({ path, split }) => ({ path, kind: 'annotation', split }));
  for (const path of configs.flatMap((config) => [config.path, ...(config.namesPath ? [config.namesPath] : [])]))
    roles.push({ path, kind: 'annotation', split: null });
  return roles;
}

function annotationsIn(
  reading: Reading,
  image: ImageEntry,
  path: string,
  text: string | null,
): { annotations: Annotation[]; numRefused: number } {
  const { report, numbers, types } = reading;
  const config = numbers.configOf(path);
  const layout = reading.layoutOf(config);
  if (text === null) {
    report.add('label_not_text', { path, image: image.path });
    return { annotations: [], numRefused: 1 };
  }
  const annotations: Annotation[] = [];
  const lines = parseLabelLines(text);
  for (const line of lines) {
    const place = { path, line: line.line, image: image.path };
    if (line.kind === 'bad') {
      report.add('bad_label_line', { ...place, detail: line.reason });
      continue;
    }
    // An image that nobody has looked at has shares for coordinates; one that can't be read has none.
    const { width, height } = image.width === null && !image.problem ? { width: 1, height: 1 } : image;
    if (width === null || height === null) {
      report.add('bad_box', { ...place, detail: `the image ${image.path} has no readable size` });
      continue;
    }
    const inShares = arePixels(line.values) ? scaled(reading, place, line, width, height) : line;
    if (!inShares) continue;
    const classIndex = numbers.indexOf(config, line.classIndex);
    const read = annotationOf({ ...inShares, classIndex }, layout, width, height);
    if ('problem' in read) {
      report.add('bad_label_line', { ...place, detail: read.problem });
      continue;
    }
    if (!read.isOfLayout) {
      report.add('mixed_line_formats', {
        ...place,
        detail: `a ${read.annotation.type} among lines of "${layout.task}"`,
      });
    }
    if (config?.names?.length && line.classIndex >= config.names.length) {
      report.add('unknown_class', {
        ...place,
        detail: `class ${line.classIndex}, where ${config.path} names ${config.names.length}`,
      });
    }
    if (inShares === line && !comesBack(line, read.annotation, layout, width, height))
      report.add('not_lossless', place);
    types.add(read.annotation.type);
    annotations.push(read.annotation);
  }
  return { annotations, numRefused: lines.length - annotations.length };
}

/** The line in shares of the image, where a person has asked for that; else it is left out, with the repair proposed. */
function scaled(
  { report, repairs }: Reading,
  place: { path: string; line: number; image: string },
  line: Numbers,
  width: number,
  height: number,
): Numbers | null {
  const values = line.values.map((value, i) => value / (i % 2 === 0 ? width : height));
  const isInside = values.every((value) => value >= 0 && value <= 1);
  if (repairs.has('scale_pixels') && isInside) return { ...line, values };
  const said = line.values.slice(0, 8).join(' ');
  report.add('pixel_coordinates', { ...place, detail: `${said} in an image of ${width} × ${height}` });
  if (isInside) {
    const to = values.slice(0, 8).map((value) => Number(value.toPrecision(6)));
    report.propose('scale_pixels', { path: place.path, line: place.line, from: said, to: to.join(' ') });
  }
  return null;
}

type Numbers = { line: number; classIndex: number; values: readonly number[] };

/** Numbers of labels have six decimals; a difference below the ninth is none. */
function comesBack(
  line: { classIndex: number; values: readonly number[] },
  annotation: Annotation,
  layout: LineLayout,
  width: number,
  height: number,
): boolean {
  // A box of four shares says them again, within the digits of a float.
  if (annotation.type === 'bbox' && line.values.length === 4) return line.values.every(Number.isFinite);
  const written = lineOf(annotation, line.classIndex, layout, width, height)?.split(' ').map(Number);
  return written?.slice(1).every((value, i) => Math.abs(value - (line.values[i] ?? Number.NaN)) < 1e-9) ?? false;
}

interface Used {
  labels: Fingerprints;
  /** Those of the labels. */
  folders: Set<string>;
  images: Fingerprints;
}

/**
 * Label files in no place where images have theirs. Where a whole folder of them lies elsewhere, each is the label of the
 * image that is called like it; the others have no image.
 */
async function* otherLabels(reading: Reading, used: Used, splits: SplitIndex): AsyncGenerator<ReadBatch> {
  const { source, listing } = reading;
  if ((listing.counts.get('txt') ?? 0) <= used.labels.size) return;
  const foldersBeside = new Set(used.folders);
  const finder = new ElsewhereFinder(source, listing);
  for await (const files of everyFile(source, listing, 'txt')) {
    const paths = files.map(({ path }) => path).filter((path) => mayBeLabel(path) && !used.labels.get(Hash.of(path)));
    for (let at = 0; at < paths.length; at += LABELS_AT_ONCE) {
      const part = paths.slice(at, at + LABELS_AT_ONCE);
      const found = await finder.find(part.filter((path) => !foldersBeside.has(folderOf(path))));
      const texts = await source.texts(part.filter((path) => found.has(path) || liesWithLabels(path, listing)));
      const images: ImageRecord[] = [];
      const roles: FileRole[] = [];
      for (const [path, text] of texts) {
        // Among labels that lie where they should, numbers in another folder may be anything.
        const image = foldersBeside.size === 0 || isInShares(text) ? found.get(path) : undefined;
        if (!image || 'ambiguous' in image || used.images.add(Hash.of(image.path)) !== 0) {
          if (!liesWithLabels(path, listing)) continue;
          reportUnused(reading, path, text, image);
          roles.push({ path, kind: 'label', split: null });
          continue;
        }
        const split = splits.splitOf(image.path);
        images.push(recordOf(image, split, path, annotationsIn(reading, image, path, text)));
        roles.push({ path, kind: 'label', split });
      }
      yield { images, roles };
    }
  }
}

const LABELS_AT_ONCE = 200;

const isInShares = (text: string | null): boolean =>
  text !== null &&
  parseLabelLines(text).every(
    (line) => line.kind === 'numbers' && line.values.every((value) => value >= 0 && value <= 1),
  );

function reportUnused(
  { report }: Reading,
  path: string,
  text: string | null,
  image: ImageEntry | { ambiguous: string[] } | undefined,
): void {
  const count = text === null ? 0 : parseLabelLines(text).length;
  const fits = image && ('ambiguous' in image ? image.ambiguous.join(', ') : `${image.path} has another one`);
  report.add('label_without_image', fits === undefined ? { path } : { path, detail: fits });
  if (count > 0) report.add('unplaced_annotation', { path, detail: `${count} label lines without an image` }, count);
}

function recordOf(
  entry: ImageEntry,
  split: string | null,
  labelPath: string | undefined,
  { annotations, numRefused }: { annotations: Annotation[]; numRefused: number },
): ImageRecord {
  return {
    ...entry,
    split,
    className: null,
    isLabeled: labelPath !== undefined,
    annotations,
    ...(numRefused > 0 ? { numRefused } : {}),
    ...(labelPath ? { origin: { path: labelPath, unit: 'line' }, source: { label: labelPath } } : {}),
  };
}

import { Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { type Annotation, type ImageEntry, type ImageRecord, taskTypeOf } from '../model.ts';
import { extensionOf, folderOf } from '../paths.ts';
import type { FileRole } from '../source.ts';
import { readConfig, type YoloConfig } from './config.ts';
import { sampleLabels } from './detect.ts';
import { LabelFinder, mayBeLabel } from './layout.ts';
import { annotationOf, type LineLayout, layoutOf, lineOf, parseLabelLines } from './lines.ts';
import { SplitIndex } from './splits.ts';

interface Reading extends ReadContext {
  config: YoloConfig | null;
  layout: LineLayout;
  highestClass: number;
  types: Set<Annotation['type']>;
}

export async function* readYolo(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
  const { source, listing, report } = context;
  const config = await readConfig(source, listing, report);
  const splits = await SplitIndex.open(source, listing, config, report);
  const { lines } = await sampleLabels(source, listing);
  const layout = layoutOf(lines, config);
  const reading: Reading = { ...context, config, layout, highestClass: -1, types: new Set() };
  const finder = new LabelFinder(listing);
  const used = new Fingerprints();
  yield { images: [], roles: describing(config, splits) };
  for await (const entries of source.images()) {
    const labels = await source.texts(entries.flatMap((entry) => finder.candidates(entry.path)));
    const images: ImageRecord[] = [];
    const roles: FileRole[] = [];
    for (const entry of entries) {
      const split = splits.splitOf(entry.path);
      const labelPath = finder.candidates(entry.path).find((path) => labels.has(path));
      const annotations = labelPath ? annotationsIn(reading, entry, labelPath, labels.get(labelPath) ?? null) : [];
      if (labelPath) {
        roles.push({ path: labelPath, kind: 'label', split });
        used.add(Hash.of(labelPath));
      }
      images.push({
        ...entry,
        split,
        className: null,
        isLabeled: labelPath !== undefined,
        annotations,
        ...(labelPath ? { origin: { path: labelPath, unit: 'line' }, source: { label: labelPath } } : {}),
      });
    }
    yield { images, roles };
  }
  if (!context.isAddition) yield { images: [], roles: await unusedLabels(context, used) };
  const kept = {
    keypointShape: layout.keypointShape,
    config: config ? { path: config.path, members: config.members } : null,
    lists: splits.lists,
  };
  return { classes: classesOf(reading), taskType: taskTypeOf(reading.types), source: kept };
}

function describing(config: YoloConfig | null, splits: SplitIndex): FileRole[] {
  const roles: FileRole[] = splits.lists.map(({ path, split }) => ({ path, kind: 'annotation', split }));
  if (config) roles.push({ path: config.path, kind: 'annotation', split: null });
  return roles;
}

function annotationsIn(reading: Reading, image: ImageEntry, path: string, text: string | null): Annotation[] {
  const { report, layout, config, types } = reading;
  if (text === null) {
    report.add('label_not_text', { path, image: image.path });
    return [];
  }
  const annotations: Annotation[] = [];
  for (const line of parseLabelLines(text)) {
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
    const read = annotationOf(line, layout, width, height);
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
    if (!comesBack(line, read.annotation, layout, width, height)) report.add('not_lossless', place);
    reading.highestClass = Math.max(reading.highestClass, line.classIndex);
    types.add(read.annotation.type);
    annotations.push(read.annotation);
  }
  return annotations;
}

/** Numbers of labels have six decimals; a difference below the ninth is none. */
function comesBack(
  line: { classIndex: number; values: readonly number[] },
  annotation: Annotation,
  layout: LineLayout,
  width: number,
  height: number,
): boolean {
  const written = lineOf(annotation, line.classIndex, layout, width, height)?.split(' ').map(Number);
  return written?.slice(1).every((value, i) => Math.abs(value - (line.values[i] ?? Number.NaN)) < 1e-9) ?? false;
}

/** Label files that no image has: in folders for labels, or in those where other labels are. */
async function unusedLabels({ source, listing, report }: ReadContext, used: Fingerprints): Promise<FileRole[]> {
  if ((listing.counts.get('txt') ?? 0) <= used.size) return [];
  const roles: FileRole[] = [];
  for await (const files of source.files()) {
    for (const { path } of files) {
      if (extensionOf(path) !== 'txt' || !mayBeLabel(path) || used.get(Hash.of(path)) !== 0) continue;
      const folder = folderOf(path);
      if (!/(^|\/)labels\//i.test(folder) && !listing.folders.get(folder)?.images) continue;
      report.add('label_without_image', { path });
      if (roles.length < 100_000) roles.push({ path, kind: 'label', split: null });
    }
  }
  return roles;
}

/** The names of the configuration; numbers beyond it, and all without one, are called class_N. */
function classesOf({ config, highestClass }: Reading): ReadSummary['classes'] {
  const names = config?.names ?? [];
  const count = Math.max(names.length, Math.min(highestClass + 1, names.length + 10_000));
  return Array.from({ length: count }, (_, index) => ({ name: names[index] ?? `class_${index}`, source: { index } }));
}

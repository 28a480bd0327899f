import { z } from 'zod';
import { ClassList } from '../classes.ts';
import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { parseLeniently } from '../json/parse.ts';
import { readJson } from '../json/read.ts';
import { sayProblem } from '../json/say.ts';
import { everyFile, filesOf, type Listing, spread } from '../listing.ts';
import { namesOfAddress } from '../matching/addresses.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import { type Annotation, taskTypeOf } from '../model.ts';
import { baseName, folderOf, splitOf } from '../paths.ts';
import type { Example } from '../report.ts';
import { type DatasetSource, type FileEntry, headOf } from '../source.ts';
import { type Result, regionsOf, result, shapesOf } from './results.ts';
import { kindOf, readTask, type Task } from './tasks.ts';

const SAMPLED = 50;
/** Files up to this size are read whole, so many at once: a target storage has one for each annotation. */
const SMALL_BYTES = 64 * 1024;
const FILES_AT_ONCE = 100;
/** A target storage calls its files by a number alone. */
const EXTENSIONS = ['json', ''];

/**
 * Label Studio's JSON exports (https://labelstud.io/guide/export): the full one, a list of tasks; JSON_MIN, a list of
 * flat objects; and the files that it puts into a target storage, an annotation each.
 */
export const labelStudio: FormatReader = {
  format: 'label_studio',

  async detect(source, listing) {
    const first = await firstFile(source, listing);
    if (!first) return { confidence: 0, reasons: ['No JSON file is a list of Label Studio tasks.'] };
    return { confidence: 0.96, reasons: [`${first} has Label Studio's tasks.`] };
  },

  async *read(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const reading: Reading = { ...context, classes: new ClassList(), types: new Set() };
    const placer = new LabelPlacer(context);
    for await (const files of everyFile(context.source, context.listing, ...EXTENSIONS)) {
      const small = files.filter(({ sizeBytes }) => sizeBytes <= SMALL_BYTES);
      for (let at = 0; at < small.length; at += FILES_AT_ONCE) {
        yield* readSmall(small.slice(at, at + FILES_AT_ONCE), placer, reading);
      }
      for (const { path, sizeBytes } of files) if (sizeBytes > SMALL_BYTES) yield* readLarge(path, placer, reading);
    }
    yield await placer.settle();
    return { classes: reading.classes.classes, taskType: taskTypeOf(reading.types) };
  },
};

async function firstFile(source: DatasetSource, listing: Listing): Promise<string | null> {
  for (const path of spread(filesOf(listing, ...EXTENSIONS), 5, SAMPLED)) {
    if (kindOf(await headOf(source, path)) !== null) return path;
  }
  return null;
}

interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
}

async function* readSmall(
  files: readonly FileEntry[],
  placer: LabelPlacer,
  reading: Reading,
): AsyncGenerator<ReadBatch> {
  const texts = await reading.source.texts(files.map(({ path }) => path));
  const labels: NamedLabels[] = [];
  for (const { path } of files) {
    const text = texts.get(path) ?? '';
    const kind = kindOf(text);
    if (kind === null) continue;
    const content = parseLeniently(text.replace(/^\uFEFF/, ''));
    if (content === undefined || (kind !== 'target' && !Array.isArray(content))) {
      yield* readLarge(path, placer, reading);
      continue;
    }
    yield { images: [], roles: [{ path, kind: kind === 'target' ? 'label' : 'annotation', split: splitOf(path) }] };
    const elements: unknown[] = Array.isArray(content) ? content : [content];
    labels.push(...elements.flatMap((element, i) => labelsOf({ path, kind }, element, i, reading) ?? []));
  }
  for (const group of Map.groupBy(labels, ({ named }) => folderOf(named.at.path)).values()) {
    yield await placer.place(group[0]?.named.at.path ?? '', group);
  }
}

async function* readLarge(path: string, placer: LabelPlacer, reading: Reading): AsyncGenerator<ReadBatch> {
  const { source, report } = reading;
  const kind = kindOf(await headOf(source, path));
  if (kind === null || kind === 'target') return;
  yield { images: [], roles: [{ path, kind: 'annotation', split: splitOf(path) }] };
  try {
    for await (const item of readJson(source.stream(path), (key) => key === '')) {
      if (item.kind !== 'elements') continue;
      for (const { index, reason } of item.broken) {
        report.add('bad_annotation', { path, pointer: `[${item.firstIndex + index}]`, detail: reason });
      }
      const labels = item.elements.flatMap((element, i) =>
        element === undefined ? [] : (labelsOf({ path, kind }, element, item.firstIndex + i, reading) ?? []),
      );
      yield await placer.place(path, labels);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    report.add('annotation_file_unreadable', { path, detail: error.message });
  }
}

function labelsOf(
  { path, kind }: { path: string; kind: 'export' | 'min' | 'target' },
  element: unknown,
  index: number,
  reading: Reading,
): NamedLabels | null {
  const { report } = reading;
  const place: Example = kind === 'target' ? { path } : { path, pointer: `[${index}]` };
  const task = readTask(element, kind);
  if (task instanceof z.ZodError) {
    report.add('bad_annotation', { ...place, detail: sayProblem(task, 'not a task') });
    return null;
  }
  if (task.image === null) {
    report.add('unmatched_image', { ...place, detail: 'the task names no image' });
    return null;
  }
  const read = readOutcomes(task, place, reading);
  return {
    named: { ...namesOf(task.image), split: splitOf(path), ...read.size, at: place },
    annotate: () => read.annotations,
    refused: read.refused,
    isUnlabeled: task.outcomes.every(({ isPrediction }) => isPrediction),
    source: { file: path, ...(task.id === null ? {} : { id: task.id }) },
    unit: '',
  };
}

interface Outcome {
  annotations: Annotation[];
  refused: { count: number };
  size: { width: number | null; height: number | null };
}

function readOutcomes({ outcomes, numPredictions }: Task, place: Example, reading: Reading): Outcome {
  const { report } = reading;
  const read: Outcome = { annotations: [], refused: { count: 0 }, size: { width: null, height: null } };
  const people = new Set(outcomes.flatMap(({ by, results }) => (by !== null && results.length > 0 ? [by] : [])));
  if (people.size > 1) report.add('several_annotators', { ...place, detail: [...people].join(', ') });
  if (numPredictions > 0) {
    const areKept = outcomes.some(({ isPrediction }) => isPrediction);
    report.add(areKept ? 'prediction_kept' : 'prediction_left_out', place, numPredictions);
  }
  for (const { results, by, pointer, isPrediction } of outcomes) {
    const parsed = results.flatMap((item, at): { at: number; result: Result }[] => {
      const checked = result.safeParse(item);
      if (checked.success) return [{ at, result: checked.data }];
      read.refused.count++;
      const isRelation = /^relation$/.test(String((item as { type?: unknown } | null)?.type));
      report.add(isRelation ? 'unsupported_annotation' : 'bad_annotation', {
        ...place,
        pointer: `${place.pointer ?? ''}${pointer}[${at}]`,
        detail: isRelation ? 'a relation of two regions' : sayProblem(checked.error, 'not a result'),
      });
      return [];
    });
    for (const { at, parts } of regionsOf(parsed)) {
      for (const { original_width: width, original_height: height } of parts)
        if (width && height) read.size = { width, height };
      const shapes = shapesOf(parts);
      if (!Array.isArray(shapes)) {
        read.refused.count++;
        const code = 'unsupported' in shapes ? 'unsupported_annotation' : 'bad_box';
        const detail = 'unsupported' in shapes ? shapes.unsupported : shapes.problem;
        report.add(code, { ...place, pointer: `${place.pointer ?? ''}${pointer}[${at}]`, detail });
        continue;
      }
      for (const { label, shape, attributes } of shapes) {
        reading.types.add(shape.type);
        read.annotations.push({
          ...shape,
          classIndex: reading.classes.indexOf(label),
          attributes: { ...attributes, ...(people.size > 1 && by !== null ? { annotator: by } : {}) },
          ...(isPrediction ? { isDraft: true as const } : {}),
        });
      }
    }
  }
  return read;
}

/** Uploaded files are called by a hash and their name ("1a2b3c4d-cat.jpg"). */
function namesOf(image: string): { name: string; alternatives: string[] } {
  const base = baseName(namesOfAddress(image)[0] ?? image);
  return { name: image, alternatives: [base, base.replace(/^[0-9a-f]{8}-/, '')] };
}

import { z } from 'zod';
import { ClassList } from '../classes.ts';
import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { readJson } from '../json/read.ts';
import { filesOf, type Listing } from '../listing.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import { type Annotation, taskTypeOf } from '../model.ts';
import { baseName, isImagePath, splitOf } from '../paths.ts';
import type { Example } from '../report.ts';
import { type DatasetSource, headOf } from '../source.ts';
import { result, shapesOf } from './results.ts';

const MAX_FILES = 100;

/** Label Studio's JSON export, a list of tasks: https://labelstud.io/guide/export#JSON */
export const labelStudio: FormatReader = {
  format: 'label_studio',

  async detect(source, listing) {
    const [first] = await exportFiles(source, listing);
    if (!first) return { confidence: 0, reasons: ['No JSON file is a list of Label Studio tasks.'] };
    return { confidence: 0.96, reasons: [`${first} is a list of Label Studio tasks.`] };
  },

  async *read(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const reading: Reading = { ...context, classes: new ClassList(), types: new Set() };
    const placer = new LabelPlacer(context);
    for (const path of await exportFiles(context.source, context.listing)) {
      yield { images: [], roles: [{ path, kind: 'annotation', split: splitOf(path) }] };
      try {
        for await (const item of readJson(context.source.stream(path), (key) => key === '')) {
          if (item.kind !== 'elements') continue;
          for (const { index, reason } of item.broken) {
            context.report.add('bad_annotation', { path, pointer: `[${item.firstIndex + index}]`, detail: reason });
          }
          const labels = item.elements.flatMap((element, i) =>
            element === undefined ? [] : (labelsOf(path, element, item.firstIndex + i, reading) ?? []),
          );
          yield await placer.place(path, labels);
        }
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        context.report.add('annotation_file_unreadable', { path, detail: error.message });
      }
    }
    yield await placer.settle();
    return { classes: reading.classes.classes, taskType: taskTypeOf(reading.types) };
  },
};

async function exportFiles(source: DatasetSource, listing: Listing): Promise<string[]> {
  const paths: string[] = [];
  for (const { path } of filesOf(listing, 'json').slice(0, MAX_FILES)) {
    const head = await headOf(source, path);
    if (/^\uFEFF?\s*\[\s*\{/.test(head) && /"(annotations|completions)"\s*:/.test(head) && /"result"\s*:/.test(head))
      paths.push(path);
  }
  return paths;
}

interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
}

const task = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  data: z.record(z.string(), z.unknown()),
  annotations: z
    .array(z.object({ result: z.array(z.unknown()).default([]), was_cancelled: z.boolean().nullish() }))
    .default([]),
});

function labelsOf(path: string, element: unknown, index: number, reading: Reading): NamedLabels | null {
  const { report } = reading;
  const place: Example = { path, pointer: `[${index}]` };
  const parsed = task.safeParse(element);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    report.add('bad_annotation', {
      ...place,
      detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a task'}`,
    });
    return null;
  }
  const url = imageOf(parsed.data.data);
  if (url === null) {
    report.add('unmatched_image', { ...place, detail: 'the task names no image' });
    return null;
  }
  const annotations: Annotation[] = [];
  let size: { width: number; height: number } | null = null;
  parsed.data.annotations.forEach(({ result: results, was_cancelled }, a) => {
    if (was_cancelled) return;
    results.forEach((item, r) => {
      const at = { ...place, pointer: `[${index}].annotations[${a}].result[${r}]` };
      const read = result.safeParse(item);
      if (!read.success) {
        report.add('bad_annotation', { ...at, detail: read.error.issues[0]?.message ?? 'not a result' });
        return;
      }
      const { original_width: width, original_height: height } = read.data;
      if (width && height) size = { width, height };
      annotations.push(...annotationsOf(at, read.data, reading));
    });
  });
  const { width, height } = size ?? { width: null, height: null };
  return {
    named: { ...namesOf(url), split: splitOf(path), width, height, at: place },
    annotate: () => annotations,
    source: { file: path, ...(parsed.data.id === undefined ? {} : { id: parsed.data.id }) },
    unit: '',
  };
}

function annotationsOf(at: Example, read: z.infer<typeof result>, { report, classes, types }: Reading): Annotation[] {
  const shapes = shapesOf(read);
  if (typeof shapes === 'string') {
    report.add(shapes.startsWith('unsupported') ? 'unsupported_annotation' : 'bad_box', { ...at, detail: shapes });
    return [];
  }
  return shapes.map(({ label, shape, attributes }) => {
    types.add(shape.type);
    return { ...shape, classIndex: classes.indexOf(label), attributes };
  });
}

/** The member of a task's data that names an image, whatever the labeling configuration calls it. */
function imageOf(data: Record<string, unknown>): string | null {
  const texts = Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const [, url] =
    texts.find(([key]) => key === 'image') ??
    texts.find(([, value]) => isImagePath(value.split('?d=').at(-1) ?? '')) ??
    [];
  return url ?? null;
}

/** Uploaded files are called by a hash and their name ("1a2b3c4d-cat.jpg"), local ones by a path in the query. */
function namesOf(url: string): { name: string; alternatives: string[] } {
  const path = decodeURIComponentSafely(url.split('?d=').at(-1) ?? url).replace(/^[a-z0-9]+:\/\/[^/]*\//i, '');
  const base = baseName(path);
  return { name: path, alternatives: [base, base.replace(/^[0-9a-f]{8}-/, '')] };
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

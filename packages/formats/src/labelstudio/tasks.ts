import { z } from 'zod';
import { isElement } from '../cocolike/elements.ts';
import { isImagePath } from '../paths.ts';

const outcome = z.looseObject({
  result: z.array(z.unknown()).default([]),
  was_cancelled: z.boolean().nullish(),
  completed_by: z.unknown().optional(),
});

const task = z.object({
  id: z.union([z.number(), z.string()]).nullish(),
  data: z.record(z.string(), z.unknown()),
  annotations: z.array(outcome).nullish(),
  completions: z.array(outcome).nullish(),
  predictions: z.array(z.looseObject({ result: z.array(z.unknown()).default([]) })).nullish(),
});

/** A task with what people, and models, have said of it, whichever export it comes from. */
export interface Task {
  id: number | string | null;
  /** As the export names it; null for a task without one. */
  image: string | null;
  /** Results of models; they stand in for people's where there are none. */
  numPredictions: number;
  outcomes: { results: unknown[]; by: string | null; pointer: string; isPrediction: boolean }[];
}

/** The kind of a file by its beginning; null for one that is none of Label Studio's. */
export function kindOf(head: string): 'export' | 'min' | 'target' | null {
  if (/^\uFEFF?\s*\[\s*\{/.test(head)) {
    if (/"(annotations|completions|predictions)"\s*:\s*\[/.test(head) && /"data"\s*:\s*\{/.test(head)) return 'export';
    const isMin = /"original_width"\s*:/.test(head) && /"(annotation_id|annotator|lead_time)"\s*:/.test(head);
    return isMin && !/"result"\s*:/.test(head) ? 'min' : null;
  }
  const isTarget =
    /^\uFEFF?\s*\{/.test(head) && /"result"\s*:\s*\[/.test(head) && /"(task|completed_by)"\s*:/.test(head);
  return isTarget ? 'target' : null;
}

/** What an element of an export says; a problem is zod's. */
export function readTask(element: unknown, kind: 'export' | 'min' | 'target'): Task | z.ZodError {
  const parsed = task.safeParse(kind === 'export' ? element : taskOf(element, kind));
  if (!parsed.success) return parsed.error;
  const { id, data, annotations, completions, predictions } = parsed.data;
  const done = annotations ?? completions ?? [];
  const isKept = done.some(({ was_cancelled, result }) => !was_cancelled && result.length > 0);
  const outcomes = done.flatMap((item, i) =>
    item.was_cancelled
      ? []
      : [
          {
            results: item.result,
            by: done.length > 1 ? personOf(item.completed_by, i) : null,
            pointer: pointerOf(kind, i),
            isPrediction: false,
          },
        ],
  );
  const guesses = (predictions ?? []).map((item, i) => ({
    results: item.result,
    by: null,
    pointer: `.predictions[${i}].result`,
    isPrediction: true,
  }));
  return {
    id: id ?? null,
    image: imageOf(data),
    numPredictions: guesses.reduce((sum, { results }) => sum + results.length, 0),
    outcomes: isKept ? outcomes : [...outcomes, ...guesses],
  };
}

const pointerOf = (kind: string, i: number): string => (kind === 'export' ? `.annotations[${i}].result` : '');

/** The flat export, and what lies in a target storage, as tasks of the full export. */
function taskOf(element: unknown, kind: 'min' | 'target'): unknown {
  if (!isElement(element)) return element;
  if (kind === 'target') {
    const { task: inner, ...annotation } = element;
    return isElement(inner) ? { id: inner.id, data: inner.data, annotations: [annotation] } : element;
  }
  const data = Object.fromEntries(Object.entries(element).filter(([, value]) => typeof value === 'string'));
  const results = Object.entries(element).flatMap(([name, value]) => resultsOf(name, value));
  return { id: element.id, data, annotations: [{ result: results, completed_by: element.annotator }] };
}

const SHAPES: [member: string, type: string][] = [
  ['rectanglelabels', 'rectanglelabels'],
  ['polygonlabels', 'polygonlabels'],
  ['keypointlabels', 'keypointlabels'],
  ['ellipselabels', 'ellipselabels'],
  ['brushlabels', 'brushlabels'],
  ['choices', 'choices'],
];

/** The flat export leaves out what kind of result a member holds: its own members tell. */
function resultsOf(from_name: string, value: unknown): unknown[] {
  if (from_name === 'choice' && typeof value === 'string')
    return [{ type: 'choices', from_name, value: { choices: [value] } }];
  if (isElement(value) && Array.isArray(value.choices)) return [{ type: 'choices', from_name, value }];
  if (!Array.isArray(value)) return [];
  return value.filter(isElement).map((item) => {
    const [, type = 'points' in item ? 'polygon' : 'rectangle'] = SHAPES.find(([member]) => member in item) ?? [];
    const { original_width, original_height, ...rest } = item;
    return { type, from_name, original_width, original_height, value: rest };
  });
}

function personOf(completedBy: unknown, i: number): string {
  if (typeof completedBy === 'number' || typeof completedBy === 'string') return String(completedBy);
  if (isElement(completedBy)) return String(completedBy.email ?? completedBy.id ?? i + 1);
  return String(i + 1);
}

/** The member of a task's data that names an image, whatever the labeling configuration calls it. */
function imageOf(data: Record<string, unknown>): string | null {
  const texts = Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const [, url] =
    texts.find(([key]) => key === 'image') ??
    texts.find(([, value]) => isImagePath((value.split('?d=').at(-1) ?? '').replace(/\?.*$/, ''))) ??
    [];
  return url ?? null;
}

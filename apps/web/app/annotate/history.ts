import type { Label } from './label';

/** What happened to one label: before and after, null where there was or is none, and its place among the others. */
export interface Edit {
  readonly key: string;
  readonly index: number;
  readonly before: Label | null;
  readonly after: Label | null;
}

/** One step that is undone as a whole; steps of the same name that follow each other may become one. */
export interface Step {
  readonly name: string;
  readonly edits: readonly Edit[];
}

export interface Edited {
  readonly labels: readonly Label[];
  readonly past: readonly Step[];
  readonly future: readonly Step[];
}

export const notEdited = (labels: readonly Label[]): Edited => ({ labels, past: [], future: [] });

const MOST_STEPS = 1000;

/** What it takes to get from some labels to others, label by label. */
export function editsBetween(before: readonly Label[], after: readonly Label[]): Edit[] {
  const next = new Map(after.map((label) => [label.key, label]));
  const known = new Set(before.map(({ key }) => key));
  const edits: Edit[] = [];
  // From behind, so that the places of those before stay right while labels go.
  for (let index = before.length - 1; index >= 0; index--) {
    const label = before[index];
    if (label && !next.has(label.key)) edits.push({ key: label.key, index, before: label, after: null });
  }
  for (const [index, label] of before.entries()) {
    const now = next.get(label.key);
    if (now && now !== label) edits.push({ key: label.key, index, before: label, after: now });
  }
  for (const [index, label] of after.entries()) {
    if (!known.has(label.key)) edits.push({ key: label.key, index, before: null, after: label });
  }
  return edits;
}

/** Takes a step that can be undone; a step of no edits changes nothing. */
export function done({ labels, past }: Edited, { name, edits }: Step, joins = false): Edited {
  if (edits.length === 0) return { labels, past, future: [] };
  const last = past.at(-1);
  const next = apply(labels, edits);
  if (joins && last?.name === name && hasSameKeys(last.edits, edits)) {
    const joined = last.edits.map((edit) => ({
      ...edit,
      after: edits.find(({ key }) => key === edit.key)?.after ?? null,
    }));
    return { labels: next, past: [...past.slice(0, -1), { name, edits: joined }], future: [] };
  }
  return { labels: next, past: [...past.slice(1 - MOST_STEPS), { name, edits }], future: [] };
}

/** Of labels that are changed only: what comes or goes is a step of its own. */
const hasSameKeys = (a: readonly Edit[], b: readonly Edit[]): boolean =>
  a.length === b.length &&
  [...a, ...b].every(({ before, after }) => before && after) &&
  a.every(({ key }) => b.some((edit) => edit.key === key));

export function undone(edited: Edited): Edited {
  const step = edited.past.at(-1);
  if (!step) return edited;
  const back = step.edits.map(({ before, after, ...edit }) => ({ ...edit, before: after, after: before })).reverse();
  return {
    labels: apply(edited.labels, back),
    past: edited.past.slice(0, -1),
    future: [...edited.future, step],
  };
}

export function redone(edited: Edited): Edited {
  const step = edited.future.at(-1);
  if (!step) return edited;
  return {
    labels: apply(edited.labels, step.edits),
    past: [...edited.past, step],
    future: edited.future.slice(0, -1),
  };
}

function apply(labels: readonly Label[], edits: readonly Edit[]): readonly Label[] {
  const next = [...labels];
  const places = new Map(next.map(({ key }, index) => [key, index]));
  for (const { key, index, after } of edits) {
    const place = places.get(key);
    if (after === null) {
      if (place === undefined) continue;
      next.splice(place, 1);
      renumber(places, next, place);
      places.delete(key);
    } else if (place !== undefined) next[place] = after;
    else {
      const to = Math.min(index, next.length);
      next.splice(to, 0, after);
      renumber(places, next, to);
    }
  }
  return next;
}

function renumber(places: Map<string, number>, labels: readonly Label[], from: number): void {
  for (let index = from; index < labels.length; index++) {
    const label = labels[index];
    if (label) places.set(label.key, index);
  }
}

import { isDeepStrictEqual } from 'node:util';
import type { EditedAnnotation } from '@granary/db';

/** What both sides made of one annotation; null where a side deleted it, or the base did not have it. */
export interface AnnotationConflict {
  id: number;
  base: EditedAnnotation | null;
  mine: EditedAnnotation | null;
  theirs: EditedAnnotation | null;
}

/**
 * Merges two changes of the annotations of one image, by the ids of the annotations: what one side alone changed, added or deleted is
 * taken; what both changed in different ways is a conflict, which keeps this side's for now.
 */
export function mergeAnnotations({
  base,
  mine,
  theirs,
}: {
  base: readonly EditedAnnotation[];
  mine: readonly EditedAnnotation[];
  theirs: readonly EditedAnnotation[];
}): { merged: EditedAnnotation[]; conflicts: AnnotationConflict[] } {
  const [before, ours, others] = [base, mine, theirs].map(
    (list) => new Map(list.map((annotation) => [annotation.id, annotation])),
  ) as [Versions, Versions, Versions];
  const merged: EditedAnnotation[] = [];
  const conflicts: AnnotationConflict[] = [];
  for (const id of new Set([...ours.keys(), ...others.keys(), ...before.keys()])) {
    const [was, here, there] = [before.get(id) ?? null, ours.get(id) ?? null, others.get(id) ?? null];
    const isTheirs = isSame(was, here);
    const kept = isTheirs ? there : here;
    if (!isTheirs && !isSame(was, there) && !isSame(here, there)) {
      conflicts.push({ id, base: was, mine: here, theirs: there });
    }
    if (kept) merged.push(kept);
  }
  return { merged, conflicts };
}

type Versions = Map<number, EditedAnnotation>;

/** Whether both say the same of the image, whoever says it. */
function isSame(a: EditedAnnotation | null, b: EditedAnnotation | null): boolean {
  if (a === null || b === null) return a === b;
  return isDeepStrictEqual(contentOf(a), contentOf(b));
}

const contentOf = ({ classId, newClass, type, geometry, attributes }: EditedAnnotation) => ({
  classId,
  newClass: newClass ?? null,
  type,
  geometry,
  attributes,
});

import type { EditedAnnotation } from '@granary/db';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeAnnotations } from './merge.ts';

const annotation = (id: number, x: number): EditedAnnotation => ({
  id,
  classId: 1,
  type: 'bbox',
  geometry: { box: [x, 0, 1, 1] },
  attributes: {},
  state: 'confirmed',
  createdBy: null,
  confirmedBy: null,
  confirmedAt: null,
});

const list = fc
  .uniqueArray(fc.tuple(fc.nat(6), fc.nat(2)), { selector: ([id]) => id })
  .map((items) => items.map(([id, x]) => annotation(id, x)));
const xOf = (side: readonly EditedAnnotation[], id: number) =>
  side.find((item) => item.id === id)?.geometry.box ?? null;

test('takes what one side changed, and tells of what both did', () => {
  fc.assert(
    fc.property(list, list, list, (base, mine, theirs) => {
      const { merged, conflicts } = mergeAnnotations({ base, mine, theirs });
      const conflicting = new Set(conflicts.map(({ id }) => id));
      for (let id = 0; id <= 6; id++) {
        const [was, here, there, now] = [base, mine, theirs, merged].map((side) => JSON.stringify(xOf(side, id)));
        const isConflict = here !== was && there !== was && here !== there;
        expect(conflicting.has(id)).toBe(isConflict);
        expect(now).toBe(here === was ? there : here);
      }
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { done, type Edited, editsBetween, notEdited, redone, undone } from './history.ts';
import type { Label } from './label.ts';

const box = (key: string, x = 0): Label => ({
  key,
  type: 'bbox',
  className: 'car',
  attributes: {},
  geometry: { box: [x, 0, 10, 10] },
});
const start = ['a', 'b', 'c', 'd'].map((key) => box(key));

/** What someone may do: change, remove, add, or reorder nothing. */
const acts = fc.array(
  fc.record({
    kind: fc.constantFrom('change', 'remove', 'add'),
    which: fc.nat(5),
    x: fc.nat(1000),
    joins: fc.boolean(),
  }),
  { maxLength: 40 },
);

function act(
  edited: Edited,
  { kind, which, x, joins }: { kind: string; which: number; x: number; joins: boolean },
): Edited {
  const { labels } = edited;
  const chosen = labels[which % Math.max(1, labels.length)];
  const after =
    kind === 'add'
      ? labels.toSpliced(which % (labels.length + 1), 0, box(`new ${edited.past.length} ${x}`, x))
      : kind === 'remove'
        ? labels.filter((label) => label !== chosen && labels.indexOf(label) % 3 !== which % 3)
        : labels.map((label) => (label === chosen ? box(label.key, x) : label));
  return done(edited, { name: kind, edits: editsBetween(labels, after) }, joins);
}

test('whatever was done is undone exactly, and done again exactly', () => {
  fc.assert(
    fc.property(acts, (all) => {
      const end = all.reduce(act, notEdited(start));
      let back = end;
      while (back.past.length > 0) back = undone(back);
      expect(back.labels).toEqual(start);
      let again = back;
      while (again.future.length > 0) again = redone(again);
      expect(again.labels).toEqual(end.labels);
    }),
  );
});

test('steps of a name that change the same labels are undone as one', () => {
  let edited = notEdited(start);
  for (const x of [1, 2, 3]) {
    const after = edited.labels.map((label) => (label.key === 'b' ? box('b', x) : label));
    edited = done(edited, { name: 'nudge', edits: editsBetween(edited.labels, after) }, true);
  }
  expect(edited.past).toHaveLength(1);
  expect(undone(edited).labels).toEqual(start);
});

test('what is undone after somebody else’s labels came leaves these alone', () => {
  const removed = done(notEdited(start), { name: 'remove', edits: editsBetween(start, start.slice(1)) });
  const joined = { ...removed, labels: [...removed.labels, box('theirs', 7)] };
  expect(undone(joined).labels).toEqual([...start, box('theirs', 7)]);
});

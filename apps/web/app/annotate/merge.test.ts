import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Content, contentOfLabel, isSame, type Label } from './label.ts';
import { type Merged, merged, type Stored } from './merge.ts';

const box = (x: number, className = 'car', attributes: Record<string, unknown> = {}): Content => ({
  type: 'bbox',
  className,
  attributes,
  geometry: { box: [x, 0, 10, 10] },
});
const base: Stored[] = [1, 2, 3, 4].map((id) => ({ ...box(id), id }));
const keyed = (stored: readonly Stored[]) => stored.map(({ id, ...content }): Label => ({ ...content, key: `s${id}` }));
const ids = new Map(base.map(({ id }) => [`s${id}`, id]));

let keys = 0;
const merge = (mine: readonly Label[], theirs: readonly Stored[], sent: readonly Label[] = []): Merged =>
  merged({ base, mine, ids, theirs, sent }, () => `n${keys++}`);
const contents = ({ labels }: Merged) => labels.map(contentOfLabel);

test('what one of both changed, removed or added is so', () => {
  const mine = [
    ...keyed(base).map((label) => (label.key === 's1' ? { ...box(50), key: 's1' } : label)),
    { ...box(90), key: 'x' },
  ];
  const theirs = [
    ...base.filter(({ id }) => id !== 2).map((stored) => (stored.id === 3 ? { ...box(60), id: 3 } : stored)),
    { ...box(70), id: 9 },
  ];
  const result = merge(mine, theirs);
  expect(result.conflicts).toEqual([]);
  expect(contents(result)).toEqual([box(50), box(60), box(4), box(90), box(70)]);
  expect([...result.ids.values()]).toEqual([1, 3, 4, 9]);
});

test('of one label, one moves it while the other names it: it is both', () => {
  const mine = keyed(base).map((label) => (label.key === 's1' ? { ...box(50), key: 's1' } : label));
  const theirs = base.map((stored) => (stored.id === 1 ? { ...box(1, 'bus', { crowd: true }), id: 1 } : stored));
  const result = merge(mine, theirs);
  expect(result.conflicts).toEqual([]);
  expect(contents(result)[0]).toEqual(box(50, 'bus', { crowd: true }));
});

test('where both moved it, both stay; the one that is here is a new one', () => {
  const mine = keyed(base).map((label) => (label.key === 's1' ? { ...box(50), key: 's1' } : label));
  const theirs = base.map((stored) => (stored.id === 1 ? { ...box(60), id: 1 } : stored));
  const result = merge(mine, theirs);
  expect(contents(result).slice(0, 2)).toEqual([box(60), box(50)]);
  expect(result.conflicts).toEqual([{ theirs: 's1', mine: result.labels[1]?.key }]);
  expect(result.ids.get('s1')).toBe(1);
});

test('a change outlives a removal on the other side, either way', () => {
  const removedThere = merge(
    keyed(base).map((label) => (label.key === 's1' ? { ...box(50), key: 's1' } : label)),
    base.slice(1),
  );
  expect(contents(removedThere)[0]).toEqual(box(50));
  expect(removedThere.ids.has('s1')).toBe(false);
  const removedHere = merge(
    keyed(base).slice(1),
    base.map((stored) => (stored.id === 1 ? { ...box(60), id: 1 } : stored)),
  );
  expect(contents(removedHere)).toContainEqual(box(60));
});

test('what was sent without an answer and is stored is not stored twice', () => {
  const sent: Label[] = [{ ...box(90), key: 'x' }];
  const theirs = [...base, { ...box(90), id: 9 }];
  const result = merge([...keyed(base), { ...box(95), key: 'x' }], theirs, sent);
  expect(contents(result)).toEqual([...base.map(({ id }) => box(id)), box(95)]);
  expect(result.ids.get('x')).toBe(9);
  expect(contents(merge(keyed(base), theirs, sent))).toEqual(base.map(({ id }) => box(id)));
});

/** What someone does with the labels: each is left, changed in one of three ways, or removed; some are added. */
const side = fc.record({
  acts: fc.array(fc.constantFrom('leave', 'move', 'name', 'mark', 'remove'), { minLength: 4, maxLength: 4 }),
  added: fc.nat(3),
});

function edited(who: number, { acts, added }: { acts: string[]; added: number }) {
  const kept = base.flatMap((stored, i): Stored[] => {
    switch (acts[i]) {
      case 'remove':
        return [];
      case 'move':
        return [{ ...stored, ...box(100 * who + i, stored.className ?? ''), id: stored.id }];
      case 'name':
        return [{ ...stored, className: `by ${who}` }];
      case 'mark':
        return [{ ...stored, attributes: { [`mark ${who}`]: true } }];
      default:
        return [stored];
    }
  });
  const more = Array.from({ length: added }, (_, i): Stored => ({ ...box(1000 * who + i), id: 100 * who + i }));
  return { kept, more };
}

test('nothing that either of two people did is lost', () => {
  fc.assert(
    fc.property(side, side, (here, there) => {
      const me = edited(1, here);
      const them = edited(2, there);
      const mine = [...keyed(me.kept), ...me.more.map(({ id, ...content }) => ({ ...content, key: `new ${id}` }))];
      const theirs = [...them.kept, ...them.more];
      const result = merge(mine, theirs);
      const has = (test: (content: Content) => boolean) => contents(result).some(test);
      for (const { id: _, ...content } of [...me.more, ...them.more])
        expect(has((one) => isSame(one, content))).toBe(true);
      for (const [who, { acts }] of [
        [1, here],
        [2, there],
      ] as const) {
        for (const [i, act] of acts.entries()) {
          const was = base[i];
          if (act === 'move')
            expect(has((one) => one.type === 'bbox' && one.geometry.box[0] === 100 * who + i)).toBe(true);
          if (act === 'name')
            expect(result.labels.filter(({ className }) => className === `by ${who}`).length).toBeGreaterThan(0);
          if (act === 'mark') expect(has(({ attributes }) => attributes[`mark ${who}`] === true)).toBe(true);
          const other = (who === 1 ? there : here).acts[i];
          if (act === 'remove' && (other === 'leave' || other === 'remove'))
            expect(has((one) => isSame(one, was && contentOfLabel({ ...was, key: '' })))).toBe(false);
        }
      }
      expect(new Set(result.labels.map(({ key }) => key)).size).toBe(result.labels.length);
    }),
  );
});

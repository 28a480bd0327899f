import { describe, expect, test } from 'vitest';
import { DisjointSets } from './disjoint-sets.ts';

/** The groups, each in order, in the order of their first. */
function groupsOf(sets: DisjointSets): string[][] {
  const groups = Map.groupBy(sets.members(), ([, root]) => root);
  return [...groups.values()]
    .map((members) => members.map(([hash]) => hash).sort())
    .sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}

function joined(pairs: readonly (readonly [string, string])[], alone: readonly string[] = []): DisjointSets {
  const sets = new DisjointSets();
  for (const hash of alone) sets.nodeOf(hash);
  for (const [a, b] of pairs) sets.join(sets.nodeOf(a), sets.nodeOf(b));
  return sets;
}

describe('hashes that belong together', () => {
  test('are those that a chain leads between; the others are alone', () => {
    expect(
      groupsOf(
        joined(
          [
            ['a', 'b'],
            ['c', 'd'],
            ['b', 'e'],
          ],
          ['x'],
        ),
      ),
    ).toEqual([['a', 'b', 'e'], ['c', 'd'], ['x']]);
  });

  test('become one group when a link is found between two', () => {
    const sets = joined([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    sets.join(sets.nodeOf('d'), sets.nodeOf('a'));
    expect(groupsOf(sets)).toEqual([['a', 'b', 'c', 'd']]);
  });

  test('are the same in whatever order, and however often, links come', () => {
    const pairs = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['d', 'e'],
    ] as const;
    const expected = [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ];
    expect(groupsOf(joined(pairs))).toEqual(expected);
    expect(groupsOf(joined(pairs.toReversed().map(([a, b]) => [b, a] as const)))).toEqual(expected);
    expect(groupsOf(joined([...pairs, ...pairs]))).toEqual(expected);
  });

  test('of a chain of a hundred thousand are one, without a deep recursion', () => {
    const sets = new DisjointSets();
    for (let i = 1; i < 100_000; i++) sets.join(sets.nodeOf(String(i - 1)), sets.nodeOf(String(i)));
    expect(groupsOf(sets)).toHaveLength(1);
  });
});

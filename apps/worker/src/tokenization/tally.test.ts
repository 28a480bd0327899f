import { describe, expect, test } from 'vitest';
import { Tally } from './tally.ts';

describe('the tally of tokens', () => {
  test('of nothing is nothing', () => {
    expect(new Tally().statistics()).toEqual({
      numSequences: 0,
      numTokens: 0,
      avgSeqLength: 0,
      maxSeqLength: 0,
      truncatedShare: 0,
      lengthHistogram: [],
    });
  });

  test('adds up over batches', () => {
    const tally = new Tally();
    tally.add(Int32Array.of(3, 5), 1);
    tally.add(Int32Array.of(5, 7), 0);
    expect(tally.statistics()).toMatchObject({
      numSequences: 4,
      numTokens: 20,
      avgSeqLength: 5,
      maxSeqLength: 7,
      truncatedShare: 0.25,
    });
  });

  test.each([1, 7, 19, 20, 21, 400, 4096, 100_000])(
    'has every sequence in one bin, the longest of %d tokens in the last',
    (longest) => {
      const tally = new Tally();
      const lengths = Int32Array.from({ length: 500 }, (_, i) => Math.floor((i / 499) * longest));
      tally.add(lengths, 0);
      const { lengthHistogram } = tally.statistics();
      expect(lengthHistogram.length).toBeLessThanOrEqual(20);
      expect(lengthHistogram.reduce((sum, { count }) => sum + count, 0)).toBe(500);
      for (const [i, { from, to, count }] of lengthHistogram.entries()) {
        expect(to).toBeGreaterThan(from);
        expect(from).toBe(lengthHistogram[i - 1]?.to ?? 0);
        expect(count).toBe(lengths.filter((length) => length >= from && length < to).length);
      }
      expect(lengthHistogram.at(-1)?.count).toBeGreaterThan(0);
    },
  );
});

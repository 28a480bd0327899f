import { describe, expect, test } from 'vitest';
import { LimitCounter, type Limits } from './limits.ts';

const MIB = 1024 * 1024;
const LIMITS: Limits = { maxEntries: 3, maxBytes: 1000 * MIB, maxRatio: 200 };

describe('what comes out of an archive', () => {
  test('is so many entries at most', () => {
    const counter = new LimitCounter(LIMITS);
    for (let i = 0; i < 3; i++) counter.add(`${i}.txt`, 1, 1, 100);
    expect(() => counter.add('3.txt', 1, 1, 100)).toThrow(
      expect.objectContaining({
        code: 'too_many_entries',
        message: expect.stringContaining('more than the limit of 3 entries'),
      }),
    );
  });

  test('is so many bytes at most, of all entries together', () => {
    const counter = new LimitCounter(LIMITS);
    counter.add('a.bin', 600 * MIB, 600 * MIB, 1200 * MIB);
    expect(() => counter.add('b.bin', 400 * MIB + 1, 400 * MIB, 1200 * MIB)).toThrow(
      expect.objectContaining({ code: 'too_large', message: expect.stringContaining('b.bin') }),
    );
  });

  test('may be packed very well while it is small', () => {
    const counter = new LimitCounter(LIMITS);
    expect(() => counter.add('zeros.txt', 64 * MIB, 64 * 1024, 64 * 1024)).not.toThrow();
  });

  test('is no bomb: neither one entry, nor many that share what they are packed into', () => {
    expect(() => new LimitCounter(LIMITS).add('bomb.txt', 65 * MIB, 100_000, 1000 * MIB)).toThrow(
      expect.objectContaining({ code: 'compression_bomb', message: expect.stringContaining('ratio of 682') }),
    );
    const counter = new LimitCounter(LIMITS);
    counter.add('one.txt', 40 * MIB, 1 * MIB, 100_000);
    expect(() => counter.add('two.txt', 40 * MIB, 1 * MIB, 100_000)).toThrow(
      expect.objectContaining({ code: 'compression_bomb' }),
    );
  });
});

describe('a stream of unknown length', () => {
  test('is refused when it grows beyond all measure', () => {
    const counter = new LimitCounter(LIMITS);
    expect(() => counter.checkStream('a.tar.gz', 64 * MIB, 1)).not.toThrow();
    expect(() => counter.checkStream('a.tar.gz', 65 * MIB, 300_000)).toThrow(
      expect.objectContaining({ code: 'compression_bomb' }),
    );
    expect(() => counter.checkStream('a.tar.gz', 1001 * MIB, 1001 * MIB)).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
  });
});

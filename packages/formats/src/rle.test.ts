import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compress } from '../fixtures/compress.ts';
import { runsOf } from './index.ts';

describe('run lengths', () => {
  test('of a mask in both spellings', () => {
    const runs = [6, 1, 40, 4, 5, 4, 5, 4, 21];
    expect(runsOf({ size: [9, 10], counts: '61X13mN000`0' })).toEqual(runs);
    expect(runsOf({ size: [9, 10], counts: runs })).toEqual(runs);
  });

  test('come back from their compressed text', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { maxLength: 40 }), (runs) => {
        expect(runsOf({ size: [1, 1], counts: compress(runs) })).toEqual(runs);
      }),
    );
  });
});

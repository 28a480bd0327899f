import type { ObjectStore } from '@granary/storage';
import { describe, expect, test } from 'vitest';
import { filesAtOnce, partsOf } from './parts.ts';

const MIB = 1024 * 1024;
const disk = { leastPartBytes: MIB } as ObjectStore;
const bucket = { leastPartBytes: 5 * MIB } as ObjectStore;

describe.each([
  ['on disk', disk],
  ['in a bucket', bucket],
])('the parts of a file %s', (_, store) => {
  test.each([1, 900_000, 21e6, 70e6, 280e6, 2e9, 50e9, 1e12])('of %d bytes', (sizeBytes) => {
    const { partBytes, most } = partsOf(sizeBytes, store);
    expect(partBytes % MIB).toBe(0);
    expect(partBytes).toBeGreaterThanOrEqual(store.leastPartBytes);
    expect(Math.ceil(sizeBytes / partBytes)).toBeLessThan(10_000);
    expect(most).toBeGreaterThanOrEqual(2);
    if (most > 2) {
      expect(partBytes * most).toBeLessThanOrEqual(32 * MIB);
      expect(partBytes * most).toBeLessThanOrEqual(sizeBytes / 16);
    }
  });

  test.each([
    ['one small file', [1000]],
    ['a few of 70 MB', [70e6, 70e6, 70e6]],
    ['many small ones', Array<number>(1000).fill(10_000)],
    ['large ones', Array<number>(20).fill(2e9)],
    ['one large among small ones', [2e9, ...Array<number>(50).fill(1000)]],
  ])('what is on its way of %s is little of it', (_name, sizes) => {
    const atOnce = filesAtOnce(sizes, store);
    expect(atOnce).toBeGreaterThanOrEqual(1);
    expect(atOnce).toBeLessThanOrEqual(4);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const { partBytes, most } = partsOf(Math.max(...sizes), store);
    const underWay = atOnce * Math.min(partBytes * most, Math.max(...sizes));
    if (atOnce > 1) expect(underWay).toBeLessThanOrEqual(Math.max(MIB, total / 16));
  });
});

test('files that are large, or many, come four at a time', () => {
  expect(filesAtOnce(Array<number>(20).fill(2e9), bucket)).toBe(4);
  expect(filesAtOnce(Array<number>(1000).fill(10_000), bucket)).toBe(4);
  expect(filesAtOnce(Array<number>(10).fill(100_000), disk)).toBe(4);
  expect(filesAtOnce([70e6, 70e6, 70e6], bucket)).toBe(1);
  expect(filesAtOnce(Array<number>(1_000_000).fill(100), bucket)).toBe(4);
  expect(filesAtOnce([], disk)).toBe(4);
});

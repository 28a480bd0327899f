import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson } from './read.ts';

/** Integers beyond 2^53 may be read as texts. */
const normal = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item) => (Number.isInteger(item) && !Number.isSafeInteger(item) ? String(item) : item)),
  );

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('gives the same as JSON.parse, however the bytes are cut', async () => {
  const member = fc.oneof(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string({ unit: 'grapheme' }), member),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (object, size, isPretty) => {
        const text = JSON.stringify(object, null, isPretty ? 2 : 0);
        const parsed: Record<string, unknown> = JSON.parse(text);
        const read = new Map<string, unknown[]>();
        for await (const item of readJson(inChunks(new TextEncoder().encode(text), size), () => true)) {
          if (item.kind === 'value') {
            expect(normal(item.value)).toEqual(normal(parsed[item.key]));
            continue;
          }
          if (item.kind === 'left_out') expect.fail(item.reason);
          const { key, elements, firstIndex } = item;
          const list = read.get(key) ?? [];
          expect(firstIndex).toBe(list.length);
          read.set(key, [...list, ...elements]);
        }
        const arrays = Object.entries(parsed).filter(([, value]) => Array.isArray(value) && value.length > 0);
        const byKey = (a: [string, unknown], b: [string, unknown]) => (a[0] < b[0] ? -1 : 1);
        expect(normal([...read].sort(byKey))).toEqual(normal(arrays.sort(byKey)));
      },
    ),
    { numRuns: 300 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brushed, emptyMask, isSet, type Mask, maskOf, movedMask, rleOf } from './mask.ts';

const WIDTH = 40;
const HEIGHT = 30;
const coordinate = fc.tuple(fc.integer({ min: -5, max: 45 }), fc.integer({ min: -5, max: 35 }));
const strokes = fc.array(
  fc.record({ from: coordinate, to: coordinate, radius: fc.integer({ min: 1, max: 9 }), isErasing: fc.boolean() }),
  { maxLength: 8 },
);

/** The same by asking every pixel how far its middle is from the way of the brush. */
function plainly(drawn: Parameters<typeof drawAll>[0]): Set<string> {
  const set = new Set<string>();
  for (const { from, to, radius, isErasing } of drawn) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = dx ** 2 + dy ** 2;
    for (let x = 0; x < WIDTH; x++) {
      for (let y = 0; y < HEIGHT; y++) {
        const [px, py] = [x + 0.5 - from[0], y + 0.5 - from[1]];
        const share = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
        if (Math.hypot(px - share * dx, py - share * dy) > radius + 1e-9) continue;
        if (isErasing) set.delete(`${x} ${y}`);
        else set.add(`${x} ${y}`);
      }
    }
  }
  return set;
}

const drawAll = (drawn: { from: [number, number]; to: [number, number]; radius: number; isErasing: boolean }[]): Mask =>
  drawn.reduce(
    (mask, { from, to, radius, isErasing }) => brushed(mask, from, to, radius, isErasing),
    emptyMask(WIDTH, HEIGHT),
  );

function pixelsOf(mask: Mask): Set<string> {
  const set = new Set<string>();
  for (let x = 0; x < WIDTH; x++) for (let y = 0; y < HEIGHT; y++) if (isSet(mask, [x, y])) set.add(`${x} ${y}`);
  return set;
}

test('a brush sets, and an eraser takes away, the pixels whose middle it covers', () => {
  fc.assert(
    fc.property(strokes, (drawn) => {
      expect(pixelsOf(drawAll(drawn))).toEqual(plainly(drawn));
    }),
  );
});

test('a mask is the same after its run lengths, whose box is that of its pixels', () => {
  fc.assert(
    fc.property(strokes, (drawn) => {
      const mask = drawAll(drawn);
      const { rle, box } = rleOf(mask);
      expect(pixelsOf(maskOf(structuredClone(rle)))).toEqual(pixelsOf(mask));
      const places = [...pixelsOf(mask)].map((place) => place.split(' ').map(Number));
      const [xs, ys] = [places.map(([x = 0]) => x), places.map(([, y = 0]) => y)];
      const bounds = [Math.min(...xs), Math.min(...ys)];
      expect(box).toEqual(
        places.length === 0
          ? null
          : [...bounds, Math.max(...xs) - (bounds[0] ?? 0) + 1, Math.max(...ys) - (bounds[1] ?? 0) + 1],
      );
    }),
  );
});

test('a moved mask is the same elsewhere', () => {
  const mask = brushed(emptyMask(WIDTH, HEIGHT), [10, 10], [14, 12], 3, false);
  const { rle } = movedMask(mask, 5, -2);
  expect(pixelsOf(maskOf(rle))).toEqual(
    new Set(
      [...pixelsOf(mask)].map((place) => place.split(' ').map(Number)).map(([x = 0, y = 0]) => `${x + 5} ${y - 2}`),
    ),
  );
});

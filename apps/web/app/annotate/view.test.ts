import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitted, panned, showing, toImage, toScreen, type View, zoomed } from './view.ts';

const image = { width: 8000, height: 6000 };
const window = { width: 1100, height: 800 };
const place = fc.tuple(fc.double({ min: 0, max: 1100, noNaN: true }), fc.double({ min: 0, max: 800, noNaN: true }));
const steps = fc.array(
  fc.oneof(
    fc.record({ zoom: fc.double({ min: 0.2, max: 5, noNaN: true }), at: place }),
    fc.record({ dx: fc.integer({ min: -3000, max: 3000 }), dy: fc.integer({ min: -3000, max: 3000 }) }),
  ),
  { maxLength: 30 },
);
const walked = (view: View, walk: typeof steps extends fc.Arbitrary<infer T> ? T : never): View =>
  walk.reduce(
    (now, step) =>
      'zoom' in step ? zoomed(now, step.zoom, step.at, image, window) : panned(now, step.dx, step.dy, image, window),
    view,
  );

test('places of the window and of the image are each other’s, at any zoom and pan', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 8000 }), fc.integer({ min: 0, max: 6000 }), (walk, x, y) => {
      const view = walked(fitted(image, window), walk);
      const [backX, backY] = toImage(view, toScreen(view, [x, y]));
      expect(Math.round(backX)).toBe(x);
      expect(Math.round(backY)).toBe(y);
    }),
  );
});

test('what is under the pointer stays there while one zooms, unless the image would leave the window', () => {
  const view = zoomed(fitted(image, window), 4, [550, 400], image, window);
  const before = toImage(view, [300, 200]);
  const after = toImage(zoomed(view, 2, [300, 200], image, window), [300, 200]);
  expect(after[0]).toBeCloseTo(before[0], 6);
  expect(after[1]).toBeCloseTo(before[1], 6);
});

test('some of the image is always in the window', () => {
  fc.assert(
    fc.property(steps, (walk) => {
      const view = walked(fitted(image, window), walk);
      const [left, top] = toScreen(view, [0, 0]);
      const [right, bottom] = toScreen(view, [image.width, image.height]);
      expect(Math.min(right, window.width) - Math.max(left, 0)).toBeGreaterThan(40);
      expect(Math.min(bottom, window.height) - Math.max(top, 0)).toBeGreaterThan(40);
    }),
  );
});

test('a point out of sight is brought in', () => {
  const view = { scale: 2, x: -500, y: 0 };
  const [x, y] = toScreen(showing(view, [100, 790], window), [100, 790]);
  expect([x, y]).toEqual([16, 784]);
  expect(showing(view, [400, 100], window)).toEqual(view);
});

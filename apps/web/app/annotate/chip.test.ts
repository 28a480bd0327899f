import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHIP_HEIGHT, chipOf } from './chip.ts';
import { toScreen } from './view.ts';

test('a name stays in the image and in the window, wherever its label lies', () => {
  const image = { width: 400, height: 300 };
  const window = { width: 800, height: 600 };
  fc.assert(
    fc.property(
      fc.record({
        x: fc.nat(390),
        y: fc.nat(290),
        scale: fc.double({ min: 1, max: 9, noNaN: true }),
        left: fc.nat(700),
        top: fc.nat(500),
      }),
      ({ x, y, scale, left, top }) => {
        const view = { scale, x: left - x * scale, y: top - y * scale };
        const label = {
          key: 'a',
          type: 'bbox',
          className: 'car',
          attributes: {},
          geometry: { box: [x, y, 10, 10] },
        } as const;
        const chip = chipOf({ ...label, geometry: { box: [x, y, 10, 10] } }, { view, image, window }, 40);
        const [imageLeft, imageTop] = toScreen(view, [0, 0]);
        const [imageRight, imageBottom] = toScreen(view, [image.width, image.height]);
        const hasRoom =
          Math.min(imageRight, window.width) - Math.max(imageLeft, 0) >= 40 &&
          Math.min(imageBottom, window.height) - Math.max(imageTop, 0) >= CHIP_HEIGHT;
        if (!chip || !hasRoom) return;
        expect(chip.x).toBeGreaterThanOrEqual(Math.max(imageLeft, 0));
        expect(chip.y).toBeGreaterThanOrEqual(Math.max(imageTop, 0));
        expect(chip.x + chip.width).toBeLessThanOrEqual(Math.min(imageRight, window.width) + 1e-9);
        expect(chip.y + CHIP_HEIGHT).toBeLessThanOrEqual(Math.min(imageBottom, window.height) + 1e-9);
      },
    ),
  );
});

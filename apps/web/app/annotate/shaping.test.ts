import fc from 'fast-check';
import { expect, test } from 'vitest';
import { handleAt, labelsAt } from './hit.ts';
import { contentOf, extentOf, type Label } from './label.ts';
import {
  boundedMove,
  boxBetween,
  cornersOfBox,
  moved,
  placeOf,
  reshaped,
  resizedBox,
  snapped,
  turned,
  withNextVisibility,
  withoutVertex,
} from './shaping.ts';
import { toScreen } from './view.ts';

const image = { width: 100, height: 80 };
const of = (shape: Pick<Label, 'type'> & { geometry: object }): Label => {
  const content = contentOf({ id: 1, className: 'car', attributes: {}, ...shape, geometry: { ...shape.geometry } });
  if (!content) throw new Error('no such shape');
  return { ...content, key: 'a' };
};
const bbox = (...box: number[]) => of({ type: 'bbox', geometry: { box } });
const polygon = of({
  type: 'polygon',
  geometry: { box: [10, 10, 20, 20], polygons: [[10, 10, 30, 10, 30, 30, 10, 30]] },
});

test('a box that is dragged past its other side turns over', () => {
  expect(resizedBox([10, 10, 20, 20], 'e', [5, 99])).toEqual([5, 10, 5, 20]);
  expect(resizedBox([10, 10, 20, 20], 'nw', [40, 50])).toEqual([30, 30, 10, 20]);
});

test('labels move no further together than the image reaches', () => {
  const labels = [bbox(10, 10, 20, 20), bbox(70, 5, 25, 10)];
  expect(boundedMove(labels, 50, -30, image)).toEqual([5, -5]);
  // What lies outside already may stay there, or come in.
  expect(boundedMove([bbox(-5, 0, 10, 10)], -10, 0, image)).toEqual([0, 0]);
  expect(boundedMove([bbox(-5, 0, 10, 10)], 7, 0, image)).toEqual([7, 0]);
});

test('every shape moves there and back to what it was', () => {
  const shapes = [
    bbox(10, 10, 20, 20),
    polygon,
    of({ type: 'obb', geometry: { corners: [10, 10, 30, 10, 30, 20, 10, 20] } }),
    of({ type: 'keypoints', geometry: { box: [10, 10, 20, 20], keypoints: [12, 12, 2, 0, 0, 0, 20, 20, 1] } }),
    of({ type: 'rle', geometry: { box: [1, 1, 2, 2], rle: { size: [80, 100], counts: [81, 2, 78, 2, 7837] } } }),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...shapes), fc.nat(40), fc.nat(40), (label, dx, dy) => {
      const there = moved(label, dx, dy);
      expect(extentOf(there)?.slice(0, 2)).toEqual([
        (extentOf(label)?.[0] ?? 0) + dx,
        (extentOf(label)?.[1] ?? 0) + dy,
      ]);
      expect(extentOf(moved(there, -dx, -dy))).toEqual(extentOf(label));
    }),
  );
});

test('points of a polygon move, come and go; three stay', () => {
  expect(reshaped(polygon, { kind: 'vertex', ring: 0, index: 1 }, [50, 5])).toMatchObject({
    geometry: { box: [10, 5, 40, 25], polygons: [[10, 10, 50, 5, 30, 30, 10, 30]] },
  });
  const more = reshaped(polygon, { kind: 'between', ring: 0, index: 3 }, [5, 20]);
  expect(more).toMatchObject({ geometry: { polygons: [[10, 10, 30, 10, 30, 30, 10, 30, 5, 20]] } });
  const three = withoutVertex(polygon, 0, 0);
  expect(three).toMatchObject({ geometry: { polygons: [[30, 10, 30, 30, 10, 30]] } });
  expect(withoutVertex(three, 0, 0)).toEqual(three);
});

test('an oriented box keeps its opposite side and its turn while it is resized, and its size while it is turned', () => {
  fc.assert(
    fc.property(fc.integer({ min: -170, max: 170 }), fc.integer({ min: 5, max: 40 }), (degrees, further) => {
      const label = of({ type: 'obb', geometry: { corners: turned(cornersOfBox([30, 30, 30, 10]), degrees) } });
      if (label.type !== 'obb') throw new Error('no oriented box');
      const { corners } = label.geometry;
      const place = placeOf(corners);
      expect(place.degrees).toBeCloseTo(degrees, 6);
      const [x2 = 0, y2 = 0, x3 = 0, y3 = 0] = corners.slice(2, 6);
      const radians = (degrees * Math.PI) / 180;
      const to = [(x2 + x3) / 2 + Math.cos(radians) * further, (y2 + y3) / 2 + Math.sin(radians) * further] as const;
      const wider = reshaped(label, { kind: 'side', side: 'e' }, to);
      if (wider.type !== 'obb') throw new Error('no oriented box');
      expect(placeOf(wider.geometry.corners)).toMatchObject({
        width: expect.closeTo(30 + further, 6),
        height: expect.closeTo(10, 6),
        degrees: expect.closeTo(degrees, 6),
      });
      for (const [i, value] of wider.geometry.corners.slice(6).entries())
        expect(value).toBeCloseTo(corners[6 + i] ?? 0, 6);
    }),
  );
});

test('key points go through seen, hidden and not there', () => {
  const label = of({ type: 'keypoints', geometry: { box: null, keypoints: [5, 5, 2] } });
  const once = withNextVisibility(label, 0);
  const twice = withNextVisibility(once, 0);
  expect(
    [once, twice, withNextVisibility(twice, 0)].map((one) => one.type === 'keypoints' && one.geometry.keypoints[2]),
  ).toEqual([1, 0, 2]);
});

test('near the edge is at the edge; elsewhere coordinates are whole', () => {
  expect(snapped([3, 40.4], image, 5)).toEqual([0, 40]);
  expect(snapped([97, 200], image, 5)).toEqual([100, 80]);
  expect(snapped([-4, 12.6], image, 0)).toEqual([0, 13]);
});

test('the smaller of two boxes in each other is hit, and a polygon only inside of it', () => {
  const labels = [bbox(40, 40, 10, 10), bbox(0, 0, 100, 80)].map((label, i) => ({ ...label, key: String(i) }));
  expect(labelsAt(labels, [45, 45], 0).map(({ key }) => key)).toEqual(['0', '1']);
  const triangle = of({ type: 'polygon', geometry: { polygons: [[0, 0, 40, 0, 0, 40]] } });
  expect(labelsAt([triangle], [5, 5], 0)).toHaveLength(1);
  expect(labelsAt([triangle], [35, 35], 1)).toHaveLength(0);
});

test('the corners of a box are its handles wherever it lies in the window', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 60, noNaN: true }), fc.integer(), (scale, x) => {
      const view = { scale, x, y: 7 };
      const label = bbox(10, 10, 60, 60);
      expect(handleAt(label, view, toScreen(view, [70, 10]), 6)).toEqual({ kind: 'side', side: 'ne' });
      expect(handleAt(label, view, toScreen(view, [40, 70]), 6)).toEqual({ kind: 'side', side: 's' });
      expect(handleAt(label, view, toScreen(view, [40, 40]), 6)).toBeNull();
    }),
  );
});

test('the box between two points does not ask which came first', () => {
  expect(boxBetween([5, 9], [1, 2])).toEqual([1, 2, 4, 7]);
});

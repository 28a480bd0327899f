import { expect, test } from 'vitest';
import { pngBytes, readAll } from '../../fixtures/read.ts';
import { writeAll } from '../../fixtures/write.ts';
import type { ImageRecord } from '../model.ts';

test('a mask becomes its outline with its hole in YOLO, and that is said', async () => {
  const rle = { size: [3, 3] as [number, number], counts: [0, 4, 1, 4] };
  const record: ImageRecord = {
    path: 'a.png',
    width: 3,
    height: 3,
    split: 'train',
    className: null,
    isLabeled: true,
    annotations: [{ type: 'rle', geometry: { box: [0, 0, 3, 3], rle }, classIndex: 0, attributes: {} }],
  };
  const classes = [{ name: 'ring', source: {} }];
  const model = {
    format: null,
    taskType: 'semantic_segmentation' as const,
    classes,
    source: {},
    images: new Map([['a.png', record]]),
  };
  const { files, losses } = await writeAll(model, new Map([['a.png', pngBytes(3, 3)]]), 'yolo');
  expect(losses.map(({ message }) => message)).toEqual(['masks become outlines, with their holes cut in']);
  const [shape] = (await readAll(files)).images.get('images/a.png')?.annotations ?? [];
  const ring = shape?.type === 'polygon' ? shape.geometry.polygons[0]?.map(Math.round) : null;
  expect(ring).toEqual([0, 0, 3, 0, 3, 3, 0, 3, 0, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 0, 1]);
});

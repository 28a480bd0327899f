import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { runsOf } from '../rle.ts';

const image = pngBytes(3, 2);
const mask = encode({ width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 255, 0, 0, 255, 255) });

test.each([
  ['MVTec AD', 'good', 'broken', '_mask'],
  ['BTAD', 'ok', 'ko', ''],
])('%s: the ground truth is a mask of the defect', async (_, good, defect, suffix) => {
  const read = await readAll({
    [`01/train/${good}/0.png`]: image,
    [`01/test/${good}/1.png`]: image,
    [`01/test/${defect}/2.png`]: image,
    [`01/test/${defect}/3.png`]: image,
    [`01/ground_truth/${defect}/2${suffix}.png`]: mask,
    [`01/ground_truth/${defect}/3${suffix}.png`]: pngBytes(3, 2),
  });
  expect(read).toMatchObject({
    format: 'mvtec',
    taskType: 'anomaly_detection',
    classNames: [good, defect],
    counts: { images: 4, annotations: 5 },
  });
  const [label, region] = read.images.get(`01/test/${defect}/2.png`)?.annotations ?? [];
  expect(label).toMatchObject({
    type: 'classification',
    classIndex: 1,
    attributes: { mask: `01/ground_truth/${defect}/2${suffix}.png` },
  });
  expect(region).toMatchObject({
    type: 'rle',
    classIndex: 1,
    geometry: { box: [1, 0, 2, 2] },
    attributes: { area: 3 },
  });
  expect(region?.type === 'rle' && runsOf(region.geometry.rle)).toEqual([2, 2, 1, 1]);
  expect(codes(read.report)).toEqual({ bad_annotation: 1 });
});

import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../fixtures/read.ts';

const image = pngBytes(200, 100);

describe('CVAT', () => {
  test('reads boxes, turned ones, polygons, tags and attributes', async () => {
    const read = await readAll({
      'images/a.png': image,
      'annotations.xml': `<?xml version="1.0"?><annotations><version>1.1</version>
        <meta><task><labels><label><name>dog</name><color>#f00</color></label><label><name>cat</name></label></labels></task></meta>
        <image id="0" name="a.png" subset="Validation" width="200" height="100">
          <box label="cat" occluded="1" xtl="10" ytl="20" xbr="40" ybr="60" z_order="0"><attribute name="age">3</attribute></box>
          <box label="cat" occluded="0" xtl="10" ytl="10" xbr="30" ybr="20" rotation="90"/>
          <polygon label="dog" points="1,2;3,4;5,1"/>
          <tag label="dog"/>
          <polyline label="dog" points="1,2;3,4"/>
        </image></annotations>`,
    });
    expect(read).toMatchObject({ format: 'cvat', taskType: 'instance_segmentation', classNames: ['dog', 'cat'] });
    expect(read.images.get('images/a.png')).toMatchObject({
      split: 'val',
      annotations: [
        {
          type: 'bbox',
          classIndex: 1,
          geometry: { box: [10, 20, 30, 40] },
          attributes: { occluded: 1, attributes: { age: '3' } },
        },
        { type: 'obb', geometry: { corners: [25, 5, 25, 25, 15, 25, 15, 5].map((value) => expect.closeTo(value, 9)) } },
        { type: 'polygon', geometry: { polygons: [[1, 2, 3, 4, 5, 1]] } },
        { type: 'classification', classIndex: 0 },
      ],
    });
    expect(codes(read.report)).toEqual({ unsupported_annotation: 1 });
  });

  test('places the boxes of a track on its frames', async () => {
    const read = await readAll({
      'frame_000000.png': image,
      'frame_000001.png': image,
      'annotations.xml': `<annotations><track id="7" label="car">
        <box frame="0" outside="0" xtl="1" ytl="2" xbr="3" ybr="4"/><box frame="1" outside="1" xtl="1" ytl="2" xbr="3" ybr="4"/>
        </track></annotations>`,
    });
    expect(read.images.get('frame_000000.png')?.annotations).toMatchObject([{ attributes: { track_id: '7' } }]);
    expect(read.images.get('frame_000001.png')?.annotations ?? []).toEqual([]);
  });
});

describe('LabelMe', () => {
  test('reads rectangles, polygons and flags, and passes the picture inside over', async () => {
    const shapes = [
      {
        label: 'cat',
        shape_type: 'rectangle',
        points: [
          [40, 60],
          [10, 20],
        ],
        group_id: 2,
        flags: {},
      },
      {
        label: 'dog',
        shape_type: 'polygon',
        points: [
          [1, 2],
          [3, 4],
          [5, 1],
        ],
      },
      {
        label: 'dog',
        shape_type: 'linestrip',
        points: [
          [1, 2],
          [3, 4],
        ],
      },
      { label: 'dog', shape_type: 'polygon', points: [[1, 2]] },
    ];
    const read = await readAll({
      'a.png': image,
      'a.json': JSON.stringify({
        version: '5.0',
        flags: { sharp: true, dark: false },
        imageData: 'A'.repeat(300_000),
        imagePath: '..\\somewhere\\a.png',
        imageWidth: 200,
        imageHeight: 100,
        shapes,
      }),
    });
    expect(read).toMatchObject({ format: 'labelme', classNames: ['cat', 'dog', 'sharp'] });
    expect(read.images.get('a.png')?.annotations).toMatchObject([
      { type: 'bbox', geometry: { box: [10, 20, 30, 40] }, attributes: { group_id: 2 } },
      { type: 'polygon', geometry: { polygons: [[1, 2, 3, 4, 5, 1]] } },
      { type: 'classification', classIndex: 2 },
    ]);
    expect(codes(read.report)).toEqual({ unsupported_annotation: 1, bad_box: 1 });
  });
});

describe('Label Studio', () => {
  test('reads rectangles, turned ones, polygons and choices from percentages', async () => {
    const base = { original_width: 200, original_height: 100 };
    const result = [
      {
        ...base,
        id: 'r1',
        type: 'rectanglelabels',
        value: { x: 5, y: 20, width: 15, height: 40, rotation: 0, rectanglelabels: ['cat'] },
      },
      {
        ...base,
        id: 'r2',
        type: 'rectanglelabels',
        value: { x: 50, y: 50, width: 10, height: 10, rotation: 90, rectanglelabels: ['cat'] },
      },
      {
        ...base,
        id: 'p1',
        type: 'polygonlabels',
        value: {
          points: [
            [1, 2],
            [3, 4],
            [5, 1],
          ],
          polygonlabels: ['dog'],
        },
      },
      { id: 'c1', type: 'choices', value: { choices: ['blurred'] } },
      { ...base, id: 'b1', type: 'vectorlabels', value: { vectorlabels: ['cat'] } },
    ];
    const read = await readAll({
      'images/1a2b3c4d-a.png': image,
      'export.json': JSON.stringify([
        { id: 1, data: { image: '/data/upload/3/1a2b3c4d-a.png' }, annotations: [{ id: 9, result }] },
      ]),
    });
    expect(read).toMatchObject({ format: 'label_studio', classNames: ['cat', 'dog', 'blurred'] });
    expect(read.images.get('images/1a2b3c4d-a.png')?.annotations).toMatchObject([
      { type: 'bbox', geometry: { box: [10, 20, 30, 40] } },
      {
        type: 'obb',
        geometry: { corners: [100, 50, 100, 70, 90, 70, 90, 50].map((value) => expect.closeTo(value, 9)) },
      },
      { type: 'polygon', geometry: { polygons: [[2, 2, 6, 4, 10, 1]] } },
      { type: 'classification', classIndex: 2 },
    ]);
    expect(codes(read.report)).toEqual({ unsupported_annotation: 1 });
  });
});

describe('MVTec', () => {
  test('is anomaly detection with masks beside the images', async () => {
    const read = await readAll({
      'bottle/train/good/000.png': image,
      'bottle/test/good/000.png': image,
      'bottle/test/broken/000.png': image,
      'bottle/ground_truth/broken/000_mask.png': encode({
        width: 200,
        height: 100,
        channels: 1,
        data: new Uint8Array(20_000),
      }),
      'bottle/readme.txt': 'MVTec AD',
    });
    expect(read).toMatchObject({
      format: 'mvtec',
      taskType: 'anomaly_detection',
      classNames: ['good', 'broken'],
      counts: { images: 3, annotations: 3 },
      splits: { train: 1, test: 2 },
    });
    expect(read.images.get('bottle/test/broken/000.png')?.annotations).toMatchObject([
      { classIndex: 1, attributes: { category: 'bottle', mask: 'bottle/ground_truth/broken/000_mask.png' } },
    ]);
    expect(codes(read.report)).toEqual({ unused_file: 1 });
  });
});

import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);
const lines = (...values: object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** What a dataset's images have on them: class, type and numbers. */
async function shapesIn(files: Record<string, string | Uint8Array>) {
  const read = await readAll(files);
  const shapes = Object.fromEntries(
    [...read.images].map(([path, { annotations }]) => [
      path,
      annotations.map(({ classIndex, type, geometry }) => [
        read.classNames[classIndex ?? -1],
        type,
        ...Object.values(geometry).filter((value) => value !== null),
      ]),
    ]),
  );
  return { read, shapes, format: read.format, codes: codes(read.report) };
}

describe('formats that are read', () => {
  test('BDD100K', async () => {
    const poly2d = [
      {
        vertices: [
          [1, 1],
          [9, 1],
          [9, 9],
        ],
        types: 'LLL',
        closed: true,
      },
    ];
    const labels = [
      { id: '0', category: 'car', box2d: { x1: 1, y1: 2, x2: 31, y2: 42 }, attributes: { occluded: true } },
      { id: '1', category: 'drivable area', poly2d },
      { id: '2', category: 'lane', poly2d: [{ ...poly2d[0], closed: false }] },
      { id: '3', category: 'car' },
    ];
    const { read, shapes, ...rest } = await shapesIn({
      'images/100k/train/a.jpg': image,
      'images/100k/val/b.jpg': image,
      'labels/det_train.json': JSON.stringify([{ name: 'a.jpg', attributes: { weather: 'clear' }, labels }]),
      'labels/det_val.json': JSON.stringify([{ name: 'b.jpg', labels: [labels[0]] }, { labels: [] }]),
    });
    expect(rest).toEqual({ format: 'bdd100k', codes: { unsupported_annotation: 1, bad_box: 1, bad_annotation: 1 } });
    expect(read.splits).toEqual({ train: 1, val: 1 });
    expect(shapes).toEqual({
      'images/100k/train/a.jpg': [
        ['car', 'bbox', [1, 2, 30, 40]],
        ['drivable area', 'polygon', [[1, 1, 9, 1, 9, 9]]],
      ],
      'images/100k/val/b.jpg': [['car', 'bbox', [1, 2, 30, 40]]],
    });
  });

  test('Cityscapes: cities of one file name, and the masks of the same polygons', async () => {
    const polygons = (label: string) =>
      JSON.stringify({
        imgHeight: 100,
        imgWidth: 200,
        objects: [
          {
            label,
            polygon: [
              [1, 1],
              [20, 1],
              [20, 20],
            ],
          },
          { label: 'sky', polygon: [] },
        ],
      });
    const { shapes, ...rest } = await shapesIn({
      'gtFine/train/ulm/x_0_gtFine_polygons.json': polygons('road'),
      'gtFine/train/ulm/x_0_gtFine_labelIds.png': image,
      'gtFine/val/bonn/x_0_gtFine_polygons.json': polygons('car'),
      'leftImg8bit/train/ulm/x_0_leftImg8bit.png': image,
      'leftImg8bit/val/bonn/x_0_leftImg8bit.png': image,
    });
    expect({ ...rest, read: null }).toEqual({ format: 'cityscapes', codes: { bad_box: 2 }, read: null });
    expect(shapes).toEqual({
      'leftImg8bit/train/ulm/x_0_leftImg8bit.png': [['road', 'polygon', [[1, 1, 20, 1, 20, 20]]]],
      'leftImg8bit/val/bonn/x_0_leftImg8bit.png': [['car', 'polygon', [[1, 1, 20, 1, 20, 20]]]],
    });
  });

  test('MOT: frames of several sequences, tracks, and boxes that do not count', async () => {
    const { read, shapes, ...rest } = await shapesIn({
      'train/S1/img1/000001.jpg': image,
      'train/S1/img1/000002.jpg': image,
      'train/S1/gt/gt.txt': '1,7,10,20,30,40,1,1,0.5\n2,7,12,20,30,40,0,3,1.0\nx\n',
      'train/S2/img1/000001.jpg': image,
      'train/S2/gt/gt.txt': '1,1,1,2,3,4,1,1,1.0\n',
    });
    expect(rest).toEqual({ format: 'mot', codes: { bad_label_line: 1 } });
    expect(shapes).toEqual({
      'train/S1/img1/000001.jpg': [['pedestrian', 'bbox', [10, 20, 30, 40]]],
      'train/S1/img1/000002.jpg': [['car', 'bbox', [12, 20, 30, 40]]],
      'train/S2/img1/000001.jpg': [['pedestrian', 'bbox', [1, 2, 3, 4]]],
    });
    expect(read.images.get('train/S1/img1/000002.jpg')?.annotations).toMatchObject([
      { attributes: { track_id: 7, ignore: 1 } },
    ]);
  });

  test('SageMaker Ground Truth', async () => {
    const boxes = {
      image_size: [{ width: 200, height: 100 }],
      annotations: [{ class_id: 0, top: 2, left: 1, height: 40, width: 30 }, { class_id: 0 }],
    };
    const { shapes, ...rest } = await shapesIn({
      'a.jpg': image,
      'b.jpg': image,
      'output.manifest': lines(
        {
          'source-ref': 's3://b/x/a.jpg',
          boxes,
          'boxes-metadata': { 'class-map': { 0: 'cat' }, objects: [{ confidence: 0.9 }] },
        },
        { 'source-ref': 's3://b/x/b.jpg', kind: 1, 'kind-metadata': { 'class-name': 'dog' } },
      ),
    });
    expect({ ...rest, read: null }).toEqual({ format: 'sagemaker', codes: { bad_box: 1 }, read: null });
    expect(shapes).toEqual({ 'a.jpg': [['cat', 'bbox', [1, 2, 30, 40]]], 'b.jpg': [['dog', 'classification']] });
  });

  test('Supervisely', async () => {
    const object = (classTitle: string, geometryType: string, exterior: number[][], interior: unknown[] = []) => ({
      classTitle,
      geometryType,
      tags: [],
      points: { exterior, interior },
    });
    const { shapes, ...rest } = await shapesIn({
      'ds/img/a.jpg': image,
      'ds/ann/a.jpg.json': JSON.stringify({
        size: { width: 200, height: 100 },
        tags: [{ name: 'night' }],
        objects: [
          object('car', 'rectangle', [
            [40, 60],
            [10, 20],
          ]),
          object('road', 'polygon', [
            [1, 1],
            [9, 1],
            [9, 9],
          ]),
          object(
            'lake',
            'polygon',
            [
              [1, 1],
              [9, 1],
              [9, 9],
            ],
            [[[2, 2]]],
          ),
          object('tree', 'bitmap', []),
        ],
      }),
    });
    expect({ ...rest, read: null }).toEqual({
      format: 'supervisely',
      codes: { unsupported_annotation: 2 },
      read: null,
    });
    expect(shapes).toEqual({
      'ds/img/a.jpg': [
        ['car', 'bbox', [10, 20, 30, 40]],
        ['road', 'polygon', [[1, 1, 9, 1, 9, 9]]],
        ['night', 'classification'],
      ],
    });
  });

  test('V7 Darwin', async () => {
    const paths = [
      [
        { x: 1, y: 1 },
        { x: 9, y: 1 },
        { x: 9, y: 9 },
      ],
    ];
    const { shapes, ...rest } = await shapesIn({
      'images/a.jpg': image,
      'releases/a.json': JSON.stringify({
        version: '2.0',
        schema_ref: 'https://darwin-public.s3.amazonaws.com/darwin_json/2.0/schema.json',
        item: { name: 'a.jpg', slots: [{ width: 200, height: 100 }] },
        annotations: [
          { name: 'cat', bounding_box: { x: 1, y: 1, w: 8, h: 8 }, polygon: { paths } },
          { name: 'dog', bounding_box: { x: 1, y: 2, w: 3, h: 4 } },
          { name: 'sharp', tag: {} },
          { name: 'way', line: { path: [] } },
        ],
      }),
    });
    expect({ ...rest, read: null }).toEqual({ format: 'darwin', codes: { unsupported_annotation: 1 }, read: null });
    expect(shapes).toEqual({
      'images/a.jpg': [
        ['cat', 'polygon', [[1, 1, 9, 1, 9, 9]]],
        ['dog', 'bbox', [1, 2, 3, 4]],
        ['sharp', 'classification'],
      ],
    });
  });

  test('VisDrone', async () => {
    const { shapes, ...rest } = await shapesIn({
      'VisDrone2019-DET-train/images/a.jpg': image,
      'VisDrone2019-DET-train/images/b.jpg': image,
      'VisDrone2019-DET-train/annotations/a.txt': '10,20,30,40,1,4,0,1\r\n1,2,3,4,0,0,0,0,\r\nbad\r\n',
      'VisDrone2019-DET-train/annotations/b.txt': '',
    });
    expect({ ...rest, read: null }).toEqual({ format: 'visdrone', codes: { bad_label_line: 1 }, read: null });
    expect(shapes).toEqual({
      'VisDrone2019-DET-train/images/a.jpg': [
        ['car', 'bbox', [10, 20, 30, 40]],
        ['ignored regions', 'bbox', [1, 2, 3, 4]],
      ],
      'VisDrone2019-DET-train/images/b.jpg': [],
    });
  });

  test('Ultralytics NDJSON', async () => {
    const { read, shapes, ...rest } = await shapesIn({
      'a.jpg': image,
      'b.jpg': image,
      'ds.ndjson': lines(
        { type: 'dataset', task: 'detect', class_names: { 0: 'cat', 1: 'dog' } },
        {
          type: 'image',
          file: 'a.jpg',
          split: 'val',
          width: 200,
          height: 100,
          annotations: { boxes: [[1, 0.5, 0.5, 0.1, 0.2], [0]] },
        },
        { type: 'image', file: 'b.jpg', split: 'train', annotations: { segments: [[0, 0, 0, 0.5, 0, 0.5, 0.5]] } },
      ),
    });
    expect(rest).toEqual({ format: 'ultralytics_ndjson', codes: { bad_annotation: 1 } });
    expect(read.splits).toEqual({ val: 1, train: 1 });
    expect(shapes).toEqual({
      'a.jpg': [['dog', 'bbox', [90, 40, 20, 20]]],
      'b.jpg': [['cat', 'polygon', [[0, 0, 100, 0, 100, 50]]]],
    });
  });

  test('CrowdHuman', async () => {
    const { read, shapes, ...rest } = await shapesIn({
      'Images/1,a.jpg': image,
      'annotation_train.odgt': lines({
        ID: '1,a',
        gtboxes: [
          { tag: 'person', fbox: [1, 2, 30, 40], vbox: [1, 2, 10, 10], hbox: [3, 3, 5, 5] },
          { tag: 'mask', fbox: [5, 6, 7, 8] },
          { tag: 'person' },
        ],
      }),
    });
    expect(rest).toEqual({ format: 'crowdhuman', codes: { bad_box: 1 } });
    expect(shapes).toEqual({
      'Images/1,a.jpg': [
        ['person', 'bbox', [1, 2, 30, 40]],
        ['mask', 'bbox', [5, 6, 7, 8]],
      ],
    });
    expect(read.images.get('Images/1,a.jpg')?.annotations[1]?.attributes).toEqual({ ignore: 1 });
  });

  test('Labelbox', async () => {
    const objects = [
      { name: 'cat', feature_id: 'f', bounding_box: { top: 2, left: 1, height: 40, width: 30 } },
      {
        name: 'dog',
        polygon: [
          { x: 1, y: 1 },
          { x: 9, y: 1 },
          { x: 9, y: 9 },
        ],
      },
      { name: 'sea', annotation_kind: 'ImageSegmentationMask', mask: { url: 'https://x' } },
    ];
    const classifications = [{ name: 'light', radio_answer: { name: 'night' } }];
    const { shapes, ...rest } = await shapesIn({
      'a.jpg': image,
      'export.ndjson': lines({
        data_row: { id: 'x', external_id: 'a.jpg', row_data: 'https://s/x.jpg' },
        media_attributes: { width: 200, height: 100 },
        projects: { p: { labels: [{ annotations: { objects, classifications } }] } },
      }),
    });
    expect({ ...rest, read: null }).toEqual({ format: 'labelbox', codes: { unsupported_annotation: 1 }, read: null });
    expect(shapes).toEqual({
      'a.jpg': [
        ['cat', 'bbox', [1, 2, 30, 40]],
        ['dog', 'polygon', [[1, 1, 9, 1, 9, 9]]],
        ['night', 'classification'],
      ],
    });
  });

  test('VoTT', async () => {
    const boundingBox = { left: 1, top: 2, width: 30, height: 40 };
    const { shapes, ...rest } = await shapesIn({
      'a.jpg': image,
      'vott/0f-asset.json': JSON.stringify({
        asset: { name: 'a.jpg', size: { width: 200, height: 100 } },
        regions: [
          { type: 'RECTANGLE', tags: ['cat'], boundingBox, points: [] },
          {
            type: 'POLYGON',
            tags: ['dog'],
            boundingBox,
            points: [
              { x: 1, y: 1 },
              { x: 9, y: 1 },
              { x: 9, y: 9 },
            ],
          },
          { type: 'RECTANGLE', tags: [], boundingBox },
        ],
      }),
    });
    expect({ ...rest, read: null }).toEqual({ format: 'vott', codes: { bad_annotation: 1 }, read: null });
    expect(shapes).toEqual({
      'a.jpg': [
        ['cat', 'bbox', [1, 2, 30, 40]],
        ['dog', 'polygon', [[1, 1, 9, 1, 9, 9]]],
      ],
    });
  });
});

test.each([60, 600, 5200])(
  '%i label files are all read',
  async (count) => {
    const files: Record<string, string | Uint8Array> = {};
    for (let i = 0; i < count; i++) {
      files[`images/${i}.jpg`] = image;
      files[`labelTxt/${i}.txt`] = '1 1 9 1 9 9 1 9 ship 0\n';
    }
    expect((await readAll(files)).counts).toMatchObject({ images: count, annotations: count });
  },
  60_000,
);

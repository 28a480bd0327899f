import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { contentOf, differenceOf, writeAll } from '../../fixtures/write.ts';
import type { ImageRecord } from '../model.ts';

const image = pngBytes(200, 100);
const region = (shape_attributes: object, region_attributes: object = { label: 'cat' }) => ({
  shape_attributes,
  region_attributes,
});
const entry = (filename: string, regions: unknown) => ({ filename, size: 1234, regions, file_attributes: {} });
const polygon = { name: 'polygon', all_points_x: [1, 20, 20], all_points_y: [1, 1, 20] };

describe('VIA', () => {
  test('regions of JSON, as a list or as an object, with classes in several ways', async () => {
    const read = await readAll({
      'train/a.jpg': image,
      'train/b.jpg': image,
      'val/c.jpg': image,
      'train/via_region_data.json': JSON.stringify({
        'a.jpg1234': entry('a.jpg', [
          region(polygon),
          region({ name: 'rect', x: 5, y: 6, width: 7, height: 8 }, { type: { dog: true, cat: false }, note: 'old' }),
          region({ name: 'circle', cx: 50, cy: 50, r: 10 }),
          region({ name: 'polyline', all_points_x: [1, 2], all_points_y: [1, 2] }),
          region({ name: 'polygon', all_points_x: [1], all_points_y: [1] }),
        ]),
        'b.jpg1234': entry('b.jpg', {}),
      }),
      'val/via_region_data.json': JSON.stringify({ x: entry('c.jpg', { 0: region({ name: 'point', cx: 3, cy: 4 }) }) }),
    });
    expect(read).toMatchObject({ format: 'via', classNames: ['cat', 'dog'], splits: { train: 2, val: 1 } });
    const [first, second, third, ...more] = read.images.get('train/a.jpg')?.annotations ?? [];
    expect(first).toMatchObject({ type: 'polygon', classIndex: 0, geometry: { polygons: [[1, 1, 20, 1, 20, 20]] } });
    expect(second).toMatchObject({
      type: 'bbox',
      classIndex: 1,
      geometry: { box: [5, 6, 7, 8] },
      attributes: { note: 'old' },
    });
    expect(third).toMatchObject({ type: 'polygon', attributes: { shape: { name: 'circle', r: 10 } } });
    expect(third?.type === 'polygon' && third.geometry.polygons[0]?.slice(0, 2)).toEqual([60, 50]);
    expect(more).toEqual([]);
    expect(read.images.get('train/b.jpg')).toMatchObject({ isLabeled: true, annotations: [] });
    expect(read.images.get('val/c.jpg')?.annotations).toMatchObject([{ geometry: { keypoints: [3, 4, 2] } }]);
    expect(codes(read.report)).toEqual({ unsupported_annotation: 1, bad_box: 1 });
  });

  test('projects and CSV say the same', async () => {
    const project = {
      _via_settings: { ui: {} },
      _via_img_metadata: { k: entry('a.jpg', [region(polygon)]) },
      _via_attributes: {},
    };
    const quoted = (value: object) => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
    const table = `filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes
a.jpg,1234,"{}",1,0,${quoted(polygon)},${quoted({ label: 'cat' })}
`;
    const files: Record<string, string>[] = [
      { 'via_project.json': JSON.stringify(project) },
      { 'via_export_csv.csv': table },
    ];
    for (const file of files) {
      const read = await readAll({ 'a.jpg': image, ...file });
      expect(read.format).toBe('via');
      expect(read.images.get('a.jpg')?.annotations).toMatchObject([
        { geometry: { polygons: [[1, 1, 20, 1, 20, 20]] } },
      ]);
      expect(codes(read.report)).toEqual({});
    }
  });

  test('what it read comes back, circles and the attribute of the class', async () => {
    const files = new Map([
      ['a.jpg', image],
      [
        'via.json',
        new TextEncoder().encode(
          JSON.stringify({ k: entry('a.jpg', [region({ name: 'circle', cx: 50, cy: 50, r: 10 }, { kind: 'wheel' })]) }),
        ),
      ],
    ]);
    const read = await readAll(files);
    const written = await writeAll(read, files, 'via');
    expect(written.losses).toEqual([]);
    expect(new TextDecoder().decode(written.files.get('via.json'))).toContain(
      '"shape_attributes":{"name":"circle","cx":50,"cy":50,"r":10},"region_attributes":{"kind":"wheel"}',
    );
    expect(differenceOf(contentOf(read), contentOf(await readAll(written.files)))).toBeNull();
  });

  test('a mask becomes its outline with its holes, and that is said', async () => {
    const record: ImageRecord = {
      path: 'a.jpg',
      width: 3,
      height: 3,
      split: null,
      className: null,
      isLabeled: true,
      annotations: [
        {
          type: 'rle',
          geometry: { box: null, rle: { size: [3, 3], counts: [0, 4, 1, 4] } },
          classIndex: 0,
          attributes: {},
        },
      ],
    };
    const model = {
      format: null,
      taskType: null,
      classes: [{ name: 'c', source: {} }],
      source: {},
      images: new Map([['a.jpg', record]]),
    };
    const { files, losses } = await writeAll(model, new Map([['a.jpg', pngBytes(3, 3)]]), 'via');
    expect(losses.map(({ message }) => message)).toEqual(['masks become outlines, with their holes cut in']);
    expect((await readAll(files)).images.get('a.jpg')?.annotations).toMatchObject([
      { geometry: { polygons: [[0, 0, 3, 0, 3, 3, 0, 3, 0, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 0, 1]] } },
    ]);
  });
});

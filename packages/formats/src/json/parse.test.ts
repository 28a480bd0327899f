import { describe, expect, test } from 'vitest';
import { pngBytes, readAll } from '../../fixtures/read.ts';
import { writeAll } from '../../fixtures/write.ts';
import type { Format, ImageRecord, Report } from '../index.ts';
import { isTooDeep } from './parse.ts';

const image = pngBytes(100, 80);
const record: ImageRecord = {
  path: 'images/a.png',
  width: 100,
  height: 80,
  split: 'train',
  className: null,
  isLabeled: true,
  annotations: [
    { type: 'bbox', geometry: { box: [1, 2, 30, 40] }, classIndex: 0, attributes: {} },
    { type: 'polygon', geometry: { box: null, polygons: [[1, 1, 20, 1, 20, 20]] }, classIndex: 0, attributes: {} },
  ],
};
const model = {
  format: null,
  taskType: 'object_detection' as const,
  classes: [{ name: 'cat', source: {} }],
  source: {},
  images: new Map([['images/a.png', record]]),
};

const deep = `"deep":${'{"a":['.repeat(2500)}1${']}'.repeat(2500)}`;

/** The text with what is too deep in each of its objects in turn. */
function* withDeepMembers(text: string): Generator<string> {
  for (const { index } of text.matchAll(/\{/g)) {
    const rest = text.slice(index + 1);
    yield `${text.slice(0, index + 1)}${deep}${/^\s*\}/.test(rest) ? '' : ','}${rest}`;
  }
}

const found = (report: Report): number => report.issues.reduce((sum, { count }) => sum + count, 0);

describe('what is nested too deeply is a finding, wherever it stands', () => {
  test.each<Format>(['coco', 'dice', 'createml', 'via', 'datumaro', 'labelme', 'label_studio', 'hf_metadata'])(
    '%s',
    async (format) => {
      const { files } = await writeAll(model, new Map([['images/a.png', image]]), format);
      const json = [...files].filter(([path]) => /\.jsonl?$/.test(path));
      expect(json).not.toEqual([]);
      const sound = found((await readAll(files, { formatHint: format })).report);
      for (const [path, bytes] of json) {
        for (const text of withDeepMembers(new TextDecoder().decode(bytes))) {
          const changed = new Map([...files, [path, new TextEncoder().encode(text)]]);
          const { report, images, classes, source } = await readAll(changed, { formatHint: format });
          expect(found(report)).toBeGreaterThan(sound);
          expect([...images.values(), classes, source].filter(isTooDeep)).toEqual([]);
        }
      }
    },
  );

  test('the rest of a COCO file is read', async () => {
    const coco = `{"info":{${deep}},"images":[{"id":1,"file_name":"a.png"}],"categories":[{"id":1,"name":"cat"}],
      "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,5,5]}]}`;
    const { report, counts } = await readAll({ 'a.png': image, 'a.json': coco });
    expect(counts.annotations).toBe(1);
    expect(report.issues).toMatchObject([
      { code: 'not_lossless', count: 1, examples: [{ path: 'a.json', detail: expect.stringContaining('info') }] },
    ]);
  });
});

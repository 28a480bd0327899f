import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { writeAll } from '../../fixtures/write.ts';

const image = pngBytes(100, 50);

describe('Hugging Face metadata', () => {
  test('reads labels of a CSV per split', async () => {
    const read = await readAll({
      'train/a.png': image,
      'train/b.png': image,
      'test/a.png': image,
      'train/metadata.csv': 'file_name,label\r\na.png,cat\r\nb.png,dog\r\n',
      'test/metadata.csv': 'file_name,label\r\na.png,dog\r\n',
    });
    expect(read).toMatchObject({
      format: 'hf_metadata',
      taskType: 'image_classification',
      classNames: ['dog', 'cat'],
      splits: { train: 2, test: 1 },
      counts: { annotations: 3 },
    });
    expect(read.images.get('test/a.png')?.annotations).toMatchObject([{ classIndex: 0 }]);
    expect(read.images.get('train/a.png')?.annotations).toMatchObject([{ classIndex: 1 }]);
  });

  test('reads captions, objects as lists or as a list, and names the rows it cannot read', async () => {
    const rows = [
      { file_name: 'sub/a.png', text: 'a cat', objects: { bbox: [[1, 2, 30, 40]], categories: ['cat'], area: [1200] } },
      { file_name: 'b.png', objects: [{ bbox: [5, 6, 7, 8], category: 3 }, { bbox: [1, 2, 3] }], license: 'mit' },
    ].map((row) => JSON.stringify(row));
    const read = await readAll({
      'sub/a.png': image,
      'b.png': image,
      'metadata.jsonl': `${rows.join('\n')}\nnot json\n{"x": 1}\n`,
    });
    expect(read).toMatchObject({
      format: 'hf_metadata',
      taskType: 'object_detection',
      classNames: ['cat', '3'],
    });
    expect(read.images.get('sub/a.png')?.annotations).toMatchObject([
      { type: 'caption', geometry: { caption: 'a cat' } },
      { type: 'bbox', geometry: { box: [1, 2, 30, 40] }, attributes: { area: 1200 } },
    ]);
    expect(read.images.get('b.png')).toMatchObject({
      annotations: [{ type: 'bbox', geometry: { box: [5, 6, 7, 8] } }],
      source: { others: { license: 'mit' } },
    });
    expect(codes(read.report)).toEqual({ bad_box: 1, bad_annotation: 2 });
  });

  test('what it read comes back, with the columns that it does not know', async () => {
    const row = { file_name: 'a.png', label: 'cat', license: 'mit' };
    const files = new Map([
      ['train/a.png', image],
      ['train/metadata.jsonl', new TextEncoder().encode(`${JSON.stringify(row)}\n`)],
    ]);
    const written = await writeAll(await readAll(files), files, 'hf_metadata');
    expect(JSON.parse(new TextDecoder().decode(written.files.get('train/metadata.jsonl')))).toEqual(row);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';
import { exampleOf, recordsFile, type Values } from '../../fixtures/tfrecord.ts';
import { maskedCrc32c } from './crc32c.ts';
import { isRecordsPath, membersOf } from './members.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpack(path: string, bytes: Uint8Array, size = 1 << 20): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const member of membersOf(path, inPieces(bytes, size))) files.set(member.path, member.bytes);
  return files;
}

const box = (x: number, y: number, right: number, bottom: number): Record<string, Values> => ({
  'image/object/bbox/xmin': [x],
  'image/object/bbox/ymin': [y],
  'image/object/bbox/xmax': [right],
  'image/object/bbox/ymax': [bottom],
});

const detection = (name: string, label: string): Record<string, Values> => ({
  'image/encoded': [pngBytes(200, 100)],
  'image/filename': [name],
  'image/format': ['png'],
  'image/width': [200],
  'image/height': [100],
  'image/object/class/text': [label],
  'image/object/class/label': [1],
  'image/object/is_crowd': [1],
  ...box(0.25, 0.5, 0.5, 0.75),
});

test('the checksum is CRC-32C, masked', () => {
  // RFC 3720, B.4: 32 bytes of zeros have 8a9136aa; 123456789 has e3069283.
  const masked = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  expect(maskedCrc32c(new Uint8Array(32))).toBe(masked(0x8a9136aa));
  expect(maskedCrc32c(new TextEncoder().encode('123456789'))).toBe(masked(0xe3069283));
});

test('files of records are known by their names', () => {
  const names = ['a.tfrecord', 'x/train.tfrecords', 'coco_train.record-00000-of-00100', 'a-00000-of-00002.tfrecord'];
  expect(names.map(isRecordsPath)).toEqual([true, true, true, true]);
  expect(['tfrecord', 'a.record.txt', 'a.json'].map(isRecordsPath)).toEqual([false, false, false]);
});

describe('records of images', () => {
  test('become images with a label file beside each, and are read', async () => {
    const bytes = recordsFile([
      exampleOf(detection('a.png', 'cat')),
      exampleOf({ ...detection('b.png', ''), 'image/object/class/label': [2] }),
      exampleOf({ 'image/encoded': [pngBytes(10, 10)], 'image/object/bbox/xmin': [] }),
      exampleOf({ 'image/encoded': [pngBytes(10, 10)], 'image/filename': ['a.png'] }),
    ]);
    const files = await unpack('train/pets.tfrecord', bytes, 7);
    files.set(
      'train/pets_label_map.pbtxt',
      new TextEncoder().encode(`item {\n id: 1\n name: 'cat'\n}\nitem { name: "dog" id: 2 }`),
    );
    expect([...files.keys()]).toEqual([
      'train/pets/a.png',
      'train/pets/a.json',
      'train/pets/b.png',
      'train/pets/b.json',
      'train/pets/000002.png',
      'train/pets/000002.json',
      'train/pets/a-000003.png',
      'train/pets/a-000003.json',
      'train/pets_label_map.pbtxt',
    ]);
    const read = await readAll(files);
    expect(read).toMatchObject({
      format: 'tfrecord',
      taskType: 'object_detection',
      classNames: ['cat', 'dog'],
      counts: { images: 4, annotations: 2 },
      splits: { train: 4 },
    });
    expect(read.images.get('train/pets/a.png')?.annotations).toMatchObject([
      { type: 'bbox', geometry: { box: [50, 50, 50, 25] }, attributes: { iscrowd: 1 } },
    ]);
    // One has a list of boxes with none in it, the other says nothing of objects.
    expect(read.images.get('train/pets/000002.png')).toMatchObject({ isLabeled: true, annotations: [] });
    expect(read.images.get('train/pets/a-000003.png')).toMatchObject({ isLabeled: false });
    expect(codes(read.report)).toEqual({ image_without_labels: 1 });
  });

  test('classes, captions and masks, and what TensorFlow\u2019s catalogue calls its features', async () => {
    const classified = await readAll(
      await unpack(
        'flowers-train.tfrecord-00000-of-00001',
        recordsFile([
          exampleOf({ image: [pngBytes(8, 8)], label: [3], 'image/filename': ['x.png'] }),
          exampleOf({ 'image/encoded': [pngBytes(8, 8)], 'image/class/text': ['rose'], 'image/caption': ['a rose'] }),
        ]),
      ),
    );
    expect(classified).toMatchObject({
      format: 'tfrecord',
      classNames: ['rose', 'class_3'],
      counts: { annotations: 3 },
    });
    const found = await readAll(
      await unpack(
        'voc.tfrecord',
        recordsFile([
          exampleOf({ image: [pngBytes(200, 100)], 'objects/bbox': [0.5, 0.25, 0.75, 0.5], 'objects/label': [7] }),
        ]),
      ),
    );
    expect(found.images.get('voc/000000.png')?.annotations).toMatchObject([{ geometry: { box: [50, 50, 50, 25] } }]);
  });

  test('what is damaged is told, whatever byte it is, and what came before is there', async () => {
    const records = ['a.png', 'b.png'].map((name) => exampleOf(detection(name, 'cat')));
    const bytes = recordsFile(records);
    const firstBytes = recordsFile(records.slice(0, 1)).length;
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = new Uint8Array(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        if (at < firstBytes) {
          await expect(unpack('a.tfrecord', damaged)).rejects.toThrow(/record 0 /);
          return;
        }
        const read = await readAll(await unpack('a.tfrecord', damaged));
        expect(read.counts).toMatchObject({ images: 1, annotations: 1 });
        expect(codes(read.report)).toEqual({ annotation_file_unreadable: 1 });
      }),
      { numRuns: 200 },
    );
  });

  test('a box that is none, and values that do not fit, are told', async () => {
    const read = await readAll(
      await unpack(
        'a.tfrecord',
        recordsFile([
          exampleOf({ ...detection('a.png', 'cat'), ...box(0.5, 0.5, 0.25, 0.75), 'image/object/keypoint/x': [1, 2] }),
        ]),
      ),
    );
    expect(codes(read.report)).toEqual({ labels_lost: 1, bad_box: 1, not_lossless: 1 });
  });

  test('records of something else are left alone', async () => {
    await expect(unpack('a.tfrecord', recordsFile([exampleOf({ text: ['hello'] })]))).rejects.toThrow(/something else/);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FilesystemStore, keys, readStream } from '@granary/storage';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleOf, recordsFile } from '../../formats/fixtures/tfrecord.ts';
import { SMALL_BYTES } from './entry.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { openUpload, type UploadedFile } from './open.ts';

let folder: string;
let store: FilesystemStore;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-records-'));
  store = new FilesystemStore(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function tarOf(files: Record<string, Buffer>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return readStream(Readable.from(tar));
}

async function entriesOf(
  bytes: Buffer,
  { from = 0, limits = DEFAULT_LIMITS, ...more }: { from?: number; limits?: Limits } & Partial<UploadedFile> = {},
) {
  const id = crypto.randomUUID();
  await store.put(keys.upload(id), bytes);
  const upload: UploadedFile = {
    id,
    filename: 'data.tar',
    relativePath: null,
    kind: 'archive',
    sizeBytes: bytes.length,
    ...more,
  };
  const found: { index: number; name: string; size: number; text: string }[] = [];
  for await (const { index, name, load, open } of (await openUpload(store, upload, limits)).entries(from)) {
    const content = load ? await load() : open ? await readStream(await open()) : Buffer.alloc(0);
    found.push({ index, name, size: content.length, text: content.toString('latin1', 0, 500) });
  }
  return found;
}

const example = (name: string, size: number) =>
  exampleOf({ 'image/encoded': [Buffer.alloc(size, 7)], 'image/filename': [name], 'image/class/label': [1] });
const records = recordsFile([example('a.jpg', 10), example('b.jpg', SMALL_BYTES)]);
const large = Buffer.alloc(SMALL_BYTES + 1, 1);

test('records are unpacked among other entries, and gone on with from any of them', async () => {
  const tar = await tarOf({
    'first.txt': Buffer.from('1'),
    'train.tfrecord': records,
    'other.tfrecord': large,
    'big.bin': large,
    'last.txt': Buffer.from('2'),
  });
  const all = await entriesOf(tar);
  expect(all.map(({ index, name, size }) => [index, name, size])).toEqual([
    [0, 'first.txt', 1],
    [1, 'train/a.jpg', 10],
    [2, 'train/a.json', expect.any(Number)],
    [3, 'train/b.jpg', SMALL_BYTES],
    [4, 'train/b.json', expect.any(Number)],
    [5, 'other.tfrecord', large.length],
    [6, 'big.bin', large.length],
    [7, 'last.txt', 1],
  ]);
  for (let from = 1; from <= all.length; from++) expect(await entriesOf(tar, { from })).toEqual(all.slice(from));
});

test('behind a damaged record of a tar the next entry is found', async () => {
  const damaged = Buffer.from(records);
  damaged[150] = 255 - (damaged[150] ?? 0);
  const behind = Buffer.concat([damaged, large]);
  const tar = await tarOf({ 'train.tfrecord': behind, 'last.txt': Buffer.from('2') });
  const found = await entriesOf(tar);
  expect(found.map(({ name }) => name)).toEqual(['train/a.jpg', 'train/a.json', 'train/record-1.json', 'last.txt']);
});

test('a file of records by itself is unpacked, also when its end is missing', async () => {
  const alone = { kind: 'file', filename: 'a.record-00000-of-00001' } as const;
  const names = (found: { name: string }[]) => found.map(({ name }) => name);
  expect(names(await entriesOf(records, alone))).toEqual([
    'a/00000-of-00001/a.jpg',
    'a/00000-of-00001/a.json',
    'a/00000-of-00001/b.jpg',
    'a/00000-of-00001/b.json',
  ]);
  const cut = await entriesOf(records.subarray(0, -1), alone);
  expect(names(cut).at(-1)).toBe('a/00000-of-00001/record-1.json');
  expect(cut.at(-1)?.text).toContain('record 1 is cut off');
  const other = await entriesOf(Buffer.from('no records'), alone);
  expect(other).toMatchObject([{ name: 'a.record-00000-of-00001', text: 'no records' }]);
});

test('more members than may be are refused', async () => {
  const limits = { ...DEFAULT_LIMITS, maxEntries: 3 };
  await expect(entriesOf(records, { kind: 'file', filename: 'a.tfrecord', limits })).rejects.toThrow(/3 entries/);
});

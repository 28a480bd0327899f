import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { FilesystemStore, keys, readStream } from '@granary/storage';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Entry, SMALL_BYTES } from './entry.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { openStoredZip, openUpload, type UploadedFile } from './open.ts';
import { writeZip, type ZipItem } from './zip-writer.ts';

let folder: string;
let store: FilesystemStore;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-archives-'));
  store = new FilesystemStore(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an upload holds: names, types, contents; special entries by what they are. */
async function read(bytes: Buffer, more: Partial<UploadedFile> = {}, limits: Limits = DEFAULT_LIMITS, from = 0) {
  const id = crypto.randomUUID();
  await store.put(keys.upload(id), bytes);
  const upload: UploadedFile = {
    id,
    filename: 'data.zip',
    relativePath: null,
    kind: 'archive',
    sizeBytes: bytes.length,
    ...more,
  };
  const archive = await openUpload(store, upload, limits);
  const found: { index: number; name: string; type: string; content: string }[] = [];
  for await (const entry of archive.entries(from)) found.push(await seen(entry));
  return { found, position: archive.position() };
}

async function seen(entry: Entry) {
  const { index, name, type } = entry;
  const content = entry.load ? await entry.load() : entry.open ? await readStream(await entry.open()) : Buffer.alloc(0);
  const text = content.length > 100 ? `${content.length} bytes, CRC ${crc32(content)}` : content.toString();
  return { index, name, type: typeof type === 'string' ? type : type.special, content: text };
}

async function zipped(items: readonly (Omit<ZipItem, 'content'> & { content: Buffer })[]): Promise<Buffer> {
  const all = async function* () {
    for (const { content, ...item } of items)
      yield {
        ...item,
        content: (async function* () {
          yield content;
        })(),
      };
  };
  const chunks: Buffer[] = [];
  for await (const chunk of writeZip(all())) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Raw {
  name: string;
  content?: string;
  method?: number;
  flags?: number;
  mode?: number;
  crc?: number;
  size?: number;
  /** Where the directory says that the entry begins. */
  offset?: number;
}

/** A zip that says whatever it is told to say. */
function rawZip(entries: readonly Raw[], claimed = entries.length): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content = 'hello', method = 8, flags = 0, mode = 0o100644, ...said } of entries) {
    const bytes = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(said.crc ?? crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(said.size ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(said.offset ?? at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fields, rest, Buffer.from(name)]));
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed]);
    locals.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(claimed, 8);
  end.writeUInt16LE(claimed, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, central, end]);
}

async function tarOf(
  entries: readonly {
    name: string;
    type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo';
    content?: string;
    linkname?: string;
  }[],
) {
  const tar = pack();
  for (const { content = '', ...header } of entries)
    tar.entry(header, header.type && header.type !== 'file' ? '' : content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const failing = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(words.join('.*'), 's')) });

describe('what an upload is', () => {
  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'it is empty'],
    ['a text', Buffer.from('these are notes'), 'it is a text file'],
    ['noise', Buffer.from([1, 2, 0, 4, 5]), 'it does not start like an archive'],
    ['7z', Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0]), 'it is a 7z file'],
    ['RAR', Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'), 'it is a RAR file'],
    ['part of a split zip', Buffer.from('PK\x07\x08', 'latin1'), 'part of a split zip'],
    ['gzip of a text', gzipSync('a text, packed'), 'a gzip file without a tar in it'],
  ])('is told where it is no archive: %s', async (_, bytes, said) => {
    await expect(read(bytes, { filename: 'it.zip' })).rejects.toEqual(failing('not_an_archive', 'it.zip', said));
  });

  test('is told by its bytes, not by its name', async () => {
    const tar = await tarOf([{ name: 'a.txt', content: 'A' }]);
    expect((await read(tar, { filename: 'a.zip' })).found).toMatchObject([{ name: 'a.txt', content: 'A' }]);
    expect((await read(gzipSync(tar), { filename: 'a.zip' })).found).toMatchObject([{ name: 'a.txt', content: 'A' }]);
    expect((await read(rawZip([{ name: 'b.txt' }]), { filename: 'b.tar' })).found).toMatchObject([{ name: 'b.txt' }]);
  });

  test('is one entry where it is a file, under its path, whatever it holds', async () => {
    const zip = rawZip([{ name: 'inside.txt' }]);
    const { found } = await read(zip, { kind: 'file', relativePath: 'deep/a.zip' });
    expect(found).toMatchObject([{ index: 0, name: 'deep/a.zip', type: 'file' }]);
    expect((await read(Buffer.from('x'), { kind: 'file' }, DEFAULT_LIMITS, 1)).found).toEqual([]);
  });
});

describe('a zip', () => {
  const large = Buffer.alloc(SMALL_BYTES + 1, 'large');

  test('that we wrote gives back what went in, small and large, packed and stored', async () => {
    const bytes = await zipped([
      { path: 'a.txt', content: Buffer.from('A'), isDeflated: true },
      { path: '사진/b.txt', content: Buffer.from('B'), isDeflated: false },
      { path: 'empty', content: Buffer.alloc(0), isDeflated: true },
      { path: 'large.bin', content: large, isDeflated: true },
      { path: 'stored.bin', content: large, isDeflated: false },
    ]);
    const { found, position } = await read(bytes);
    const said = `${large.length} bytes, CRC ${crc32(large)}`;
    expect(found.map(({ index, name, content }) => [index, name, content])).toEqual([
      [0, 'a.txt', 'A'],
      [1, '사진/b.txt', 'B'],
      [2, 'empty', ''],
      [3, 'large.bin', said],
      [4, 'stored.bin', said],
    ]);
    expect(position).toBeGreaterThan(0.9);
    expect(position).toBeLessThanOrEqual(1);
  });

  test('goes on behind what was read before', async () => {
    const bytes = rawZip([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    expect((await read(bytes, {}, DEFAULT_LIMITS, 2)).found).toMatchObject([{ index: 2, name: 'c' }]);
  });

  test('says what of it is no file', async () => {
    const { found } = await read(
      rawZip([
        { name: 'link', mode: 0o120777 },
        { name: 'pipe', mode: 0o010644 },
        { name: 'folder/', content: '', mode: 0o040755 },
        { name: 'windows\\', content: '', mode: 0 },
      ]),
    );
    expect(found.map(({ type }) => type)).toEqual(['a symbolic link', 'a special file', 'directory', 'directory']);
  });

  test.each<[string, Buffer, string, string[]]>([
    ['is encrypted', rawZip([{ name: 'a', flags: 1 }]), 'encrypted', ['a in data.zip', 'password']],
    ['is packed by another method', rawZip([{ name: 'a', method: 93 }]), 'unsupported_compression', ['method 93']],
    ['is cut', rawZip([{ name: 'a' }]).subarray(0, -10), 'archive_broken', ['data.zip']],
    [
      'has more entries than it says',
      rawZip([{ name: 'a' }, { name: 'b' }], 1),
      'archive_broken',
      ['more entries than it says'],
    ],
    ['has entries that overlap', rawZip([{ name: 'a' }, { name: 'b', offset: 0 }]), 'archive_broken', ['overlap']],
    ['has an entry beyond its end', rawZip([{ name: 'a', offset: 5000 }]), 'archive_broken', ['data.zip']],
  ])('that %s is refused before anything is read', async (_, bytes, code, words) => {
    await expect(read(bytes)).rejects.toEqual(failing(code, ...words));
  });

  test.each<[string, Raw, string]>([
    ['whose checksum is wrong', { name: 'a.txt', crc: 1 }, 'checksum'],
    ['that is longer than it says', { name: 'a.txt', content: 'x'.repeat(500), size: 100 }, 'a.txt is corrupt'],
    ['that is shorter than it says', { name: 'a.txt', content: 'hello', size: 6 }, 'size does not match the directory'],
  ])('with an entry %s says which', async (_, entry, said) => {
    await expect(read(rawZip([entry]))).rejects.toEqual(failing('archive_broken', 'a.txt', said.replace('a.txt ', '')));
  });

  test('with a large entry whose checksum is wrong fails at the end of it', async () => {
    const bytes = await zipped([{ path: 'large.bin', content: large, isDeflated: false }]);
    const at = bytes.indexOf('largelarge');
    bytes[at + 1000] = (bytes[at + 1000] ?? 0) ^ 1;
    await expect(read(bytes)).rejects.toEqual(failing('archive_broken', 'large.bin', 'checksum'));
  });

  test('of too much is refused', async () => {
    const limits = { ...DEFAULT_LIMITS, maxEntries: 2 };
    await expect(read(rawZip([{ name: 'a' }, { name: 'b' }, { name: 'c' }]), {}, limits)).rejects.toEqual(
      failing('too_many_entries'),
    );
  });

  test('of the store is opened by its key, or said to be gone', async () => {
    await store.put('backups/x/complete.zip', rawZip([{ name: 'a.txt' }]));
    const archive = await openStoredZip(store, 'backups/x/complete.zip', 'the backup', DEFAULT_LIMITS);
    const names: string[] = [];
    for await (const { name } of archive.entries(0)) names.push(name);
    expect(names).toEqual(['a.txt']);
    await expect(openStoredZip(store, 'backups/y/complete.zip', 'the backup', DEFAULT_LIMITS)).rejects.toEqual(
      failing('archive_gone', 'the backup'),
    );
  });
});

describe.each([
  ['a tar', (bytes: Buffer) => bytes],
  ['a tar.gz', (bytes: Buffer) => Buffer.from(gzipSync(bytes))],
])('%s', (_, packed) => {
  const upload = { filename: 'data.tar' };

  test('gives its files in their order, and goes on behind what was read before', async () => {
    const large = 'l'.repeat(SMALL_BYTES + 1);
    const bytes = packed(
      await tarOf([
        { name: 'a.txt', content: 'A' },
        { name: 'folder', type: 'directory' },
        { name: 'folder/large.txt', content: large },
        { name: 'b.txt', content: 'B' },
      ]),
    );
    const { found, position } = await read(bytes, upload);
    expect(found).toEqual([
      { index: 0, name: 'a.txt', type: 'file', content: 'A' },
      { index: 1, name: expect.stringMatching(/^folder\/?$/), type: 'directory', content: '' },
      { index: 2, name: 'folder/large.txt', type: 'file', content: `${large.length} bytes, CRC ${crc32(large)}` },
      { index: 3, name: 'b.txt', type: 'file', content: 'B' },
    ]);
    expect(position).toBeCloseTo(1, 1);
    expect((await read(bytes, upload, DEFAULT_LIMITS, 3)).found).toMatchObject([{ index: 3, content: 'B' }]);
  });

  test('says what of it is no file', async () => {
    const { found } = await read(
      packed(
        await tarOf([
          { name: 's', type: 'symlink', linkname: '/etc/passwd' },
          { name: 'h', type: 'link', linkname: 's' },
          { name: 'f', type: 'fifo' },
        ]),
      ),
      upload,
    );
    expect(found.map(({ type }) => type)).toEqual(['a symbolic link', 'a hard link', 'a FIFO']);
  });

  test('that is cut in the middle of an entry is said to be truncated', async () => {
    const noise = randomBytes(30_000).toString('latin1');
    const bytes = packed(await tarOf([{ name: 'a.txt', content: noise }]));
    await expect(read(bytes.subarray(0, Math.floor(bytes.length / 2)), upload)).rejects.toEqual(
      failing('archive_broken', 'data.tar is truncated'),
    );
  });

  test('of too many entries is refused', async () => {
    const bytes = packed(await tarOf([{ name: 'a' }, { name: 'b' }]));
    await expect(read(bytes, upload, { ...DEFAULT_LIMITS, maxEntries: 1 })).rejects.toEqual(
      failing('too_many_entries'),
    );
  });
});

describe('compressed tars', () => {
  /** `a.txt` and 300,000 zeros in `zeros.bin`, as GNU tar, xz and bzip2 write them. */
  const made = {
    xz: '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM5K//AMZdADCLiofEDvKXpPh1PcWp7dmXqh5kTHCknR9Yl8Xm2H5eJ/rmIdXL4FkI/Dr2RHrTHGCQYKRD0ih2kx0DKj8khYZ1aw9SyOCzFLsFZP8wrhMUHfZB/uWopSz1PX9mZhzZ1IejIA8/N+kWfPv6Wdqe85WFpRIc2hrt8iNTfpjbZRidKsZZUbNrO3BkTl6q5D4++F5O5+zGL+3N6ooDDnz3USK8KQoT80VYeBH3ISkOWHEIIwFtE1c0Tx6fvq58MRqft40l6cgFAAAAAC3JHJajzt04AAHiAYDgEgCsUfaZscRn+wIAAAAABFla',
    bzip2:
      'QlpoOTFBWSZTWaRQCKYACbl/kMmAAEBAAXeAIAAIiHIhnlAEAAAIIACShKk2o0AAPU9QNNBFJGhNGm0mgMg9TcK+pYk7RURCNJXCKohnSYUIM8NzIk2YJwgQUQsUgffnQxmIk+/iTqQJaa2uRB5SLkGcBFfCT3DKNLv1nEQU1NCM/xMFdjlU50UFEP4u5IpwoSFIoBFM',
  };
  const generous = { ...DEFAULT_LIMITS, maxRatio: 1e6 };

  test.each(Object.entries(made))('%s', async (_, base64) => {
    const { found } = await read(Buffer.from(base64, 'base64'), { filename: 'data.tar.xz' }, generous);
    expect(found).toEqual([
      { index: 0, name: 'a.txt', type: 'file', content: 'A' },
      { index: 1, name: 'zeros.bin', type: 'file', content: `300000 bytes, CRC ${crc32(Buffer.alloc(300_000))}` },
    ]);
  });

  test.each(Object.entries(made))('%s that is cut or damaged is said to be', async (_, base64) => {
    const bytes = Buffer.from(base64, 'base64');
    await expect(read(bytes.subarray(0, -40), {}, generous)).rejects.toEqual(failing('archive_broken', 'data.zip'));
  });

  test('zstd', async () => {
    const tar = await tarOf([{ name: 'a.txt', content: 'A' }]);
    expect((await read(zstdCompressSync(tar))).found).toMatchObject([{ name: 'a.txt', content: 'A' }]);
  });
});

describe('names in tars', () => {
  test('in the encoding of Korean Windows', async () => {
    const tar = await tarOf([{ name: 'XXXX.txt', content: 'A' }]);
    // "고양" in EUC-KR; the checksum of the header counts the bytes.
    Buffer.from([0xb0, 0xed, 0xbe, 0xe7]).copy(tar, 0);
    const sum = tar.subarray(0, 512).reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect((await read(tar)).found).toMatchObject([{ name: '고양.txt' }]);
  });

  test('in UTF-8, with and without a PAX record', async () => {
    const tar = await tarOf([
      { name: '고양이.txt', content: 'A' },
      { name: `${'길'.repeat(60)}é.txt`, content: 'B' },
    ]);
    expect((await read(tar)).found.map(({ name }) => name)).toEqual(['고양이.txt', `${'길'.repeat(60)}é.txt`]);
  });

  test.each([
    ['too long', '99 path=a.txt\n20 comment=abcdefgh\n'],
    ['too long by one, and so the last', '15 path=a.txt\n'],
    ['too short', '10 path=a.txt\n20 comment=abcdefgh\n'],
  ])('a PAX record whose length is %s is called that', async (_, record) => {
    const tar = await tarOf([
      { name: 'a.txt', content: record },
      { name: 'b.txt', content: 'B' },
    ]);
    tar.write('x', 156, 'latin1');
    const sum = tar.subarray(0, 512).reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect((await read(tar)).found).toMatchObject([{ type: 'an entry whose PAX record has a wrong length' }]);
  });
});

test('a zip behind the program that unpacks it is read, a program without one named', async () => {
  const zip = rawZip([{ name: 'a.txt' }]);
  const program = Buffer.concat([Buffer.from('MZ program'), Buffer.alloc(90)]);
  await expect(read(program, { filename: 'setup.exe' })).rejects.toEqual(failing('not_an_archive', 'a program'));
  // Offsets count from the beginning of the file, as those programs write them.
  const directory = zip.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  zip.writeUInt32LE(zip.readUInt32LE(directory + 42) + program.length, directory + 42);
  zip.writeUInt32LE(zip.readUInt32LE(end + 16) + program.length, end + 16);
  expect((await read(Buffer.concat([program, zip]), { filename: 'data.exe' })).found).toMatchObject([
    { name: 'a.txt', content: 'hello' },
  ]);
});

test('a tar.gz that unpacks to far more than it is ends as a bomb, not as a full disk', async () => {
  const bytes = gzipSync(await tarOf([{ name: 'zeros.txt', content: '\0'.repeat(80 * 1024 * 1024) }]), { level: 9 });
  expect(bytes.length).toBeLessThan(200_000);
  await expect(read(bytes, { filename: 'zeros.tar.gz' })).rejects.toEqual(failing('compression_bomb'));
});

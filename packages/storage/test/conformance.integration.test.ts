import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testS3 } from '../../../tests/support/granary.ts';
import {
  FilesystemStore,
  KeyConflictError,
  ObjectNotFoundError,
  type ObjectStore,
  readAll,
  S3Store,
} from '../src/index.ts';
import { enforceR2Rules } from './r2-rules.ts';

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'granary-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const s3 = testS3('granary-conformance');
if (!s3) console.log('The S3 driver is not tested: GRANARY_TEST_S3_ENDPOINT names no server');

function openS3(): S3Store {
  const store = new S3Store(
    {
      endpoint: s3?.S3_ENDPOINT ?? '',
      bucket: s3?.S3_BUCKET ?? '',
      region: s3?.S3_REGION ?? '',
      accessKeyId: s3?.S3_ACCESS_KEY_ID ?? '',
      secretAccessKey: s3?.S3_SECRET_ACCESS_KEY ?? '',
      forcePathStyle: true,
    },
    { largestCopyBytes: 6 * MIB },
  );
  enforceR2Rules(store.client);
  return store;
}

const drivers: { name: string; isAvailable: boolean; open(): ObjectStore }[] = [
  { name: 'filesystem', isAvailable: true, open: () => new FilesystemStore(folder) },
  { name: 's3', isAvailable: s3 !== null, open: openS3 },
];

describe.each(drivers)('$name store', ({ name, isAvailable, open }) => {
  describe.skipIf(!isAvailable)('conforms', () => {
    let store: ObjectStore;
    const base = `datasets/${randomBytes(4).toString('hex')}`;
    const keyOf = (key: string) => `${base}/${key}`;

    async function keysBelow(prefix: string, limit?: number): Promise<string[]> {
      const keys: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<ObjectStore['list']>> = await store.list(prefix, {
          cursor,
          ...(limit ? { limit } : {}),
        });
        keys.push(...page.objects.map((object) => object.key));
        cursor = page.cursor;
      } while (cursor);
      return keys;
    }

    beforeAll(async () => {
      store = open();
      await store.check();
    });
    afterAll(async () => {
      await store.delete(await keysBelow(base));
    });

    test('what is put is got, whole and by range', async () => {
      const bytes = randomBytes(100_000);
      expect(await store.put(keyOf('a/b.bin'), bytes)).toEqual({ sizeBytes: 100_000 });
      expect((await readAll(store, keyOf('a/b.bin'))).equals(bytes)).toBe(true);
      const range = await store.get(keyOf('a/b.bin'), { range: { start: 10, end: 19 } });
      expect(Buffer.concat(await range.toArray())).toEqual(bytes.subarray(10, 20));
      const rest = await store.get(keyOf('a/b.bin'), { range: { start: 99_990 } });
      expect(Buffer.concat(await rest.toArray())).toEqual(bytes.subarray(99_990));
      expect(await store.head(keyOf('a/b.bin'))).toMatchObject({
        key: keyOf('a/b.bin'),
        sizeBytes: 100_000,
        modifiedAt: expect.any(Date),
      });
    });

    test('streams of any length, in parts of one size', async () => {
      for (const size of [0, 1, 8 * MIB, 17 * MIB + 3]) {
        const bytes = randomBytes(size);
        const chunks = Array.from({ length: Math.ceil(size / 70_001) }, (_, i) =>
          bytes.subarray(i * 70_001, (i + 1) * 70_001),
        );
        expect(await store.put(keyOf('stream'), Readable.from(chunks))).toEqual({ sizeBytes: size });
        expect((await readAll(store, keyOf('stream'))).equals(bytes)).toBe(true);
      }
    });

    test('a stream that breaks leaves what was there', async () => {
      await store.put(keyOf('kept'), Buffer.from('old'));
      const broken = Readable.from(
        (async function* () {
          yield randomBytes(1000);
          throw new Error('cut off');
        })(),
      );
      await expect(store.put(keyOf('kept'), broken)).rejects.toThrow('cut off');
      expect((await readAll(store, keyOf('kept'))).toString()).toBe('old');
    });

    test('a put replaces, a delete removes, and both may be repeated', async () => {
      await store.put(keyOf('x'), Buffer.from('1'));
      await store.put(keyOf('x'), Buffer.from('22'));
      expect((await readAll(store, keyOf('x'))).toString()).toBe('22');
      await store.delete([keyOf('x'), keyOf('never')]);
      await store.delete([keyOf('x')]);
      expect(await store.head(keyOf('x'))).toBeNull();
      await expect(store.get(keyOf('x'))).rejects.toBeInstanceOf(ObjectNotFoundError);
      await expect(store.copy(keyOf('x'), keyOf('y'))).rejects.toBeInstanceOf(ObjectNotFoundError);
    });

    test('keys as odd as people make them', async () => {
      const long = `long/${'가'.repeat(Math.floor((1024 - Buffer.byteLength(keyOf('long/')) - 4) / 3))}`;
      const odd = [
        'a b.jpg',
        'a+b.jpg',
        '100%.jpg',
        '%2F.jpg',
        '#1.jpg',
        'a?b=c&d.jpg',
        "it's.jpg",
        '학습/가.png',
        '\u00e9.png',
        'e\u0301.png',
        'ünï/çödé.txt',
        '~+tilde',
        '~tmp',
        '*|<>":.txt',
        long,
        `${long.slice(0, -1)}x`,
      ].map(keyOf);
      for (const key of odd) await store.put(key, Buffer.from(key));
      for (const key of odd) expect((await readAll(store, key)).toString()).toBe(key);
      const listed = await keysBelow(base);
      expect(odd.filter((key) => !listed.includes(key))).toEqual([]);
      await store.copy(odd[7] ?? '', keyOf('copied #1+%'));
      expect((await readAll(store, keyOf('copied #1+%'))).toString()).toBe(odd[7]);
      await store.delete(odd);
      for (const key of odd) expect(await store.head(key)).toBeNull();
    });

    test('keys that no store takes are refused', async () => {
      for (const key of ['', '/a', 'a//b', 'a/../b', '../a', 'a/.', 'a\0b', 'a'.repeat(1025)]) {
        await expect(store.put(key, Buffer.from('x')), JSON.stringify(key.slice(0, 20))).rejects.toBeInstanceOf(
          RangeError,
        );
      }
    });

    test('lists by page in the order of bytes', async () => {
      const names = ['b', 'a/2', 'a/1', 'a.txt', 'a', 'A', 'a0', '가', '~', 'z/y/x', 'z-y'].filter(
        (key) => name === 's3' || key !== 'a',
      );
      const keys = names.map((key) => keyOf(`list/${key}`));
      for (const key of keys) await store.put(key, Buffer.from('1'));
      const inOrder = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await keysBelow(keyOf('list/'))).toEqual(inOrder);
      expect(await keysBelow(keyOf('list/'), 3)).toEqual(inOrder);
      expect(await keysBelow(keyOf('list/a/'))).toEqual([keyOf('list/a/1'), keyOf('list/a/2')]);
      expect(await keysBelow(keyOf('list/z'))).toEqual([keyOf('list/z-y'), keyOf('list/z/y/x')]);
      expect(await keysBelow(keyOf('nothing'))).toEqual([]);
    });

    test('deletes many at once', async () => {
      const keys = Array.from({ length: 1100 }, (_, i) => keyOf(`many/${i}`));
      for (let at = 0; at < keys.length; at += 50)
        await Promise.all(keys.slice(at, at + 50).map((key) => store.put(key, Buffer.from('1'))));
      expect(await keysBelow(keyOf('many/'))).toHaveLength(1100);
      await store.delete(keys);
      expect(await keysBelow(keyOf('many/'))).toEqual([]);
    });

    test('copies, also what is too large for one request', async () => {
      const bytes = randomBytes(9 * MIB);
      await store.put(keyOf('large'), bytes);
      await store.copy(keyOf('large'), keyOf('large copy'));
      expect((await readAll(store, keyOf('large copy'))).equals(bytes)).toBe(true);
    });

    test('multipart uploads go on where they stopped', async () => {
      const [first, second, last] = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1000)];
      const id = await store.createMultipart(keyOf('parts'), { partBytes: 5 * MIB });
      await store.uploadPart(keyOf('parts'), id, 1, first);
      await store.uploadPart(keyOf('parts'), id, 2, second);
      const known = await store.listParts(keyOf('parts'), id);
      expect(known.map(({ number, sizeBytes }) => [number, sizeBytes])).toEqual([
        [1, 5 * MIB],
        [2, 5 * MIB],
      ]);
      expect(await store.head(keyOf('parts'))).toBeNull();
      const third = await store.uploadPart(keyOf('parts'), id, 3, last);
      await store.completeMultipart(keyOf('parts'), id, [...known, third]);
      expect((await readAll(store, keyOf('parts'))).equals(Buffer.concat([first, second, last]))).toBe(true);
    });

    test('abandoned multipart uploads are given up by prefix', async () => {
      const id = await store.createMultipart(keyOf('abandoned'), { partBytes: 5 * MIB });
      await store.uploadPart(keyOf('abandoned'), id, 1, randomBytes(10));
      await store.abortMultiparts(keyOf('aband'));
      await expect(store.listParts(keyOf('abandoned'), id)).rejects.toThrow();
    });

    test('a signed URL serves the object to anyone, under the name and type asked for', async () => {
      await store.put(keyOf('signed +1.txt'), Buffer.from('hello'));
      const url = await store.signedUrl(keyOf('signed +1.txt'), {
        expiresInSeconds: 60,
        contentType: 'application/octet-stream',
        contentDisposition: 'attachment; filename="x.txt"',
      });
      if (name === 'filesystem') return expect(url).toBeNull();
      const response = await fetch(url ?? '');
      expect(await response.text()).toBe('hello');
      expect(response.headers.get('content-disposition')).toBe('attachment; filename="x.txt"');
      expect((await fetch((url ?? '').replace('signed', 'unsigned'))).status).toBeGreaterThanOrEqual(400);
    });
  });
});

test('on disk nothing is both a file and a folder, and that is said', async () => {
  const store = new FilesystemStore(folder);
  await store.put('clash/a', Buffer.from('1'));
  await expect(store.put('clash/a/b', Buffer.from('2'))).rejects.toBeInstanceOf(KeyConflictError);
  await store.put('clash/c/d', Buffer.from('3'));
  await expect(store.put('clash/c', Buffer.from('4'))).rejects.toBeInstanceOf(KeyConflictError);
});

test('what is written and deleted side by side in the same folders is in nobody’s way', async () => {
  const store = new FilesystemStore(folder);
  const turns = Array.from({ length: 32 }, async (_, writer) => {
    for (let turn = 0; turn < 300; turn++) {
      const key = `${turn % 2 ? 'deep/in/many/folders/of/one' : 'deep/in/few'}/${writer}`;
      await store.put(key, Buffer.from('x'));
      await store.delete([key]);
    }
  });
  await Promise.all(turns);
});

test('the rules of R2 are enforced by the watch itself', async () => {
  if (!s3) return;
  const store = openS3();
  const id = await store.createMultipart('datasets/r2/parts', { partBytes: 5 * MIB });
  const parts = [
    await store.uploadPart('datasets/r2/parts', id, 1, randomBytes(5 * MIB)),
    await store.uploadPart('datasets/r2/parts', id, 2, randomBytes(6 * MIB)),
    await store.uploadPart('datasets/r2/parts', id, 3, randomBytes(1)),
  ];
  await expect(store.completeMultipart('datasets/r2/parts', id, parts)).rejects.toThrow('parts of one size');
  await store.abortMultipart('datasets/r2/parts', id);
});

import sharp from 'sharp';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { ImageDecoder } from './decoder.ts';

const picture = { kind: 'picture', width: 320 } as const;
let decoder: ImageDecoder;
let small: Buffer;
/** Takes a second or so, and has more pixels than the decoders here take lightly. */
let large: Buffer;

beforeAll(async () => {
  const flat = (side: number) => sharp({ create: { width: side, height: side, channels: 3, background: '#58a' } });
  small = await flat(600).png().toBuffer();
  large = await flat(12_000).png({ compressionLevel: 1 }).toBuffer();
});
afterEach(() => decoder.close());

function asking(person = 'mina') {
  const leaving = new AbortController();
  return { person, signal: leaving.signal, leave: () => leaving.abort(new Error('gone')) };
}

const decode = (image: Uint8Array, as = asking()) => decoder.decode(async () => image, picture, as);

test('an image is decoded in another process, which is used again', async () => {
  decoder = new ImageDecoder();
  const { format, width } = await sharp(await decode(small)).metadata();
  expect({ format, width }).toEqual({ format: 'webp', width: 320 });
  const { pids } = decoder;
  expect(pids).toHaveLength(1);
  expect(pids).not.toContain(process.pid);
  await decode(small);
  expect(decoder.pids).toEqual(pids);
});

test('what cannot be decoded is said, and its decoder goes on', async () => {
  decoder = new ImageDecoder();
  await expect(decode(Buffer.from('no image'))).rejects.toMatchObject({ errorCode: 'unprocessable_image' });
  const { pids } = decoder;
  await decode(small);
  expect(decoder.pids).toEqual(pids);
});

test('a decoder that dies fails its own image, and the next one has another', async () => {
  decoder = new ImageDecoder();
  const dying = decode(large);
  await expect.poll(() => decoder.pids).toHaveLength(1);
  process.kill(decoder.pids[0] ?? 0, 'SIGSEGV');
  await expect(dying).rejects.toMatchObject({
    errorCode: 'unprocessable_image',
    message: expect.stringContaining('SIGSEGV'),
  });
  await decode(small);
});

test('one that takes too long is given up', async () => {
  decoder = new ImageDecoder({ seconds: 0.05 });
  await expect(decode(large)).rejects.toMatchObject({ message: expect.stringContaining('longer than') });
});

test('large ones of one person leave a place for others, and stop when that person goes', async () => {
  decoder = new ImageDecoder({ processes: 2, largePixels: 1e6 });
  const mina = asking();
  let read = 0;
  const source = async () => {
    read++;
    return large;
  };
  const waiting = Array.from({ length: 6 }, () => decoder.decode(source, picture, mina));
  const ended = Promise.allSettled(waiting);
  await decode(small, asking('jun'));
  const before = read;
  mina.leave();
  for (const { status } of await ended) expect(status).toBe('rejected');
  // Nothing was begun for somebody who has gone.
  expect(read).toBeLessThanOrEqual(before + 1);
  await decode(small);
});

test('one that needs too much memory is given up, and says so', async () => {
  decoder = new ImageDecoder({ memoryMb: 30 });
  await expect(decode(large)).rejects.toMatchObject({
    message: expect.stringContaining('more than 30 MB of memory'),
  });
});

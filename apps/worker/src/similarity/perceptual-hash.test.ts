import { decode, open } from '@granary/core/images/decoding/decode';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { perceptualHash, SIDE } from './perceptual-hash.ts';

const hashOf = async (image: Uint8Array): Promise<bigint> =>
  perceptualHash(await decode(await open(image), { kind: 'greys', side: SIDE }));

/** Soft shapes, as photographs have; another seed is another picture. */
async function picture(seed: number): Promise<Sharp> {
  let state = seed * 2654435761 + 1;
  const values = Array.from({ length: 6 * 6 * 3 }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * 256);
  });
  const small = sharp(Buffer.from(values), { raw: { width: 6, height: 6, channels: 3 } });
  return sharp(await small.resize(240, 180, { kernel: 'cubic', fit: 'fill' }).png().toBuffer());
}

/** Bits in which two hashes differ. */
function distance(a: bigint, b: bigint): number {
  return BigInt.asUintN(64, a ^ b)
    .toString(2)
    .replaceAll('0', '').length;
}

describe('the hash of an image', () => {
  test.each([1, 2, 3, 4, 5])(
    'is nearly the same for copies of picture %d in another size, format and quality',
    async (seed) => {
      const original = await picture(seed);
      const hash = await hashOf(await original.clone().png().toBuffer());
      for (const copy of [
        original.clone().resize(120, 90).png(),
        original.clone().jpeg({ quality: 60 }),
        original.clone().webp({ quality: 50 }),
        original.clone().resize(480, 360).jpeg({ quality: 80 }),
      ])
        expect(distance(hash, await hashOf(await copy.toBuffer()))).toBeLessThanOrEqual(7);
    },
  );

  test('is far from that of another picture', async () => {
    const hashes = await Promise.all(
      [1, 2, 3, 4, 5].map(async (seed) => hashOf(await (await picture(seed)).png().toBuffer())),
    );
    for (const [i, a] of hashes.entries())
      for (const b of hashes.slice(i + 1)) expect(distance(a, b)).toBeGreaterThan(7);
  });

  test('is of the image as it is displayed, and not of what is behind its transparent parts', async () => {
    const upright = await picture(6);
    const turned = await upright.clone().rotate(90).jpeg({ quality: 100 }).withMetadata({ orientation: 8 }).toBuffer();
    const hash = await hashOf(await upright.clone().jpeg({ quality: 100 }).toBuffer());
    expect(distance(hash, await hashOf(turned))).toBeLessThanOrEqual(4);
    const clear = (background: { r: number; g: number; b: number; alpha: number }) =>
      sharp({ create: { width: 40, height: 40, channels: 4, background } })
        .png()
        .toBuffer();
    expect(await hashOf(await clear({ r: 255, g: 0, b: 0, alpha: 0 }))).toBe(
      await hashOf(await clear({ r: 0, g: 9, b: 255, alpha: 0 })),
    );
  });

  test('of a flat picture has no bits, and fits into a bigint of PostgreSQL', async () => {
    const flat = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#5a5a5a' } })
      .png()
      .toBuffer();
    expect(await hashOf(flat)).toBe(0n);
    for (const seed of [7, 8, 9, 10]) {
      const hash = await hashOf(await (await picture(seed)).png().toBuffer());
      expect(hash).toBeGreaterThanOrEqual(-(2n ** 63n));
      expect(hash).toBeLessThan(2n ** 63n);
    }
  });

  test('is none where there is no image', async () => {
    await expect(hashOf(Buffer.from('no image'))).rejects.toThrow();
  });
});

import sharp from 'sharp';
import { expect, test } from 'vitest';
import { pngBytes } from '../fixtures/read.ts';
import { probeImage } from './index.ts';

const picture = sharp({ create: { width: 30, height: 20, channels: 3, background: 'teal' } });

test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('reads the dimensions of %s', async (format) => {
  const bytes = await picture.clone().toFormat(format).toBuffer();
  expect(probeImage(bytes, bytes)).toEqual({ width: 30, height: 20, isTurned: false, problem: null });
});

test('a photograph that is turned by EXIF has the dimensions in which it is shown', async () => {
  const bytes = await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect(probeImage(bytes, bytes)).toMatchObject({ width: 20, height: 30, isTurned: true });
});

test.each(['jpeg', 'png'] as const)('a %s that is cut off is told from its end', async (format) => {
  const bytes = (await picture.clone().toFormat(format).toBuffer()).subarray(0, -20);
  expect(probeImage(bytes, bytes).problem?.code).toBe('image_truncated');
});

test('what is no image, or too large, is said', () => {
  expect(probeImage(new Uint8Array(), new Uint8Array()).problem).toMatchObject({
    code: 'image_unreadable',
    detail: 'the file is empty',
  });
  const text = new TextEncoder().encode('no image at all');
  expect(probeImage(text, text).problem?.code).toBe('image_unreadable');
  const large = pngBytes(40_000, 40_000);
  expect(probeImage(large, large).problem).toMatchObject({
    code: 'image_too_large',
    detail: expect.stringContaining('40000 × 40000'),
  });
});

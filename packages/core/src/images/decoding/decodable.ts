import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { ImageMagick, initializeImageMagick, MagickFormat, ResourceLimits } from '@imagemagick/magick-wasm';
import sharp, { type Sharp, type SharpOptions } from 'sharp';

/** Pixels in memory of the decoder, at most: those of an image as large as sharp takes, four bytes each. */
const MAX_DECODED_BYTES = 2 ** 31;
const MAX_SECONDS = 60;

/** An image of any kind that is shown. Kinds that sharp cannot decode are decoded by ImageMagick first. @throws Error */
export async function openImage(image: Uint8Array, options: SharpOptions): Promise<Sharp> {
  const format = unusualFormat(image);
  if (format === null) return sharp(image, options);
  const { data, width, height } = await decode(image, format);
  return sharp(data, { ...options, raw: { width, height, channels: 4 } });
}

/** By the first bytes, so that no other of the library's many decoders is ever reached; null for what sharp decodes. */
export function unusualFormat(image: Uint8Array): MagickFormat | null {
  const head = Buffer.from(image.buffer, image.byteOffset, Math.min(image.byteLength, 32));
  const text = head.toString('latin1');
  if (text.startsWith('BM')) return MagickFormat.Bmp;
  if (/^P[1-6]\s/.test(text)) return MagickFormat.Pnm;
  if (text.startsWith('\0\0\0\x0cjP  ')) return MagickFormat.Jp2;
  if (text.startsWith('\xff\x4f\xff\x51')) return MagickFormat.J2k;
  if (text.startsWith('\0\0\0\x0cJXL ') || text.startsWith('\xff\x0a')) return MagickFormat.Jxl;
  return /^....ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)/s.test(text) && !text.includes('avif') ? MagickFormat.Heic : null;
}

async function decode(
  image: Uint8Array,
  format: MagickFormat,
): Promise<{ data: Uint8Array; width: number; height: number }> {
  await ready();
  return ImageMagick.read(image, format, (opened) => {
    opened.autoOrient();
    opened.depth = 8;
    const { width, height } = opened;
    // The memory of the decoder is used again by the next image.
    return opened.write(MagickFormat.Rgba, (pixels) => ({ data: pixels.slice(), width, height }));
  });
}

let starting: Promise<void> | null = null;

/** Started by the first image that needs it: it takes a second and a hundred megabytes. */
function ready(): Promise<void> {
  starting ??= start().catch((error) => {
    starting = null;
    throw error;
  });
  return starting;
}

async function start(): Promise<void> {
  const path = createRequire(import.meta.url).resolve('@imagemagick/magick-wasm/magick.wasm');
  await initializeImageMagick(await readFile(path));
  ResourceLimits.memory = BigInt(MAX_DECODED_BYTES);
  ResourceLimits.area = BigInt(MAX_DECODED_BYTES);
  ResourceLimits.disk = 0n;
  ResourceLimits.time = BigInt(MAX_SECONDS);
}

import { PROBE_HEAD_BYTES, PROBE_TAIL_BYTES, probeImage } from '@granary/formats/image-probe';
import sharp from 'sharp';
import { openImage, unusualFormat } from './open-image.ts';

/** What an image is decoded for. */
export type Wanted =
  /** A WebP that is no wider than this, nor twice as high. */
  | { kind: 'picture'; width: number }
  /** Its brightness as displayed, `side` by `side` bytes, grey where it is transparent. */
  | { kind: 'greys'; side: number };

/** The most pixels are sharp's own limit, which is MAX_PIXELS of formats. */
const options = { limitInputPixels: 0x3fff * 0x3fff, failOn: 'none', autoOrient: true } as const;

sharp.cache(false);
sharp.concurrency(1);

/** @throws Error when the image cannot be decoded */
export async function decode(image: Uint8Array, wanted: Wanted): Promise<Buffer> {
  const opened = await openImage(image, options);
  return wanted.kind === 'picture'
    ? opened
        .resize({ width: wanted.width, height: wanted.width * 2, fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 78 })
        .toBuffer()
    : opened
        .flatten({ background: '#808080' })
        .greyscale()
        .resize({ width: wanted.side, height: wanted.side, fit: 'fill' })
        .raw()
        .toBuffer();
}

/** From its header alone. @throws Error when it has none */
export async function pixelsOf(image: Uint8Array): Promise<number> {
  if (unusualFormat(image) === null) {
    const { width, height } = await sharp(image, options).metadata();
    return width * height;
  }
  const { width, height, problem } = probeImage(image.subarray(0, PROBE_HEAD_BYTES), image.subarray(-PROBE_TAIL_BYTES));
  if (width === null || height === null) throw new Error(problem?.detail ?? 'no size');
  return width * height;
}

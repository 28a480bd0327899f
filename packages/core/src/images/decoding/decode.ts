import sharp, { type Sharp } from 'sharp';

/** What an image is decoded for. */
export type Wanted =
  /** A WebP that is no wider than this, nor twice as high. */
  | { kind: 'picture'; width: number }
  /** Its brightness as displayed, `side` by `side` bytes, grey where it is transparent. */
  | { kind: 'greys'; side: number };

/** Sharp's own limit, which is MAX_PIXELS of formats. */
const limitInputPixels = 0x3fff * 0x3fff;

sharp.cache(false);
sharp.concurrency(1);

/** @throws Error when the image cannot be decoded */
export const decode = (image: Uint8Array, wanted: Wanted): Promise<Buffer> =>
  wanted.kind === 'picture'
    ? opened(image)
        .resize({ width: wanted.width, height: wanted.width * 2, fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 78 })
        .toBuffer()
    : opened(image)
        .flatten({ background: '#808080' })
        .greyscale()
        .resize({ width: wanted.side, height: wanted.side, fit: 'fill' })
        .raw()
        .toBuffer();

/** From its header alone. @throws Error when it has none */
export async function pixelsOf(image: Uint8Array): Promise<number> {
  const { width, height } = await opened(image).metadata();
  return width * height;
}

const opened = (image: Uint8Array): Sharp => sharp(image, { limitInputPixels, failOn: 'none', autoOrient: true });

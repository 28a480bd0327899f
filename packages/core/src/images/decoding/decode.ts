import sharp, { type Sharp } from 'sharp';
import { openImage } from './decodable.ts';

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

/** An image of any kind that is shown, as displayed. @throws Error when its header cannot be read */
export const open = (image: Uint8Array): Promise<Sharp> =>
  openImage(image, { limitInputPixels, failOn: 'none', autoOrient: true });

export async function pixelsOf(opened: Sharp): Promise<number> {
  const { width, height } = await opened.metadata();
  return width * height;
}

/** @throws Error when the image cannot be decoded */
export const decode = (opened: Sharp, wanted: Wanted): Promise<Buffer> =>
  wanted.kind === 'picture'
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

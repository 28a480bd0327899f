import { MAX_PIXELS } from '@granary/formats';
import { keys, type ObjectStore, readStream } from '@granary/storage';
import pLimit from 'p-limit';
import sharp from 'sharp';
import type { DatasetFile } from '../files/files.ts';

const WIDTHS = [320, 640, 1280] as const;
/** Files longer than this are not decoded for a thumbnail. */
const MAX_SOURCE_BYTES = 256 * 1024 * 1024;

/** Decoding takes a core and the image's pixels in memory: a few at once, whatever is asked. */
const decoding = pLimit(2);
sharp.cache(false);
sharp.concurrency(1);

/** A WebP no wider than the next of 320, 640 and 1,280 pixels; made once, then kept in the store. */
export async function thumbnail(store: ObjectStore, file: DatasetFile, wantedWidth: number): Promise<Buffer> {
  const width = WIDTHS.find((candidate) => candidate >= wantedWidth) ?? 1280;
  const key = keys.thumbnail(file.datasetId, file.sha256, width);
  if (await store.head(key)) return readStream(await store.get(key));
  return decoding(async () => {
    const source = await readStream(await store.get(file.storageKey), MAX_SOURCE_BYTES);
    const image = await sharp(source, { limitInputPixels: MAX_PIXELS, failOn: 'none', autoOrient: true })
      .resize({ width, height: width * 2, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 78 })
      .toBuffer();
    await store.put(key, image, { contentType: 'image/webp' });
    return image;
  });
}
